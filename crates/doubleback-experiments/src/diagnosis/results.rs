//! `results.json` of a diagnosis: everything that was measured, timings in one field of their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::run_record::RunRecord;
use doubleback::data::Frame;
use doubleback::diagnose::{Agreement, Check, EpsPoint, Estimate, InformationLayer, LossPoint, ProbeLayer, checks};
use doubleback_import::Source;

/// Everything a run of `diagnose` measured. Two runs with the same seed, options, machine and threads agree in every field but
/// [`seconds`](Self::seconds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiagnosisResults {
    /// Data set name, such as `mnist`.
    pub dataset: String,
    /// `quick` or `standard`.
    pub profile: String,
    /// Seed of generators, probes, decoders, noise and intervals.
    pub seed: u64,
    /// The program and the machine.
    #[serde(flatten)]
    pub run: RunRecord,
    /// Every setting that the numbers depend on, in words, by name.
    pub settings: BTreeMap<String, String>,
    /// SHA-256 of the data files, by name.
    pub data: BTreeMap<String, String>,
    /// SHA-256 of all images with their labels; results of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Test images looked at.
    pub count: usize,
    /// Places of these in the test part; none where they are its first ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Vec<usize>>,
    /// The seed by which they were drawn, if they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_seed: Option<u64>,
    /// Channels, height and width of an image.
    pub shape: [usize; 3],
    /// Least and greatest pixel value.
    pub bounds: [f32; 2],
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The judge of the explanations.
    pub oracle: OracleSummary,
    /// One entry a model, in the order given; all were attacked with the same attack and eps.
    pub models: Vec<ModelDiagnosis>,
    /// Wall-clock seconds by phase; the only field that differs between equal runs.
    pub seconds: BTreeMap<String, f64>,
}

/// A classifier that was not derived from the diagnosed models and names the class of every explanation: one network, or the mean of the
/// probabilities of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OracleSummary {
    /// The networks' architecture, and where they come from.
    pub description: String,
    /// Its own error on the clean test images, in [0, 1].
    pub error: Estimate,
    /// SHA-256 of the networks' files.
    pub sha256: Vec<String>,
}

/// One model under one attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelDiagnosis {
    /// Name, such as `normal`.
    pub model: String,
    /// How it was trained, from its file.
    pub card: BTreeMap<String, String>,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Where it was imported from, and what was made of it; left out if it was made by this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<Source>,
    /// Error of the model on the clean test images.
    pub clean_error: Estimate,
    /// What the attack did.
    pub attack: AttackSummary,
    /// The eps sweep; empty if an eps was given and its success is within [`SUCCESS`](doubleback::diagnose::SUCCESS).
    pub sweep: Vec<EpsPoint>,
    /// The stages from `input` to `logits`, in order.
    pub layers: Vec<LayerVulnerability>,
    /// The probes' view of the same stages.
    pub probes: Vec<ProbeLayer>,
    /// What each stage has lost of the image.
    pub information: Vec<InformationLayer>,
    /// Sum of the `v_k` of the stages after the first, which is `r_L - r_0`.
    pub sum_of_v: Estimate,
    /// `r_L` less the attack's true increase of the model's error: the consistency check, within
    /// [`CONSISTENCY`](doubleback::diagnose::CONSISTENCY) of zero if the explanations can be trusted.
    pub consistency: Estimate,
    /// Images by the stage from which on, to the last, their explanation shows another class, in order of stages; those that agree at the last
    /// stage stand under `none`.
    pub flips: Vec<FlipCount>,
    /// Rank correlations over the stages after the input.
    pub correlations: Vec<Correlation>,
    /// Explained test images, for pictures.
    pub images: Vec<ExplainedImage>,
    /// How the generators were trained.
    pub generators: GeneratorTraining,
}

impl ModelDiagnosis {
    /// Whether the explanations can be trusted, bar by bar.
    pub fn checks(&self) -> [Check; 5] {
        let stages: Vec<_> = self
            .layers
            .iter()
            .map(|layer| (layer.layer.as_str(), &layer.agreement))
            .collect();
        checks(&stages, self.consistency, self.attack.success)
    }
}

