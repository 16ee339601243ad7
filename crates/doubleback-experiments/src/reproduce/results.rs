//! `results.json`: everything a run of `reproduce` measured, timings in one field of their own.

use std::collections::BTreeMap;

use doubleback::evaluate::{
    ClassAccuracy, CleanAccuracy, Confusion, GradientDistribution, LogProbabilities, MarginCheck, Masking, Smoothness,
    TransferCell,
};
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, Verdict};
use crate::data_summary::DataSummary;
use crate::run_record::RunRecord;

use super::extent::HEADLINE_EPS;
use super::model_names::NORMAL;
use super::targeted::TargetedSummary;
use doubleback::train::CurvePoint;

/// Everything a run of `reproduce` measured. Two runs with the same seed, options, machine and
/// threads agree in every field but [`seconds`](Results::seconds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Data set name, such as `mnist-mini`.
    pub dataset: String,
    /// `quick`, `standard` or `paper`.
    pub profile: String,
    /// Seed of weights and dropout.
    pub seed: u64,
    /// The program and the machine.
    #[serde(flatten)]
    pub run: RunRecord,
    /// Sizes and checksums of the data.
    pub data: DataSummary,
    /// The models, in the paper's order: normal, distilled, advtrain, insensitive, doubleback.
    pub models: Vec<String>,
    /// How each model was trained, by model.
    pub training: BTreeMap<String, TrainingSummary>,
    /// Accuracy on unperturbed test images in [0, 1], by model.
    pub clean_accuracy: BTreeMap<String, f64>,
    /// Accuracy on unperturbed test images, with intervals and counts.
    pub clean: Vec<CleanAccuracy>,
    /// Accuracy of every model on the examples crafted on every model, for each attack and eps (Figures 1 and 3).
    pub transfer: Vec<TransferCell>,
    /// Accuracy by class of each model and what it takes for what: on unperturbed test images, then on those examples of size [`HEADLINE_EPS`] that it
    /// withstands worst. Results of earlier versions have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_class: Vec<ByClass>,
    /// Images whose loss gradient is exactly zero, by model and attack.
    pub masking: BTreeMap<String, BTreeMap<String, Masking>>,
    /// White-box accuracy under FGSM on the logit margin, whose gradient does not underflow as that of the cross-entropy does.
    pub margin_check: Vec<MarginCheck>,
    /// Distributions of input gradient norms (Figure 4, top).
    pub gradients: Vec<GradientDistribution>,
    /// On how many images each model's input gradient is smoother than the normal model's.
    pub smoothness: Vec<Smoothness>,
    /// Distributions of log-probabilities over all images and classes (Figure 4, bottom).
    pub log_probabilities: Vec<LogProbabilities>,
    /// Training curves, by model; a distilled model's teacher stands under `distilled-teacher`.
    pub curves: BTreeMap<String, Vec<CurvePoint>>,
    /// The paper's claims, each with what this run measured.
    pub claims: Vec<Claim>,
    /// Accuracy on `clip(x + eps·sign(g))` with the paper authors' own gradients g of their own normal model, when that file was given;
    /// `crafted_on` is `published-normal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published_perturbations: Vec<TransferCell>,
    /// Which images three models get wrong together (Figure 10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlaps: Vec<Overlap>,
    /// JSMA and iterated TGSM with every class as the target, by attack and model (Figures 5 and 11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targeted: Vec<TargetedSummary>,
    /// Models trained over a grid of penalty weights (Figures 7 and 9), sorted by defense and weight; the point with weight 0 is the normal
    /// model trained as long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lambdas: Vec<LambdaPoint>,
    /// The same experiment with other seeds, this run's own seed first; empty if there was one seed only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<SeedRun>,
    /// Wall-clock times; the only field that differs between equal runs.
    pub seconds: Seconds,
}

impl Results {
    /// Accuracy of a model on the FGSM examples of size [`HEADLINE_EPS`] that were crafted on the normal model: one number by which short
    /// summaries compare models. Nothing if this run did not measure it.
    pub fn headline(&self, model: &str) -> Option<&TransferCell> {
        self.transfer.iter().find(|cell| {
            (
                cell.attack.as_str(),
                cell.crafted_on.as_str(),
                cell.evaluated_on.as_str(),
            ) == ("fgsm", NORMAL, model)
                && (cell.eps - HEADLINE_EPS).abs() < 1e-9
        })
    }
}

