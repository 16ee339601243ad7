//! What models do: accuracy of all on the examples of all, distributions of gradients and probabilities, masking.
//!
//! Results are plain, serializable values that hold no tensor.
mod distribution;
mod measurements;
mod statistics;
mod transfer;

pub use crate::statistics::wilson;
pub use crate::train::CurvePoint;
pub use distribution::FLOOR;
pub use measurements::{
    CleanAccuracy, Distribution, GradientDistribution, Histogram, LogProbabilities, MarginCheck, Masking, Smoothness,
    TransferCell,
};
pub use statistics::{Statistics, smoothness, statistics};
pub use transfer::{CleanHits, Counts, Named, TestSet, clean_accuracy, margin_check, transfer, transfer_minimal};
