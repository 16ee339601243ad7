use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::curve::CurvePoint;
use super::defense::{Defense, TeacherAtTemperature};
use super::objective::Objective;
use super::penalty::Teacher;
use super::trainer::{TrainOptions, Trained, train};
use crate::data::Dataset;
use crate::nn::{self, Architecture, ModelCard, Network};
use crate::progress::Watch;
use crate::{Error, Result};

/// Name of the phase that trains a teacher, and of the teacher's curve.
pub const TEACHER: &str = "distilled-teacher";

/// Enough to train a model from nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The defense with its settings.
    pub defense: Defense,
    /// The network to train.
    pub architecture: Architecture,
    /// Steps, optimizer, curve.
    pub options: TrainOptions,
}

/// What a recipe gave.
#[derive(Clone, Debug)]
pub struct Cooked {
    /// The model.
    pub trained: Trained,
    /// Curve of the teacher, when the defense has one.
    pub teacher_curve: Option<Vec<CurvePoint>>,
}

impl Recipe {
    /// Checks the values that no type can.
    ///
    /// # Errors
    /// Names the value that is out of range.
    pub fn check(&self) -> Result<()> {
        self.defense.check(&self.architecture)
    }

    /// Trains. With a `work` folder the state is kept there, and a run that was stopped goes on; the folder's checkpoints of this recipe
    /// can be removed with [`Recipe::clean`] once the model is saved.
    ///
    /// # Errors
    /// As [`train`].
    pub fn run(
        &self,
        dataset: &Dataset,
        device: &Device,
        work: Option<&Path>,
        watch: &mut dyn Watch,
    ) -> Result<Cooked> {
        self.check()?;
        let mut phase = |name: &str, seed: u64, objective: &dyn Objective| {
            watch.begin(name, self.options.steps);
            let network = Network::new(self.architecture.clone(), seed, device)?;
            let label = self.defense.label(name);
            let checkpoint = work.map(|folder| checkpoint_path(folder, name));
            let options = TrainOptions {
                seed,
                ..self.options.clone()
            };
            train(
                network,
                &label,
                objective,
                dataset,
                &options,
                checkpoint.as_deref(),
                watch,
            )
        };
        let seed = self.options.seed;
        let (mut teacher_curve, mut teacher_seconds) = (None, 0.0);
        let objective = self.defense.objective(&mut |temperature| {
            // The teacher starts from other weights than its student.
            let trained = phase(TEACHER, seed.wrapping_add(1), &TeacherAtTemperature { temperature })?;
            (teacher_curve, teacher_seconds) = (Some(trained.curve), trained.seconds);
            Ok(Teacher::new(trained.network, temperature))
        })?;
        let mut trained = phase(self.defense.name(), seed, objective.as_ref())?;
        trained.seconds += teacher_seconds;
        Ok(Cooked { trained, teacher_curve })
    }

    /// Removes the checkpoints that [`Recipe::run`] left in `work`.
    pub fn clean(&self, work: &Path) {
        let teacher = self.defense.temperature().map(|_| TEACHER);
        for name in [self.defense.name()].into_iter().chain(teacher) {
            // A checkpoint that is not there needs no removal.
            let _ = std::fs::remove_file(checkpoint_path(work, name));
        }
    }

    /// The facts to store with the model.
    pub fn card(&self, dataset: &Dataset) -> ModelCard {
        let o = &self.options;
        let mut card = ModelCard::from([
            ("dataset".into(), dataset.name.clone()),
            ("steps".into(), o.steps.to_string()),
            ("batch".into(), o.batch.to_string()),
            ("learning_rate".into(), o.adam.learning_rate.to_string()),
            ("seed".into(), o.seed.to_string()),
            ("doubleback".into(), env!("CARGO_PKG_VERSION").into()),
            ("instruction_set".into(), doubleback_ops::kernels::isa().name().into()),
        ]);
        self.defense.describe(&mut card, o.batch);
        if !dataset.preparation.is_none() {
            card.insert("preparation".into(), dataset.preparation.to_string());
        }
        for source in &dataset.sources {
            card.insert(format!("sha256:{}", source.file), source.sha256.clone());
        }
        card
    }

    /// Trains as [`Recipe::run`], saves the model to `path`, and removes the checkpoints. The model is put together in `work` and then
    /// moved, so that nothing half-written is ever left beside `path`; both should be on one file system.
    ///
    /// # Errors
    /// As [`train`] and [`nn::save`].
    pub fn run_to(
        &self,
        path: &Path,
        dataset: &Dataset,
        device: &Device,
        work: &Path,
        watch: &mut dyn Watch,
    ) -> Result<Cooked> {
        let cooked = self.run(dataset, device, Some(work), watch)?;
        let whole = work.join("model.safetensors");
        nn::save(&cooked.trained.network, &self.card(dataset), &whole)?;
        match std::fs::rename(&whole, path) {
            Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => {
                nn::save(&cooked.trained.network, &self.card(dataset), path)?;
                std::fs::remove_file(&whole).map_err(Error::io(&whole, "removing"))?;
            }
            moved => moved.map_err(Error::io(path, "writing"))?,
        }
        self.clean(work);
        Ok(cooked)
    }
}

fn checkpoint_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.checkpoint.safetensors"))
}
