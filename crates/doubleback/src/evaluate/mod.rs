//! What models do: accuracy of all on the examples of all, distributions of gradients and probabilities, masking.
//!
//! Results are plain, serializable values that hold no tensor.
mod answers;
mod attacked_images;
mod beyond;
mod class_names;
mod clean;
mod compatible;
mod confusion;
mod distance;
mod distribution;
mod eight_bit;
mod example_pictures;
mod explanations;
mod file_model;
mod identity;
mod image_attacks;
mod image_source;
pub mod masking;
mod measurements;
mod model_names;
pub(crate) mod parts;
mod predictions;
mod sample;
mod statistics;
mod test_set;
mod transfer;
mod unfinished;
mod white_box;
mod white_box_evaluation;

pub use attacked_images::AttackedImages;
pub use clean::{clean_accuracy, clean_confusion};
pub use compatible::{Fitted, fit};
pub use confusion::{ClassAccuracy, Confusion};
pub use distance::Distance;
pub use distribution::FLOOR;
pub use eight_bit::EightBit;
pub use example_pictures::save_pictures;
pub use explanations::{Explain, ExplainedClass, ExplanationSummary, Explanations, GapSummary, background};
pub use file_model::FileModel;
pub use identity::{answers, identity};
pub use image_attacks::ImageAttacks;
pub use image_source::ImageSource;
pub use masking::Flag;
pub use measurements::{
    CleanAccuracy, Distribution, GradientDistribution, Histogram, LogProbabilities, MarginCheck, Masking, Smoothness,
    TransferCell,
};
pub use model_names::{ModelPath, model_names};
pub use predictions::{Asked, Predictions};
pub use sample::Sample;
pub use statistics::{Statistics, smoothness, statistics};
pub use test_set::{Chosen, Named, TestSet, batch_size};
pub use transfer::{Counts, Transfer, TransferEntry, TransferResults, TransferSummary, margin_check};
pub use unfinished::{Identity, Unfinished};
pub use white_box::{WhiteBox, WhiteBoxAccuracy};
pub use white_box_evaluation::WhiteBoxEvaluation;
