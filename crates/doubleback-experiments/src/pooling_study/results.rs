//! `results.json` of the pooling study: counts of every model, and what they say of average against max pooling.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::data_summary::DataSummary;
use crate::run_record::RunRecord;
use doubleback::diagnose::{InformationLayer, ProbeLayer};

/// Everything that a run of `pooling` measured. Two runs with the same seeds, options, machine and threads agree in every field but
/// [`seconds`](PoolingResults::seconds).
///
/// Accuracies and errors are shares in [0, 1]. Differences are always those of average pooling less those of max pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PoolingResults {
    /// Data set name, such as `mnist`.
    pub dataset: String,
    /// `quick` or `standard`.
    pub profile: String,
    /// Seeds of weights and dropout, ascending.
    pub seeds: Vec<u64>,
    /// The program and the machine.
    #[serde(flatten)]
    pub run: RunRecord,
    /// Sizes and checksums of the data.
    pub data: DataSummary,
    /// Architectures, such as `paper-cnn`.
    pub architectures: Vec<String>,
    /// How the models were trained, in order.
    pub trainings: Vec<Training>,
    /// The attacks, in order.
    pub attacks: Vec<AttackSetting>,
    /// One entry a model: architectures, then trainings, then seeds, then `max` before `avg`.
    pub models: Vec<ModelResult>,
    /// What the stages of the models with normal training contribute, in the order of `models`.
    pub layers: Vec<LayerResult>,
    /// Accuracy of average against max pooling: architectures, then trainings, then `clean` and the attacks.
    pub comparisons: Vec<Comparison>,
    /// Stages of average against those of max pooling, of the models with normal training.
    pub layer_comparisons: Vec<LayerComparison>,
    /// Does a stage that loses more information contribute more vulnerability? One entry an architecture and kind of pooling, then one of all
    /// (`architecture` and `pool` are `all`).
    pub correlations: Vec<RankCorrelation>,
    /// Clean accuracies that are at most this far apart count as matched.
    pub matched_within: f64,
    /// Claims 4 and 5 of Zheng et al. 2020 as this project formulates them; several entries may be of one claim.
    pub claims: Vec<Claim>,
    /// Wall-clock seconds by phase (`train`, `attack`, `layers`, `total`), interrupted runs included; the only field that differs between
    /// equal runs.
    pub seconds: BTreeMap<String, f64>,
}

/// A way to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// `normal`, `advtrain`, `doubleback` or `pgd`.
    pub name: String,
    /// Optimizer steps.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Weight of the gradient penalty per example, for those that have one.
    pub lambda: Option<f64>,
    /// Perturbation size of adversarial training (L∞), for those that have one.
    pub adversarial_eps: Option<f64>,
    /// Gradient steps of PGD in training.
    pub pgd_steps: Option<usize>,
}

/// An attack of the study. Perturbations are bounded in L∞.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackSetting {
    /// `fgsm`; `pgd` and `pgd-margin` on the model itself; `transfer`: the examples of `pgd` on the model of the other pooling with the same
    /// architecture, training and seed; `worst-case`: right only if right under `fgsm`, `pgd` and `pgd-margin` at this eps and all smaller
    /// ones, and unperturbed.
    pub name: String,
    /// Perturbation sizes in units of the data, ascending.
    pub eps: Vec<f64>,
    /// Gradient steps.
    pub steps: Option<usize>,
    /// Length of a step.
    pub step_size: Option<f64>,
    /// `ce` or `margin`.
    pub loss: Option<String>,
}

/// One trained model and what it withstands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelResult {
    /// Architecture.
    pub architecture: String,
    /// `max` or `avg`.
    pub pool: String,
    /// Name of the training.
    pub training: String,
    /// Seed of weights and dropout.
    pub seed: u64,
    /// SHA-256 of the model's file, `models/ARCHITECTURE-POOL-TRAINING-seedN.safetensors`.
    pub sha256: String,
    /// On unperturbed test images.
    pub clean: Accuracy,
    /// Under each attack and eps, in the order of [`PoolingResults::attacks`].
    pub attacked: Vec<AttackedAccuracy>,
    /// Training-free sign of gradient masking: images whose cross-entropy gradient was exactly zero all along `pgd`, among those attacked.
    pub zero_gradient_images: usize,
}

