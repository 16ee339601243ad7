//! Max against average pooling: the same networks with either, trained in several ways, attacked, and looked at stage by stage.
//!
//! After claims 4 and 5 of Zheng, Zhang, Lee, Prakash (2020, arXiv 2007.08716): stages that lose more information tend to be more vulnerable,
//! and average pooling, which loses less, is more robust than max pooling. Only the abstract of that paper is public to us: networks, attacks
//! and formulas are this project's own, and so are all numbers.
mod claims;
mod compare;
mod layers;
mod masking;
mod plan;
mod profile;
mod results;
mod run;
mod statistics;
mod study;
mod train;
mod withstand;

pub use masking::MaskingSign;
pub use plan::{LayerPlan, Plan};
pub use profile::Profile;
pub use results::{
    Accuracy, AttackSetting, AttackedAccuracy, Comparison, Difference, LayerComparison, LayerResult, ModelResult,
    PoolingResults, RankCorrelation, Training,
};
pub use run::{Options, pooling};

/// Unperturbed images, among the names of attacks.
pub const CLEAN: &str = "clean";
/// The examples of PGD on the model with the other kind of pooling.
pub const TRANSFER: &str = "transfer";
/// All attacks on the model itself together.
pub const WORST_CASE: &str = "worst-case";
