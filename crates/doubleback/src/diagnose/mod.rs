//! Which layer breaks: explanations of a model's latents by InterpretGAN, and how much of its vulnerability each layer contributes.
//!
//! After Zheng, Zhang, Lee, Prakash, "Understanding and Diagnosing Vulnerability under Adversarial Attacks" (2020, arXiv 2007.08716). Only the
//! abstract of that paper is public to us: the formulas are this project's own, and so are all numbers.
mod assemble;
mod attacked;
mod check;
mod checks;
mod decoder;
mod embedding;
mod eps;
mod estimate;
mod gan;
mod generators;
mod images;
mod information;
mod model_file;
mod options;
mod oracle;
mod pictures;
mod probe_input;
mod probes;
mod profile;
mod results;
mod run;
mod standard;
mod vulnerability;

pub use checks::{AGREEMENT, Bar, CONSISTENCY, Check, CheckName, Measured, SUCCESS, checks, oracle_is_weak};
pub use decoder::{Decoder, LatentDecoder};
pub use embedding::Embedding;
pub use eps::{EpsSweep, eps_sweep};
pub use gan::{
    ClassTarget, Discriminator, GanFiles, GanOptions, Generator, InterpretGan, Judgement, LatentKind, Subject,
    adversarial_loss, anchor_loss, class_loss, discriminator_loss, latent_loss, noise, noise_loss, train_gan,
};
pub(crate) use gan::{Latents, Players, Seen};
pub use information::{Decoders, InformationOptions, information, quantisation_variance};
pub use model_file::ModelFile;
pub use options::Options;
pub use oracle::{check_oracle, oracle_recipes};
pub use probes::{ProbeOptions, ProbeReading, Probes, probe_layers};
pub use profile::{Budget, Profile};
pub use results::{
    Agreement, AttackSummary, Correlation, DiagnosisResults, EpsPoint, Estimate, ExplainedImage, Explanation,
    FlipCount, GeneratorTraining, InformationLayer, LabelledFrame, LayerVulnerability, LossPoint, ModelDiagnosis,
    OracleSummary, ProbeLayer,
};
pub use run::diagnose;
pub use standard::Standard;
pub use vulnerability::{Explainer, Judge, OracleReading, Shares, flip_stages, shares};