/// What an attack did to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttackSummary {
    /// Name, such as `pgd`.
    pub name: String,
    /// Settings in words: steps, step size, norm, loss.
    pub settings: String,
    /// Size of the perturbation in units of the data; for a minimal attack its own size.
    pub eps: f64,
    /// Whether eps came from the sweep.
    pub chosen: bool,
    /// Share of images that are classified wrongly under attack (clean errors included).
    pub error: Estimate,
    /// Share of the correctly classified images that the attack turned wrong.
    pub success: Estimate,
    /// Increase of the model's error, the damage that the layers' shares add up to.
    pub damage: Estimate,
    /// Images whose gradient was exactly zero.
    pub zero_gradient_images: usize,
}

/// A stage as InterpretGAN and the oracle see it. Errors are shares of (image, z) pairs whose explanation the oracle gives another class
/// than the true one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerVulnerability {
    /// Name of the stage.
    pub layer: String,
    /// Height, width and channels of its latent.
    pub size: [usize; 3],
    /// `e_k` of clean images.
    pub clean_error: Estimate,
    /// `e_k` of attacked images.
    pub attacked_error: Estimate,
    /// `r_k`, their difference.
    pub r: Estimate,
    /// `v_k = r_k - r_{k-1}`; of the first stage, `r_0` itself.
    pub v: Estimate,
    /// `r_k` with the oracle's missing probability of the true class in place of the 0/1 error.
    pub smooth_r: Estimate,
    /// Its differences.
    pub smooth_v: Estimate,
    /// What the oracle's label agrees with.
    pub agreement: Agreement,
}

/// Images whose explanation shows another class from a stage on, to the last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlipCount {
    /// Name of the stage, or `none`.
    pub layer: String,
    /// Among all images that the attack turned wrong.
    pub fooled: usize,
    /// Among the others.
    pub others: usize,
}

/// A rank correlation over stages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// What is compared, such as `v of InterpretGAN and v of the probes`.
    pub name: String,
    /// Stages compared.
    pub count: usize,
    /// Spearman's rho; nothing if one side is constant.
    pub spearman: Option<Estimate>,
    /// Kendall's tau-b.
    pub kendall: Option<Estimate>,
}

/// One test image with its explanations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedImage {
    /// Place among the test images.
    pub index: usize,
    /// True class.
    pub label: usize,
    /// The model's class of the image.
    pub clean_prediction: usize,
    /// The model's class of the attacked image.
    pub attacked_prediction: usize,
    /// The stage at which the explanation changes its class, if it does.
    pub flip: Option<String>,
    /// The image.
    pub clean: Frame,
    /// The attacked image.
    pub attacked: Frame,
    /// One entry a stage, in order.
    pub explanations: Vec<Explanation>,
}

/// What a stage holds of one image, as pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Name of the stage.
    pub layer: String,
    /// From the clean image, with one z.
    pub clean: LabelledFrame,
    /// From the attacked image, with the same z.
    pub attacked: LabelledFrame,
    /// Mean over several z, from the clean image.
    pub clean_mean: LabelledFrame,
    /// Mean over several z, from the attacked image.
    pub attacked_mean: LabelledFrame,
}

/// A picture and what the oracle takes it for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelledFrame {
    /// The picture.
    pub frame: Frame,
    /// The oracle's class.
    pub label: usize,
    /// Its probability.
    pub probability: f64,
}

/// How the generators of a model were trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GeneratorTraining {
    /// Optimizer steps of every generator.
    pub steps: usize,
    /// Images a step.
    pub batch: usize,
    /// Losses from time to time.
    pub losses: Vec<LossPoint>,
    /// Folder beside `results.json` with what the generators made of test images as training went, a picture for each of `losses`.
    #[serde(default)]
    pub pictures: Option<String>,
}
