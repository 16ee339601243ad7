//! Which layer breaks: explanations of a model's latents by InterpretGAN, and how much of its vulnerability each layer contributes.
//!
//! After Zheng, Zhang, Lee, Prakash, "Understanding and Diagnosing Vulnerability under Adversarial Attacks" (2020, arXiv 2007.08716). Only the
//! abstract of that paper is public to us: the formulas are this project's own, and so are all numbers.
mod decoder;
mod embedding;
mod gan;
mod results;
mod standard;

pub use decoder::{Decoder, LatentDecoder};
pub use embedding::Embedding;
pub use gan::{
    Discriminator, GanFiles, GanOptions, GanProgress, Generator, InterpretGan, Judgement, Subject, adversarial_loss,
    anchor_loss, class_loss, discriminator_loss, latent_loss, noise, noise_loss, train_gan,
};
pub(crate) use gan::{Players, Seen};
pub use results::{
    Agreement, AttackSummary, Correlation, DiagnosisResults, EpsPoint, Estimate, ExplainedImage, Explanation,
    FlipCount, GeneratorTraining, InformationLayer, LabelledFrame, LayerVulnerability, LossPoint, ModelDiagnosis,
    OracleSummary, ProbeLayer,
};
pub use standard::Standard;
