//! Which layer breaks: the whole diagnosis of one or several models, from their files to [`DiagnosisResults`].
//!
//! After Zheng, Zhang, Lee, Prakash, "Understanding and Diagnosing Vulnerability under Adversarial Attacks" (2020, arXiv 2007.08716). Only the
//! abstract of that paper is public to us: the formulas are this project's own, and so are all numbers. What is measured of a stage is in
//! [`doubleback::diagnose`].
mod assemble;
mod attacked;
mod generators;
mod inputs;
mod model_file;
mod options;
mod oracle;
mod pictures;
mod profile;
mod results;
mod run;

pub use model_file::ModelFile;
pub use options::Options;
pub use oracle::{check_oracle, oracle_recipes};
pub use profile::{Budget, Profile};
pub use results::{
    AttackSummary, Correlation, DiagnosisResults, ExplainedImage, Explanation, FlipCount, GeneratorTraining,
    LabelledFrame, LayerVulnerability, ModelDiagnosis, OracleSummary,
};
pub use run::diagnose;
