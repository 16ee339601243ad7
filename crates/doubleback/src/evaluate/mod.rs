//! What models do: accuracy of all on the examples of all, distributions of gradients and probabilities, masking.
//!
//! Results are plain, serializable values that hold no tensor.
mod answers;
mod beyond;
mod class_names;
mod clean;
mod compatible;
mod confusion;
mod distribution;
mod file_model;
pub mod masking;
mod measurements;
mod model_names;
mod statistics;
mod test_set;
mod transfer;
mod white_box;

pub use clean::{clean_accuracy, clean_confusion};
pub use compatible::{Fitted, fit};
pub use confusion::{ClassAccuracy, Confusion};
pub use distribution::FLOOR;
pub use file_model::FileModel;
pub use masking::Flag;
pub use measurements::{
    CleanAccuracy, Distribution, GradientDistribution, Histogram, LogProbabilities, MarginCheck, Masking, Smoothness,
    TransferCell,
};
pub use model_names::{ModelPath, model_names};
pub use statistics::{Statistics, smoothness, statistics};
pub use test_set::{Named, TestSet};
pub use transfer::{Counts, Transfer, TransferEntry, TransferResults, TransferSummary, margin_check};
pub use white_box::{WhiteBox, WhiteBoxAccuracy, WhiteBoxEvaluation};
