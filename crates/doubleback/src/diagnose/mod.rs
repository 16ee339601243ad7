//! Which layer breaks: explanations of a model's latents by InterpretGAN, and how much of its vulnerability each layer contributes.
//!
//! After Zheng, Zhang, Lee, Prakash, "Understanding and Diagnosing Vulnerability under Adversarial Attacks" (2020, arXiv 2007.08716). Only the
//! abstract of that paper is public to us: the formulas are this project's own, and so are all numbers.
mod results;

pub use results::{
    Agreement, AttackSummary, Correlation, DiagnosisResults, EpsPoint, Estimate, ExplainedImage, Explanation,
    FlipCount, GeneratorTraining, InformationLayer, LabelledFrame, LayerVulnerability, LossPoint, ModelDiagnosis,
    OracleSummary, ProbeLayer,
};