/// What a model takes the images of each class for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ByClass {
    /// Model.
    pub model: String,
    /// The examples that it classifies; none for unperturbed images.
    pub examples: Option<CraftedExamples>,
    /// Accuracy of each class that has images.
    pub per_class: Vec<ClassAccuracy>,
    /// What was taken for what: true class, predicted class, images.
    pub confusion: Confusion,
}

/// How examples were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CraftedExamples {
    /// `fgsm` or `tgsm`.
    pub attack: String,
    /// The model whose gradients made them.
    pub crafted_on: String,
    /// Perturbation size.
    pub eps: f64,
}

/// How a model was trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingSummary {
    /// Name of the defense.
    pub defense: String,
    /// Optimizer steps (each of the two trainings of distillation takes this many).
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Weight of the gradient penalty per example, for defenses that have one.
    pub lambda: Option<f64>,
    /// Weight of the gradient penalty in the authors' units (2 × batch × lambda).
    pub paper_lambda: Option<f64>,
    /// Softmax temperature of distillation.
    pub temperature: Option<f64>,
    /// Perturbation size of adversarial training.
    pub adversarial_eps: Option<f64>,
    /// Trainable parameters.
    pub parameters: usize,
}

/// How the errors of three models on the same examples overlap (Figure 10): a Venn diagram's seven regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// `fgsm` or `tgsm`.
    pub attack: String,
    /// Perturbation size.
    pub eps: f64,
    /// The model whose gradients made the examples.
    pub crafted_on: String,
    /// The three models, a, b and c.
    pub models: [String; 3],
    /// Images that are classified wrongly by a only, b only, c only, a and b only, a and c only, b and c only, all three.
    pub regions: [usize; 7],
    /// Images.
    pub count: usize,
}

/// A model of a grid of penalty weights (Figures 7 and 9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LambdaPoint {
    /// Name of the defense, such as `doubleback`.
    pub defense: String,
    /// Weight of the penalty per example.
    pub lambda: f64,
    /// Weight of the gradient penalty in the authors' units (2 × batch × lambda).
    pub paper_lambda: f64,
    /// Optimizer steps; fewer than those of the main models.
    pub steps: usize,
    /// Accuracy on clean validation images.
    pub validation_accuracy: f64,
    /// Accuracy on FGSM examples of the validation images, crafted on the normal model of this grid.
    pub validation_fgsm_accuracy: f64,
    /// Accuracy on clean test images.
    pub test: CleanAccuracy,
    /// Accuracy on FGSM examples of test images crafted on the normal model of this grid, by eps.
    pub black_box: Vec<TransferCell>,
    /// Accuracy on the model's own FGSM examples of test images, by eps.
    pub white_box: Vec<TransferCell>,
    /// Whether it is at least 97 % as accurate as the normal model on clean validation images.
    pub eligible: bool,
    /// Whether the paper's rule selects it: the eligible one with the highest [`validation_fgsm_accuracy`](Self::validation_fgsm_accuracy).
    pub selected: bool,
    /// Training curve.
    pub curve: Vec<CurvePoint>,
}

/// What one seed gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedRun {
    /// Seed of weights and dropout.
    pub seed: u64,
    /// Accuracy on unperturbed test images, by model.
    pub clean: Vec<CleanAccuracy>,
    /// Accuracy of every model on the examples crafted on every model.
    pub transfer: Vec<TransferCell>,
    /// Verdict on each claim, in the order of [`Results::claims`].
    pub verdicts: Vec<Verdict>,
}

/// Wall-clock times in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Training, by model, without the validation curve.
    pub train: BTreeMap<String, f64>,
    /// Mean time of one training step, by model.
    pub step: BTreeMap<String, f64>,
    /// Attacks and evaluation.
    pub evaluate: f64,
    /// The whole run, interrupted runs included.
    pub total: f64,
}
