//! Max against average pooling: the same networks with either, trained in several ways, attacked, and looked at stage by stage.
//!
//! After claims 4 and 5 of Zheng, Zhang, Lee, Prakash (2020, arXiv 2007.08716): stages that lose more information tend to be more vulnerable,
//! and average pooling, which loses less, is more robust than max pooling. Only the abstract of that paper is public to us: networks, attacks
//! and formulas are this project's own, and so are all numbers.
mod results;

pub use results::{
    Accuracy, AttackSetting, AttackedAccuracy, Comparison, Difference, LayerComparison, LayerResult, ModelResult,
    PoolingResults, RankCorrelation, Training,
};
