//! Training: one objective a defense, Adam in TensorFlow's form, curves, and checkpoints that resume to the same bits.
mod checkpoint;
mod curve;
mod defense;
mod objectives;
mod optimizer;
mod penalty;
mod recipe;
mod trainer;

pub use crate::batch::{Batch, tensor_of};
pub use crate::progress::{Progress, Watch};
pub use curve::CurvePoint;
pub use defense::{Defense, paper_lambda, per_example_lambda};
pub use objectives::{
    AdversarialTraining, Both, Distillation, Normal, Objective, ObjectiveValue, PgdTraining, TeacherAtTemperature,
};
pub use optimizer::Adam;
pub use penalty::{GradientPenalty, Labels, Norm, Output, Penalized, PenalizedLoss, Teacher};
pub use recipe::{Cooked, Recipe};
pub use trainer::{TrainOptions, Trained, train};
