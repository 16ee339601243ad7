use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::curve::CurvePoint;
use super::defense::{Defense, paper_lambda};
use super::objectives::{
    AdversarialTraining, Both, Distillation, Normal, Objective, PgdTraining, TeacherAtTemperature,
};
use super::penalty::{GradientPenalty, Norm, Output, Penalized, Teacher};
use super::trainer::{TrainOptions, Trained, train};
use crate::attack::{Ball, Pgd};
use crate::data::Dataset;
use crate::nn::{self, Architecture, ModelCard, Network};
use crate::progress::Watch;
use crate::{Error, Result};

/// Name of the phase that trains a teacher.
const TEACHER: &str = "distilled-teacher";

/// A defense with all its settings: enough to train a model from nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The defense.
    pub defense: Defense,
    /// The network to train.
    pub architecture: Architecture,
    /// Steps, optimizer, curve.
    pub options: TrainOptions,
    /// Weight of the penalty per example; only [`Defense::has_lambda`] defenses look at it.
    pub lambda: f64,
    /// Norm of the penalty.
    pub norm: Norm,
    /// Whether log-probabilities or logits are penalized.
    pub output: Output,
    /// Softmax temperature of the teacher; only [`Defense::has_teacher`] defenses look at it.
    pub temperature: f64,
    /// Perturbation of adversarial training; only [`Defense::has_adversary`] defenses look at it.
    pub adversarial_eps: f64,
    /// Gradient steps of [`Defense::Pgd`], each of length `2.5 · adversarial_eps / pgd_steps`.
    pub pgd_steps: usize,
    /// The norm that `adversarial_eps` bounds; only [`Defense::Pgd`] looks at it, others have L∞.
    pub adversarial_norm: Ball,
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
        let mut range = f64::from(self.architecture.bounds[1] - self.architecture.bounds[0]);
        if (self.defense, self.adversarial_norm) == (Defense::Pgd, Ball::L2) {
            range *= (self.architecture.shape().len() as f64).sqrt();
        }
        if self.defense.has_lambda() && !(self.lambda >= 0.0 && self.lambda.is_finite()) {
            return Err(Error::value("lambda", "zero or a positive number", self.lambda));
        }
        if self.defense.has_teacher() && !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return Err(Error::value("temperature", "a positive number", self.temperature));
        }
        if self.defense.has_adversary() && !(0.0..=range).contains(&self.adversarial_eps) {
            return Err(Error::value(
                "eps of adversarial training",
                format!("between 0 and {range}"),
                self.adversarial_eps,
            ));
        }
        if self.defense == Defense::Pgd && self.pgd_steps == 0 {
            return Err(Error::value("steps of PGD", "at least 1", self.pgd_steps));
        }
        Ok(())
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
            let label = self.label(name);
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
        let name = self.defense.name();
        let teacher = match self.defense.has_teacher() {
            // The teacher starts from other weights than its student.
            true => Some(phase(
                TEACHER,
                seed.wrapping_add(1),
                &TeacherAtTemperature {
                    temperature: self.temperature,
                },
            )?),
            false => None,
        };
        let (mut teacher_curve, mut teacher_seconds) = (None, 0.0);
        let teacher = teacher.map(|trained| {
            (teacher_curve, teacher_seconds) = (Some(trained.curve), trained.seconds);
            Teacher::new(trained.network, self.temperature)
        });
        let mut trained = phase(name, seed, self.objective(teacher).as_ref())?;
        trained.seconds += teacher_seconds;
        Ok(Cooked { trained, teacher_curve })
    }

    /// What the model itself is trained on.
    fn objective(&self, teacher: Option<Teacher>) -> Box<dyn Objective> {
        let (lambda, eps) = (self.lambda, self.adversarial_eps);
        let adversarial = AdversarialTraining { eps };
        match (self.defense, teacher) {
            (Defense::Distilled, Some(teacher)) => Box::new(Distillation {
                teacher: teacher.into(),
            }),
            (Defense::DistilledLabel, Some(teacher)) => {
                Box::new(self.shaped(GradientPenalty::distilled_label(teacher, lambda)))
            }
            (Defense::Insensitive, _) => Box::new(self.shaped(GradientPenalty::certainty_sensitivity(lambda))),
            (Defense::Doubleback, _) => Box::new(self.shaped(GradientPenalty::double_backprop(lambda))),
            (Defense::Entropy, _) => Box::new(self.shaped(GradientPenalty::entropy(lambda))),
            (Defense::Both, _) => Box::new(Both {
                penalty: self.shaped(GradientPenalty::double_backprop(lambda)),
                adversarial,
            }),
            (Defense::Advtrain, _) => Box::new(adversarial),
            (Defense::Pgd, _) => Box::new(PgdTraining {
                attack: Pgd {
                    steps: self.pgd_steps,
                    norm: self.adversarial_norm,
                    ..Pgd::default()
                },
                eps,
            }),
            (Defense::Normal | Defense::Distilled | Defense::DistilledLabel, _) => Box::new(Normal),
        }
    }

    /// The penalty in the recipe's norm and of its output.
    fn shaped(&self, mut penalty: GradientPenalty<Penalized>) -> GradientPenalty<Penalized> {
        penalty.norm = self.norm;
        penalty.loss.output = self.output;
        penalty
    }

    /// Removes the checkpoints that [`Recipe::run`] left in `work`.
    pub fn clean(&self, work: &Path) {
        for name in [self.defense.name(), TEACHER] {
            if name == self.defense.name() || self.defense.has_teacher() {
                // A checkpoint that is not there needs no removal.
                let _ = std::fs::remove_file(checkpoint_path(work, name));
            }
        }
    }

    /// Name and settings of a phase, which a checkpoint must agree with.
    fn label(&self, phase: &str) -> String {
        let mut settings = Vec::new();
        if self.defense.has_lambda() {
            settings.push(format!("lambda {}", self.lambda));
            if (self.norm, self.output) != Default::default() {
                settings.push(format!("{} of {}", self.norm, self.output));
            }
        }
        if self.defense.has_teacher() {
            settings.push(format!("temperature {}", self.temperature));
        }
        if self.defense.has_adversary() {
            settings.push(format!("eps {}", self.adversarial_eps));
        }
        if self.defense == Defense::Pgd {
            settings.push(format!("{} steps", self.pgd_steps));
            if self.adversarial_norm != Ball::default() {
                settings.push(format!("norm {}", self.adversarial_norm));
            }
        }
        if settings.is_empty() {
            return phase.to_owned();
        }
        format!("{phase} ({})", settings.join(", "))
    }

    /// The facts to store with the model.
    pub fn card(&self, dataset: &Dataset) -> ModelCard {
        let o = &self.options;
        let mut card = ModelCard::from([
            ("defense".into(), self.defense.name().into()),
            ("dataset".into(), dataset.name.clone()),
            ("steps".into(), o.steps.to_string()),
            ("batch".into(), o.batch.to_string()),
            ("learning_rate".into(), o.adam.learning_rate.to_string()),
            ("seed".into(), o.seed.to_string()),
            ("doubleback".into(), env!("CARGO_PKG_VERSION").into()),
            ("instruction_set".into(), doubleback_ops::kernels::isa().name().into()),
        ]);
        if self.defense.has_lambda() {
            card.insert("lambda".into(), self.lambda.to_string());
            card.insert("paper_lambda".into(), paper_lambda(self.lambda, o.batch).to_string());
            card.insert("penalty".into(), format!("{} of {}", self.norm, self.output));
        }
        if self.defense.has_teacher() {
            card.insert("temperature".into(), self.temperature.to_string());
        }
        if self.defense.has_adversary() {
            card.insert("adversarial_eps".into(), self.adversarial_eps.to_string());
        }
        if self.defense == Defense::Pgd {
            card.insert("pgd_steps".into(), self.pgd_steps.to_string());
            if self.adversarial_norm != Ball::default() {
                card.insert("adversarial_norm".into(), self.adversarial_norm.to_string());
            }
        }
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
