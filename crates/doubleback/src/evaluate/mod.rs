//! What models do: accuracy of all on the examples of all, distributions of gradients and probabilities, masking, the paper's claims.
//!
//! Results are plain, serializable values that hold no tensor.
mod claims;
mod distribution;
mod overlap;
mod pictures;
mod published;
mod results;
mod statistics;
mod targeted;
mod transfer;

pub use crate::statistics::wilson;
pub use crate::train::CurvePoint;
pub(crate) use claims::{Evidence, verdict};
pub use claims::{Measurements, claims};
pub use distribution::FLOOR;
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
pub use transfer::{CleanHits, Counts, Named, TestSet, clean_accuracy, margin_check, transfer, transfer_minimal};
