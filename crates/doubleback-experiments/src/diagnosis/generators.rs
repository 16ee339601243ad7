use burn::tensor::Device;

use super::model_file::ModelFile;
use super::results::GeneratorTraining;
use crate::run_folder::RunFolder;
use doubleback::data::Dataset;
use doubleback::diagnose::{GanFiles, GanOptions, InterpretGan, Subject, train_gan};
use doubleback::progress::{Renamed, Watch};
use doubleback::{Error, Result};

/// The generators of a model's stages, trained if they are not in the folder yet.
pub(super) fn generators(
    folder: &RunFolder,
    model: &ModelFile,
    stages: &[usize],
    dataset: &Dataset,
    options: &GanOptions,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<InterpretGan> {
    let name = format!("{}-interpretgan", model.name);
    let path = folder.model(&name);
    if folder.has_model(&name)? {
        return InterpretGan::load(&path, device);
    }
    let checkpoint = folder
        .work()
        .join(format!("{}-interpretgan.checkpoint.safetensors", model.name));
    // A model that is told from others by its folder has it in its name.
    for folder in [&path, &checkpoint].into_iter().filter_map(|file| file.parent()) {
        std::fs::create_dir_all(folder).map_err(Error::io(folder, "making the folder"))?;
    }
    let grids = folder.generators(&model.name)?;
    let files = GanFiles {
        checkpoint: Some(&checkpoint),
        grids: Some(&grids),
    };
    let mut watch = Renamed::new(watch, |phase: &str| format!("{phase} of {}", model.name));
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
        &mut watch,
    )?;
    gan.save(&path)?;
    folder.made_model(&name)?;
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
        pictures: Some(format!("{}/{}", RunFolder::GENERATORS, model.name)),
    }
}
