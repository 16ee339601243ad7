use doubleback_ops::AdamOptions;

use crate::dataset_settings::{DatasetSettings, QUICK};
use doubleback::Error;
use doubleback::data::Dataset;
use doubleback::nn::{Pool, paper_cnn, paper_input};
use doubleback::train::{Defense, DefenseKind, Recipe, TrainOptions};
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

/// How much work to spend on trainings, and with it on what is measured afterwards.
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

    /// The weight of a defense's penalty, per example; of a defense without one, what double backprop would have.
    pub(crate) fn lambda(self, kind: DefenseKind, dataset: &Dataset) -> f64 {
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
            start: None,
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("profile", name, Profile::ALL.map(Profile::name))
}
