use crate::profile;
use doubleback::attack::{AttackSpec, Fgsm, PgdSpec};
use doubleback::data::Dataset;
use doubleback::nn::{Loss, Pool, architecture, paper_input};
use doubleback::train::{Defense, DefenseKind, Recipe};
use doubleback::{Error, Result};

use super::profile::Profile;
use super::results::{AttackSetting, Training};

/// Data sets that the study has settings for.
const DATASETS: [&str; 4] = ["mnist-mini", "mnist", "fashion-mnist", "cifar10"];

/// Everything that the study's numbers depend on besides data and seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Networks, by name.
    pub architectures: Vec<&'static str>,
    /// Ways to train; those with normal training are also looked at stage by stage.
    pub trainings: Vec<DefenseKind>,
    /// Seeds if none are asked for.
    pub seeds: usize,
    /// Optimizer steps of each model.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Perturbation size of adversarial training, L∞.
    pub adversarial_eps: f64,
    /// Gradient steps of PGD in training.
    pub pgd_steps: usize,
    /// Weight of the penalty of double backprop, per example.
    pub lambda: f64,
    /// Perturbation sizes of the attacks, ascending.
    pub eps: Vec<f64>,
    /// Gradient steps of PGD.
    pub attack_steps: usize,
    /// Length of a step of PGD.
    pub step_size: f64,
    /// Test images that are attacked, from the first.
    pub images: usize,
    /// Test images of the clean accuracy, from the first.
    pub clean_images: usize,
    /// How the stages are looked at.
    pub layers: LayerPlan,
}

/// How the stages of a model are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerPlan {
    /// By architecture, the size of the perturbation that vulnerability is measured under: the same for both kinds of pooling, and such that
    /// PGD turns between 30 and 80 % of the right answers. Where nearly all or nearly none turn, stages cannot be told apart.
    pub eps: Vec<f64>,
    /// Test images.
    pub images: usize,
    /// Training steps of probes, of 128 images.
    pub probe_steps: usize,
    /// Training steps of decoders, of 128 images.
    pub decoder_steps: usize,
}

/// One model of the study.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub architecture: &'static str,
    pub pool: Pool,
    pub training: DefenseKind,
    pub seed: u64,
}

impl Cell {
    /// As its file is called.
    pub fn name(&self) -> String {
        let Cell {
            architecture,
            pool,
            training,
            seed,
        } = self;
        format!("{architecture}-{}-{training}-seed{seed}", pool.name())
    }
}

impl Plan {
    /// The settings of a profile.
    ///
    /// # Errors
    /// When there are none for the data set.
    pub fn new(profile: Profile, dataset: &Dataset) -> Result<Self> {
        if !DATASETS.contains(&dataset.name.as_str()) {
            return Err(Error::unknown("data set of the pooling study", &dataset.name, DATASETS));
        }
        let gray = Self {
            architectures: vec!["paper-cnn", "small-cnn"],
            trainings: vec![
                DefenseKind::Normal,
                DefenseKind::AdversarialTraining,
                DefenseKind::DoubleBackprop,
                DefenseKind::PgdTraining,
            ],
            seeds: 5,
            steps: 400,
            batch: 128,
            adversarial_eps: 0.2,
            pgd_steps: 7,
            lambda: 2.0,
            eps: vec![0.1, 0.2, 0.3],
            attack_steps: 40,
            step_size: 0.01,
            images: 400,
            clean_images: 10_000,
            layers: LayerPlan {
                eps: vec![0.1, 0.15],
                images: 512,
                probe_steps: 300,
                decoder_steps: 200,
            },
        };
        let standard = match dataset.shape.channels {
            1 => gray,
            _ => Self {
                architectures: vec!["vgg-small"],
                seeds: 3,
                adversarial_eps: 8.0 / 255.0,
                pgd_steps: 5,
                lambda: 0.1,
                eps: vec![1.0 / 255.0, 2.0 / 255.0, 8.0 / 255.0],
                attack_steps: 20,
                step_size: 0.003,
                layers: LayerPlan {
                    eps: vec![1.0 / 255.0],
                    ..gray.layers
                },
                ..gray
            },
        };
        Ok(match profile {
            Profile::Standard => standard,
            Profile::Quick => Self {
                architectures: standard.architectures[..1].to_vec(),
                seeds: 2,
                steps: 100,
                pgd_steps: 3,
                attack_steps: 10,
                // As far as 40 steps of 0.01 go, or 20 of 0.003.
                step_size: standard.step_size * standard.attack_steps as f64 / 10.0,
                images: 128,
                layers: LayerPlan {
                    images: 256,
                    probe_steps: 60,
                    decoder_steps: 40,
                    ..standard.layers
                },
                ..standard
            },
        })
    }

