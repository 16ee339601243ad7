use burn::tensor::{Device, Tensor};

use super::gan::{GanFiles, GanOptions, GanPhase, InterpretGan, Subject, train_gan};
use super::model_file::ModelFile;
use super::results::GeneratorTraining;
use super::vulnerability::Explainer;
use crate::Result;
use crate::data::Dataset;
use crate::store::Store;
use crate::train::{Progress, Watch};

impl Explainer for InterpretGan {
    fn noise_len(&self) -> usize {
        self.options().noise
    }

    fn explain(&self, place: usize, latents: Tensor<4>, noise: Tensor<2>) -> Result<Tensor<4>> {
        InterpretGan::explain(self, place, latents, noise)
    }
}

/// The generators of a model's stages, trained if they are not in the store yet.
pub(super) fn generators(
    store: &Store,
    model: &ModelFile,
    stages: &[usize],
    dataset: &Dataset,
    options: &GanOptions,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<InterpretGan> {
    let path = store.model(&format!("{}-interpretgan", model.name));
    if path.exists() {
        return InterpretGan::load(&path, device);
    }
    let checkpoint = store
        .work()
        .join(format!("{}-interpretgan.checkpoint.safetensors", model.name));
    let grids = store.generators(&model.name)?;
    let files = GanFiles {
        checkpoint: Some(&checkpoint),
        grids: Some(&grids),
    };
    let mut phase = None;
    let gan = train_gan(
        Subject {
            model: &model.network,
            identity: &model.sha256,
            stages,
        },
        dataset,
        options,
        files,
        device,
        &mut |progress| {
            if phase.replace(progress.phase) != Some(progress.phase) {
                let doing = match progress.phase {
                    GanPhase::WarmUp => "warming up the recognition network of",
                    GanPhase::Game => "InterpretGAN of",
                };
                watch.begin(&format!("{doing} {}", model.name), progress.steps);
            }
            watch.advance(Progress {
                step: progress.step,
                steps: progress.steps,
                loss: progress.losses.map_or(f64::NAN, |losses| losses.discriminator),
            })
        },
    )?;
    gan.save(&path)?;
    // Only now: if the run is killed before this, the checkpoint still leads to the same generators. It need not be there.
    let _ = std::fs::remove_file(&checkpoint);
    Ok(gan)
}

/// How they were trained, for the results.
pub(super) fn training(gan: &InterpretGan, model: &ModelFile) -> GeneratorTraining {
    GeneratorTraining {
        steps: gan.options().steps,
        batch: gan.options().batch,
        losses: gan.losses().to_vec(),
        pictures: Some(format!("{}/{}", Store::GENERATORS, model.name)),
    }
}
