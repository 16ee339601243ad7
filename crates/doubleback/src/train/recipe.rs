use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::card;
use super::checkpoint::Files;
use super::curve::CurvePoint;
use super::defense::{Defense, TEACHER, TeacherAtTemperature};
use super::identity::Identity;
use super::objective::Objective;
use super::options::TrainOptions;
use super::penalty::Teacher;
use super::starting_point::StartingPoint;
use super::trainer::{self, Trained, fingerprint};
use crate::data::Dataset;
use crate::nn::{self, Architecture, ModelCard, Network};
use crate::progress::Watch;
use crate::{Error, Result};

/// Enough to train a model, from nothing or from another one.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The defense with its settings.
    pub defense: Defense,
    /// The network to train.
    pub architecture: Architecture,
    /// Steps, optimizer, curve.
    pub options: TrainOptions,
    /// The network whose weights it begins with, of this architecture; nothing for random ones. A teacher begins with it as well.
    pub start: Option<StartingPoint>,
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
        if let Some(start) = &self.start
            && *start.network().architecture() != self.architecture
        {
            let expected = format!("the architecture of {}, which it starts from", start.name());
            return Err(Error::value(
                "architecture of a recipe",
                expected,
                &self.architecture.name,
            ));
        }
        self.defense.check(&self.architecture)
    }

    /// Checks that it can train on a data set.
    ///
    /// # Errors
    /// Names what does not fit: the network, the options, or an image of the data set.
    pub fn check_on(&self, dataset: &Dataset) -> Result<()> {
        self.check()?;
        self.options.check(&self.architecture, dataset)
    }

    /// Trains. With a `work` folder the state is kept there, and a run that was stopped goes on; the folder's checkpoints of this recipe
    /// can be removed with [`Recipe::clean`] once the model is saved.
    ///
    /// # Errors
    /// As [`train`](super::train).
    pub fn run(
        &self,
        dataset: &Dataset,
        device: &Device,
        work: Option<&Path>,
        watch: &mut dyn Watch,
    ) -> Result<Cooked> {
        let places = work.map(|work| Places {
            work,
            data: Identity::of_data(dataset),
            kept: None,
        });
        self.run_at(dataset, device, places.as_ref(), watch)
    }

    /// Trains, with its states at these places.
    pub(super) fn run_at(
        &self,
        dataset: &Dataset,
        device: &Device,
        places: Option<&Places<'_>>,
        watch: &mut dyn Watch,
    ) -> Result<Cooked> {
        self.check_on(dataset)?;
        let mut phase = |name: &str, objective: &dyn Objective| {
            watch.begin(name, self.options.steps);
            let options = self.options_of(name);
            let network = match &self.start {
                Some(start) => start.network().clone(),
                None => Network::new(self.architecture.clone(), options.seed, device)?,
            };
            let label = self.defense.label(name);
            let files = |places: &Places<'_>| -> Result<Files> {
                Ok(Files {
                    checkpoint: checkpoint_path(places.work, name),
                    earlier: places.kept.and_then(|kept| kept.get(name).cloned()),
                    identity: self.identity_of(name, &places.data)?,
                    fingerprint: match &self.start {
                        Some(_) => None,
                        None => fingerprint(&network, &label, dataset, &options)?,
                    },
                    keep: places.kept.is_some(),
                })
            };
            let files = places.map(files).transpose()?;
            trainer::run(network, &label, objective, dataset, &options, files.as_ref(), watch)
        };
        let (mut teacher_curve, mut teacher_seconds) = (None, 0.0);
        let objective = self.defense.objective(&mut |temperature| {
            let trained = phase(TEACHER, &TeacherAtTemperature { temperature })?;
            (teacher_curve, teacher_seconds) = (Some(trained.curve), trained.seconds);
            Ok(Teacher::new(trained.network, temperature))
        })?;
        let mut trained = phase(self.defense.name(), objective.as_ref())?;
        trained.seconds += teacher_seconds;
        Ok(Cooked { trained, teacher_curve })
    }

    /// The options of a phase: a teacher starts from other weights than its student.
    fn options_of(&self, phase: &str) -> TrainOptions {
        let mut options = self.options.clone();
        if phase == TEACHER {
            options.seed = options.seed.wrapping_add(1);
        }
        options
    }

    /// What the training of a phase is of.
    pub(super) fn identity_of(&self, phase: &str, data: &Identity) -> Result<Identity> {
        let (settings, options) = (self.defense.settings(), self.options_of(phase));
        let identity = data.clone().with_training(&settings, &self.architecture, &options)?;
        let identity = match &self.start {
            Some(start) => identity.with_start(start),
            None => identity,
        };
        Ok(match self.defense.temperature() {
            // A student learns what its teacher says at the end of the teacher's training.
            Some(_) if phase != TEACHER => identity.with_teacher(options.steps),
            _ => identity,
        })
    }

    /// The phases that it trains in, the model's own last.
    pub(super) fn phases(&self) -> impl Iterator<Item = &'static str> {
        let teacher = self.defense.temperature().map(|_| TEACHER);
        teacher.into_iter().chain([self.defense.name()])
    }

    /// Removes the checkpoints that [`Recipe::run`] left in `work`.
    pub fn clean(&self, work: &Path) {
        for name in self.phases() {
            // A checkpoint that is not there needs no removal.
            let _ = std::fs::remove_file(checkpoint_path(work, name));
        }
    }

    /// The facts to store with the model.
    pub fn card(&self, dataset: &Dataset) -> ModelCard {
        card::of(self.defense, &self.options, self.start.as_ref(), dataset)
    }

    /// Trains as [`Recipe::run`], saves the model to `path`, and removes the checkpoints. The model is put together in `work` and then
    /// moved, so that nothing half-written is ever left beside `path`; both should be on one file system.
    ///
    /// # Errors
    /// As [`train`](super::train()) and [`nn::save`].
    pub fn run_to(
        &self,
        path: &Path,
        dataset: &Dataset,
        device: &Device,
        work: &Path,
        watch: &mut dyn Watch,
    ) -> Result<Cooked> {
        let cooked = self.run(dataset, device, Some(work), watch)?;
        let network = &cooked.trained.network;
        self.put_together(network, dataset, work)?;
        self.move_out(network, dataset, work, path)?;
        self.clean(work);
        Ok(cooked)
    }

    /// Writes a model's file in `work`.
    pub(super) fn put_together(&self, network: &Network, dataset: &Dataset, work: &Path) -> Result<()> {
        nn::save(network, &self.card(dataset), &whole_model(work))
    }

    /// Moves the file that was put together in `work` to `path`.
    pub(super) fn move_out(&self, network: &Network, dataset: &Dataset, work: &Path, path: &Path) -> Result<()> {
        let whole = whole_model(work);
        match std::fs::rename(&whole, path) {
            Err(e) if e.kind() == std::io::ErrorKind::CrossesDevices => {
                nn::save(network, &self.card(dataset), path)?;
                std::fs::remove_file(&whole).map_err(Error::io(&whole, "removing"))
            }
            moved => moved.map_err(Error::io(path, "writing")),
        }
    }
}

/// Where the states of a recipe's phases are.
pub(super) struct Places<'a> {
    /// Folder of checkpoints.
    pub work: &'a Path,
    /// The data that they are of.
    pub data: Identity,
    /// If the states at the end are to be kept: those that earlier trainings of fewer steps left, by phase.
    pub kept: Option<&'a BTreeMap<&'static str, PathBuf>>,
}

/// The model's file until it is whole.
fn whole_model(folder: &Path) -> PathBuf {
    folder.join("model.safetensors")
}

/// The checkpoint of a phase.
pub(super) fn checkpoint_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.checkpoint.safetensors"))
}