/// Right answers among images, with the 95 % Wilson interval of their share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Right answers.
    pub right: usize,
    /// Images.
    pub count: usize,
    /// Their ratio.
    pub accuracy: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Accuracy under one attack at one eps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackedAccuracy {
    /// Name of the attack.
    pub attack: String,
    /// Perturbation size.
    pub eps: f64,
    /// Right answers.
    #[serde(flatten)]
    pub accuracy: Accuracy,
}

/// The stages of one model with normal training, seen by probes and decoders: no generative model is involved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerResult {
    /// Architecture.
    pub architecture: String,
    /// `max` or `avg`.
    pub pool: String,
    /// Seed of the model.
    pub seed: u64,
    /// Size of the PGD perturbation that the attacked errors are measured under.
    pub eps: f64,
    /// Share of the model's right answers that this attack turned wrong.
    pub success: f64,
    /// Test images looked at.
    pub count: usize,
    /// From `input` to `logits`, in order.
    pub probes: Vec<ProbeLayer>,
    /// What each of these stages has lost of the image.
    pub information: Vec<InformationLayer>,
    /// Spearman's rank correlation of `IL_k` and `v'_k` over the stages after the input; nothing if one side is constant.
    pub spearman: Option<f64>,
}

/// A mean over seeds of differences paired by seed, with its 95 % Student t interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The seeds of the pairs.
    pub seeds: Vec<u64>,
    /// Average less max pooling, by pair.
    pub values: Vec<f64>,
    /// Mean of the differences; nothing if there is no pair.
    pub mean: Option<f64>,
    /// Lower end; nothing if there are fewer than two pairs.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Accuracy of average against max pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Architecture.
    pub architecture: String,
    /// Name of the training.
    pub training: String,
    /// `clean` or the name of an attack.
    pub attack: String,
    /// Perturbation size; 0 for `clean`.
    pub eps: f64,
    /// Mean accuracy of max pooling over the seeds.
    pub max: f64,
    /// Mean accuracy of average pooling.
    pub avg: f64,
    /// Of all pairs.
    pub difference: Difference,
    /// Mean difference of clean accuracy of all pairs, to read `difference` with.
    pub clean_difference: f64,
    /// Of the pairs whose clean accuracies are matched (see [`PoolingResults::matched_within`]).
    pub matched: Difference,
}

/// Where neither kind of pooling keeps this share of the images there is nothing to compare.
const LEFT: f64 = 0.01;

impl Comparison {
    /// Whether either kind of pooling keeps at least one per cent of the images: where neither does there is nothing to compare.
    pub fn keeps_images(&self) -> bool {
        self.max >= LEFT || self.avg >= LEFT
    }
}

/// One stage of average against max pooling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerComparison {
    /// Architecture.
    pub architecture: String,
    /// Name of the stage.
    pub layer: String,
    /// Whether it is a pooling stage.
    pub pooling: bool,
    /// `vulnerability` (`v'_k`), `error-rise` (`r'_k`), `information-loss` (`IL_k`, nats a pixel) or `entropy-loss` (`H(Y | l_k) - H(Y | l_{k-1})`, nats).
    pub measure: String,
    /// Mean of max pooling.
    pub max: f64,
    /// Mean of average pooling.
    pub avg: f64,
    /// Of all pairs.
    pub difference: Difference,
}

/// Spearman's rank correlation of `IL_k` and `v'_k` over stages, by model, and its mean with a 95 % bootstrap interval over models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankCorrelation {
    /// Architecture, or `all`.
    pub architecture: String,
    /// `max`, `avg` or `all`.
    pub pool: String,
    /// Stages compared in each model; 0 for `all`.
    pub stages: usize,
    /// One value a model; those of constant series are left out.
    pub values: Vec<f64>,
    /// Their mean.
    pub mean: Option<f64>,
    /// Lower end; nothing if there are fewer than three values.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}
