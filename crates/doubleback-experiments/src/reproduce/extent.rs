//! How far the reproduction goes in each profile: models, images, perturbations, grids.

use super::model_names::{DOUBLEBACK, NORMAL};
use doubleback::data::Dataset;
use doubleback::train::{DefenseKind, per_example_lambda};

use crate::dataset_settings::DatasetSettings;
use crate::profile::Profile;

/// The size of the FGSM perturbation by which short summaries compare models; it is one of those of every profile.
pub const HEADLINE_EPS: f64 = 0.2;

impl Profile {
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
        self != Profile::Quick || [NORMAL, DOUBLEBACK].contains(&model)
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
}

/// Penalty weights, and the steps that a model of each is trained for.
#[derive(Clone, Debug, PartialEq)]
pub struct LambdaGrid {
    /// Optimizer steps.
    pub steps: usize,
    /// Weights per example, by defense, from the smallest.
    pub lambdas: Vec<(DefenseKind, Vec<f64>)>,
}
