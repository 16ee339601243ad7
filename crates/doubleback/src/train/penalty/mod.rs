//! Penalties on input gradients: a small value that says which loss, which norm, which weight.
mod gradient_penalty;
mod labels;
mod norm;
mod options;
mod teacher;

pub use gradient_penalty::{GradientPenalty, PenalizedLoss};
pub use labels::{Labels, Output, Penalized};
pub use norm::Norm;
pub use options::{PenaltyOptions, paper_lambda, per_example_lambda};
pub use teacher::Teacher;
