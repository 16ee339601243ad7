//! What a sweep gives: plain values, `results.json`.

use serde::{Deserialize, Serialize};

use doubleback::statistics::wilson;
use doubleback::train::DefenseKind;

/// Share of images that a model classifies rightly.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Perturbation size, 0 for clean images.
    pub eps: f64,
    /// The share, in [0, 1].
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Images.
    pub count: usize,
}

impl Accuracy {
    /// `right` of `count` images.
    pub fn new(eps: f64, right: usize, count: usize) -> Self {
        let (low, high) = wilson(right, count);
        Self {
            eps,
            accuracy: right as f64 / count.max(1) as f64,
            low,
            high,
            count,
        }
    }
}

/// What was measured on one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Name of the cell.
    pub cell: String,
    /// Data set.
    pub dataset: String,
    /// Defense.
    pub defense: DefenseKind,
    /// Weight of the penalty per example.
    pub lambda: Option<f64>,
    /// Weight of the penalty in the authors' units (2 × batch × lambda).
    pub paper_lambda: Option<f64>,
    /// Seed.
    pub seed: u64,
    /// `trained`, `diverged`, or `failed`.
    pub outcome: String,
    /// Why there is no model.
    pub problem: Option<String>,
    /// Accuracy on clean validation images.
    pub validation: Option<Accuracy>,
    /// Accuracy on the normal model's FGSM examples of the validation images: what models are chosen by.
    pub validation_black_box: Option<Accuracy>,
    /// Accuracy on clean test images.
    pub test: Option<Accuracy>,
    /// Accuracy on the normal model's FGSM examples of the test images.
    pub test_black_box: Vec<Accuracy>,
    /// Accuracy on the model's own FGSM examples of the test images.
    pub test_white_box: Vec<Accuracy>,
    /// Test images whose own loss gradient is exactly zero, so that white-box FGSM leaves them as they are.
    pub zero_gradient_images: usize,
}

/// A defense with one weight: means over the seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weighted {
    /// Data set.
    pub dataset: String,
    /// Defense.
    pub defense: DefenseKind,
    /// Weight of the penalty per example.
    pub lambda: Option<f64>,
    /// Weight of the penalty in the authors' units (2 × batch × lambda).
    pub paper_lambda: Option<f64>,
    /// Seeds that gave a model.
    pub seeds: usize,
    /// Mean accuracy on clean validation images.
    pub validation: Option<f64>,
    /// That of the normal models of the same seeds.
    pub normal_validation: Option<f64>,
    /// Mean accuracy on the normal models' FGSM examples of the validation images.
    pub validation_black_box: Option<f64>,
    /// Mean accuracy on clean test images.
    pub test: Option<f64>,
    /// Mean accuracies on the normal models' FGSM examples of the test images: eps and share.
    pub test_black_box: Vec<(f64, f64)>,
    /// Mean accuracies on the models' own.
    pub test_white_box: Vec<(f64, f64)>,
    /// Why it cannot be chosen; `None` if it can.
    pub not_eligible: Option<String>,
}

/// What the rule chose for a defense on a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Data set.
    pub dataset: String,
    /// Defense.
    pub defense: DefenseKind,
    /// The chosen weight with its means; `None` if none is eligible.
    pub chosen: Option<Weighted>,
    /// The cells of the chosen weight, one a seed.
    pub cells: Vec<String>,
    /// The rule's outcome in words.
    pub reason: String,
}

/// `results.json` of a sweep. It has no times and no machine, so that equal sweeps give equal files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepResults {
    /// The program's version.
    pub version: String,
    /// Perturbation of the examples that models are chosen by.
    pub selection_eps: f64,
    /// Share of the normal model's clean validation accuracy that a model must reach to be chosen.
    pub share_of_normal: f64,
    /// What the rule chose, a data set and defense each.
    pub selection: Vec<Choice>,
    /// Means over seeds, a data set, defense and weight each (Figure 9).
    pub means: Vec<Weighted>,
    /// Every cell.
    pub cells: Vec<Point>,
}
