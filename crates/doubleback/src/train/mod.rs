//! Training: one defense a file, Adam in TensorFlow's form, curves, and checkpoints that resume to the same bits.
//!
//! A [`Recipe`] is a [`Defense`] with its settings, an architecture and [`TrainOptions`]; running it trains a model from nothing. An
//! objective of your own goes to [`train`] directly.
mod checkpoint;
mod curve;
mod defense;
mod objective;
mod optimizer;
mod penalty;
mod recipe;
mod trainer;

pub use curve::CurvePoint;
pub use defense::{
    AdversarialTraining, Both, Defense, DefenseKind, Distillation, Normal, PgdTraining, TeacherAtTemperature,
};
pub use objective::{Objective, ObjectiveValue};
pub use optimizer::Adam;
pub use penalty::{
    GradientPenalty, Labels, Norm, Output, Penalized, PenalizedLoss, PenaltyOptions, Teacher, paper_lambda,
    per_example_lambda,
};
pub use recipe::{Cooked, Recipe, TEACHER};
pub use trainer::{TrainOptions, Trained, train};
