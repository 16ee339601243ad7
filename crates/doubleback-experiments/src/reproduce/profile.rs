use doubleback_ops::AdamOptions;

use super::dataset_settings::{DatasetSettings, QUICK};
use doubleback::Error;
use doubleback::data::Dataset;
use doubleback::nn::{Pool, paper_cnn, paper_input};
use doubleback::train::{Defense, DefenseKind, Recipe, TrainOptions, per_example_lambda};
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

/// The size of the FGSM perturbation by which short summaries compare models; it is one of those of every profile.
pub const HEADLINE_EPS: f64 = 0.2;

/// How much work to spend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Profile {
    /// Minutes.
    #[default]
    Quick,
    /// Full data and a few thousand steps.
    Standard,
    /// The paper's 15,050 steps.
    Paper,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; Self::COUNT] = [Profile::Quick, Profile::Standard, Profile::Paper];

    /// `quick`, `standard` or `paper`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The profile for a data set if none is asked for: `quick` for `mnist-mini`, `standard` for others.
    pub fn default_for(dataset: &Dataset) -> Self {
        match dataset.name.as_str() {
            "mnist-mini" => Profile::Quick,
            _ => Profile::Standard,
        }
    }

    /// Perturbation sizes of the transfer panels, as in Figures 1 and 3.
    pub fn eps(self) -> Vec<f64> {
        (0..8).map(|i| f64::from(i) / 10.0).collect()
    }

    /// Test images of the transfer panels (the paper's have 256).
    pub fn transfer_images(self) -> usize {
        match self {
            Profile::Quick => 1024,
            Profile::Standard | Profile::Paper => 2048,
        }
    }

    /// The models of the main experiment: the paper's five, and both defenses together where there is time for it (Figure 2).
    pub fn defenses(self) -> Vec<DefenseKind> {
        let mut defenses = DefenseKind::PAPER.to_vec();
        if self != Profile::Quick {
            defenses.push(DefenseKind::Both);
        }
        defenses
    }

    /// The perturbation at which overlaps of fooled images are counted (Figure 10).
    pub fn overlap_eps(self, dataset: &Dataset) -> f64 {
        DatasetSettings::of(dataset).overlap_eps
    }

    /// Images of each class that JSMA and iterated TGSM aim at every other class (Figures 5 and 11); the paper takes 5.
    pub fn targeted_images(self) -> usize {
        match self {
            Profile::Quick => 1,
            Profile::Standard | Profile::Paper => 5,
        }
    }

    /// Whether a model is attacked with JSMA and iterated TGSM: all are, but for `quick`, which has time for the two that matter most.
    pub fn aims_at(self, model: &str) -> bool {
        self != Profile::Quick || [DefenseKind::Normal.name(), DefenseKind::DoubleBackprop.name()].contains(&model)
    }

    /// Steps of iterated TGSM (Figure 11), of length 0.1 each.
    pub fn iterated_steps(self, dataset: &Dataset) -> usize {
        DatasetSettings::of(dataset).iterated_steps
    }

    /// The weights of Figures 7 and 9, and how long their models are trained; none where there is no time for them.
    pub fn lambda_grid(self) -> Option<LambdaGrid> {
        // The paper has 13 weights from 1e2 to 1e5 in its own units, 1e0 to 1e3 for certainty sensitivity.
        let (steps, points) = match self {
            Profile::Quick => return None,
            Profile::Standard => (300, 5),
            Profile::Paper => (15_050, 13),
        };
        let logarithmic = |from: f64, to: f64| {
            (0..points)
                .map(|i| from * (to / from).powf(f64::from(i) / f64::from(points - 1)))
                .map(|paper| (per_example_lambda(paper, 256) * 1e4).round() / 1e4)
                .collect()
        };
        Some(LambdaGrid {
            steps,
            lambdas: vec![
                (DefenseKind::DoubleBackprop, logarithmic(1e2, 1e5)),
                (DefenseKind::CertaintySensitivity, logarithmic(1e0, 1e3)),
            ],
        })
    }

    /// The weight of a defense's penalty, per example; of a defense without one, what double backprop would have.
    pub(super) fn lambda(self, kind: DefenseKind, dataset: &Dataset) -> f64 {
        let settings = DatasetSettings::of(dataset);
        let weights = match self {
            Profile::Quick => QUICK,
            Profile::Standard => settings.standard,
            Profile::Paper => settings.paper,
        };
        weights.of(kind)
    }

    /// How to train a defense on a data set.
    pub fn recipe(self, kind: DefenseKind, dataset: &Dataset, seed: u64) -> Recipe {
        // The paper trains long at a low rate; its study of people, 4 epochs at 1e-3.
        let (steps, learning_rate, curve_every) = match self {
            Profile::Quick => (400, 1e-3, 50),
            // No more than ten times through a small data set.
            Profile::Standard => (2000.min((10 * dataset.train.len()).div_ceil(256).max(400)), 1e-3, 100),
            Profile::Paper => (15_050, 2e-4, 100),
        };
        let mut defense = Defense::new(kind);
        if let Some(penalty) = defense.penalty_mut() {
            penalty.lambda = self.lambda(kind, dataset);
        }
        Recipe {
            defense,
            architecture: paper_input(
                paper_cnn(dataset.shape, dataset.bounds, dataset.classes.len(), Pool::Max),
                dataset,
            ),
            options: TrainOptions {
                steps,
                adam: AdamOptions {
                    learning_rate,
                    ..AdamOptions::default()
                },
                seed,
                curve_every,
                ..TrainOptions::default()
            },
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("profile", name, Profile::ALL.map(Profile::name))
}

/// Penalty weights, and the steps that a model of each is trained for.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaGrid {
    /// Optimizer steps.
    pub steps: usize,
    /// Weights per example, by defense, from the smallest.
    pub lambdas: Vec<(DefenseKind, Vec<f64>)>,
}
