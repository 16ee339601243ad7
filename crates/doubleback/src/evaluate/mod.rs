//! What was measured: plain, serializable values that hold no tensor.
mod pictures;
mod results;

pub use pictures::{Perturbed, Picture, Pictures, Prediction, Saliency};
pub use results::{
    Claim, CleanAccuracy, CurvePoint, DataSummary, Distribution, GradientDistribution, Histogram, LogProbabilities,
    MarginCheck, Masking, Results, Seconds, TrainingSummary, TransferCell, Verdict,
};
