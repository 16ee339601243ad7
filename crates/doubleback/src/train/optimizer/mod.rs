//! What moves the parameters against their gradients: one optimizer a file, each a value with its state, and one place that chooses.
mod adam;
mod adamw;
mod gradients;
mod kind;
mod optimizer_options;
mod sgd;
mod stepper;

pub use adam::Adam;
pub use adamw::AdamWOptions;
pub(super) use gradients::{Collected, Rate, clip, collect};
pub use kind::OptimizerKind;
pub use optimizer_options::{Optimizer, OptimizerSettings};
pub use sgd::SgdOptions;
pub(super) use stepper::Stepper;
