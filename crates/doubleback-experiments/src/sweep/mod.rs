//! A grid of trainings and its selection rule.
//!
//! A [`Plan`] says data sets × defenses × penalty weights × seeds. Each combination is a [`Cell`] with a folder of its own and is trained by a
//! process of its own ([`run_cell`]), which can be killed at any instant and goes on where it was. [`local`] runs cells as children of this
//! process, [`slurm`] as an array of jobs; both only look at the files that cells write. [`Sweep::gather`] measures all models on the normal
//! model's examples and applies the paper's rule ([`select`]).
mod axis;
mod cell;
mod files;
mod gather;
mod launch;
pub mod local;
mod lock;
mod memory;
mod plan;
mod results;
mod run_cell;
mod selection;
mod settings_file;
pub mod slurm;
mod sweep_folder;

pub use axis::{Axis, Lambdas};
pub use cell::{Cell, Settings};
pub use files::CellFolder;
pub use launch::{CellCommand, Failed, Observer, Running, Tally};
pub use plan::{DefenseGrid, Measure, Plan};
pub use results::{Accuracy, Choice, Point, SweepResults, Weighted};
pub use run_cell::{BlackBox, Outcome, Record, run_cell};
pub use selection::select;
pub use sweep_folder::Sweep;