    /// A defense with the study's settings.
    fn defense(&self, kind: DefenseKind) -> Defense {
        let mut defense = Defense::new(kind);
        if let Some(eps) = defense.adversarial_eps_mut() {
            *eps = self.adversarial_eps;
        }
        if let Some(steps) = defense.adversarial_steps_mut() {
            *steps = self.pgd_steps;
        }
        if let Some(penalty) = defense.penalty_mut() {
            penalty.lambda = self.lambda;
        }
        defense
    }

    /// How to train a model.
    pub(super) fn recipe(&self, cell: &Cell, dataset: &Dataset) -> Result<Recipe> {
        // The study's steps and batch are its own; all else is that of a model that `train` makes.
        let mut recipe = profile::Profile::Standard.recipe(cell.training, dataset, cell.seed);
        let (shape, bounds, classes) = (dataset.shape, dataset.bounds, dataset.classes.len());
        let network = architecture(cell.architecture, shape, bounds, classes, cell.pool)?;
        recipe.architecture = paper_input(network, dataset);
        recipe.options.steps = self.steps;
        recipe.options.batch = self.batch;
        recipe.defense = self.defense(cell.training);
        recipe.check()?;
        Ok(recipe)
    }

    /// The size of the perturbation that the stages of an architecture are looked at under.
    pub(super) fn layer_eps(&self, architecture: &str) -> Result<f64> {
        let place = self.architectures.iter().position(|&name| name == architecture);
        place
            .and_then(|place| self.layers.eps.get(place))
            .copied()
            .ok_or_else(|| Error::value("eps of layers", "one for each architecture", self.layers.eps.len()))
    }

    pub(super) fn fgsm(&self) -> AttackSpec {
        AttackSpec::Fgsm(Fgsm::default())
    }

    pub(super) fn pgd(&self, loss: Loss) -> AttackSpec {
        AttackSpec::Pgd(PgdSpec {
            loss,
            steps: self.attack_steps,
            step_size: Some(self.step_size),
            ..PgdSpec::default()
        })
    }

    /// The attacks for the record.
    pub(super) fn attacks(&self) -> Vec<AttackSetting> {
        let setting = |name: &str, iterated: bool, loss: Option<Loss>| AttackSetting {
            name: name.to_owned(),
            eps: self.eps.clone(),
            steps: iterated.then_some(self.attack_steps),
            step_size: iterated.then_some(self.step_size),
            loss: loss.map(|loss| loss.name().to_owned()),
        };
        let (cross_entropy, margin) = (self.pgd(Loss::CrossEntropy), self.pgd(Loss::Margin));
        vec![
            setting(self.fgsm().label(), false, Some(Loss::CrossEntropy)),
            setting(cross_entropy.label(), true, Some(Loss::CrossEntropy)),
            setting(margin.label(), true, Some(Loss::Margin)),
            setting(super::TRANSFER, true, Some(Loss::CrossEntropy)),
            setting(super::WORST_CASE, false, None),
        ]
    }

    /// The trainings for the record.
    pub(super) fn training_settings(&self, dataset: &Dataset) -> Vec<Training> {
        let setting = |&kind: &DefenseKind| {
            let recipe = profile::Profile::Standard.recipe(kind, dataset, 0);
            let defense = self.defense(kind);
            Training {
                name: defense.name().to_owned(),
                steps: self.steps,
                batch: self.batch,
                learning_rate: recipe.options.adam.learning_rate,
                lambda: defense.penalty().map(|penalty| penalty.lambda),
                adversarial_eps: defense.adversarial_eps(),
                pgd_steps: defense.adversarial_steps(),
            }
        };
        self.trainings.iter().map(setting).collect()
    }
}
