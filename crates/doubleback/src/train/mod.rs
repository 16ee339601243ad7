//! Training: one defense a file, Adam in TensorFlow's form, curves, and checkpoints that resume to the same bits.
//!
//! A [`Recipe`] is a [`Defense`] with its settings, an architecture and [`TrainOptions`]; running it trains a model from nothing, and
//! [`Recipe::train_to`] one that can be trained further. An objective of your own goes to [`train`] directly.
mod card;
mod checkpoint;
mod class_weights;
mod curve;
mod defense;
mod identity;
mod model_files;
mod objective;
mod optimizer;
mod options;
mod penalty;
mod recipe;
mod train_to;
mod trainer;

pub use card::differences as card_differences;
pub use class_weights::ClassWeights;
pub use curve::CurvePoint;
pub use defense::{
    AdversarialTraining, Both, Defense, DefenseKind, Distillation, Normal, PgdTraining, TEACHER, TeacherAtTemperature,
    Trades,
};
pub use model_files::ModelFiles;
pub use objective::{Objective, ObjectiveValue};
pub use optimizer::Adam;
pub use options::TrainOptions;
pub use penalty::{
    GradientPenalty, Labels, Norm, Output, Penalized, PenalizedLoss, PenaltyOptions, Teacher, paper_lambda,
    per_example_lambda,
};
pub use recipe::{Cooked, Recipe};
pub use train_to::Written;
pub use trainer::{Trained, train};
