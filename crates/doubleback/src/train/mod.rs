//! Training: one defense a file, one optimizer a file, curves, and checkpoints that resume to the same bits.
//!
//! A [`Recipe`] is a [`Defense`] with its settings, an architecture and [`TrainOptions`]; running it trains a model from nothing, and
//! [`Recipe::train_to`] one that can be trained further. An objective of your own goes to [`train`] directly.
mod augment;
mod average;
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
mod schedule;
mod starting_point;
mod step;
mod train_to;
mod trained_layers;
mod trainer;
mod training_batches;

pub use augment::{Augmentation, Meeting};
pub use card::differences as card_differences;
pub use class_weights::ClassWeights;
pub use curve::CurvePoint;
pub use defense::{
    AdversarialTraining, Both, Defense, DefenseKind, Distillation, Normal, PgdTraining, TEACHER, TeacherAtTemperature,
    Trades,
};
pub use model_files::ModelFiles;
pub use objective::{Objective, ObjectiveValue};
pub use optimizer::{Adam, AdamWOptions, Optimizer, OptimizerKind, OptimizerSettings, SgdOptions};
pub use options::TrainOptions;
pub use penalty::{
    GradientPenalty, Labels, Norm, Output, Penalized, PenalizedLoss, PenaltyOptions, Teacher, paper_lambda,
    per_example_lambda,
};
pub use recipe::{Cooked, Recipe};
pub use schedule::Schedule;
pub use starting_point::StartingPoint;
pub use train_to::Written;
pub use trained_layers::{LayerRate, TrainedLayers};
pub use trainer::{Trained, train};
