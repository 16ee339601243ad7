//! What models do: accuracy of all on the examples of all, distributions of gradients and probabilities, masking, the paper's claims.
//!
//! Results are plain, serializable values that hold no tensor.
mod claims;
mod clean;
mod distribution;
mod fit;
pub mod masking;
mod overlap;
mod pictures;
mod published;
mod results;
mod statistics;
mod targeted;
mod test_set;
mod transfer;
mod white_box;

pub use crate::statistics::wilson;
pub use crate::train::CurvePoint;
pub use claims::claims;
pub(crate) use claims::{Evidence, verdict};
pub use clean::clean_accuracy;
pub use distribution::FLOOR;
pub use fit::{check_fits, load_fitting};
pub use masking::Flag;
pub use overlap::overlap;
pub use pictures::{LambdaGradient, Perturbed, Picture, Pictures, Prediction, Saliency, draw, score_gradient};
pub use published::{PublishedGradients, score};
pub use results::{
    Claim, CleanAccuracy, DataSummary, Distribution, GradientDistribution, Histogram, LambdaPoint, LogProbabilities,
    MarginCheck, Masking, Overlap, Results, Seconds, SeedRun, Smoothness, TrainingSummary, TransferCell, Verdict,
};
pub use statistics::{Statistics, smoothness, statistics};
pub use targeted::{
    Frame, GridCell, TargetShare, TargetedAttack, TargetedGrid, TargetedSummary, targeted, targeted_grid,
};
pub use test_set::{Named, TestSet};
pub use transfer::{Counts, Transfer, TransferResults, margin_check};
pub use white_box::{WhiteBox, WhiteBoxAccuracy, WhiteBoxEvaluation};
