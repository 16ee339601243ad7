//! Makes the images of a study from models.
//!
//! [`make`] attacks the first test images of each class towards every other class, for each model of a [`Request`]; rounds what comes of it to the 8 bits of a PNG,
//! asks the model again, and keeps what it takes for the target. [`demo`] does the same with small models that it trains first. [`cells`] says how many
//! images there are of each class and model.
mod attempts;
mod cells;
mod confusion;
mod craft;
mod demo;
mod levels;
mod make;
mod names;
mod practice;
mod record;
mod request;
mod sheet;

pub use cells::{Cell, cells};
pub use demo::{DEMO_IS_LESS, Demo, demo};
pub use make::make;
pub use record::{CellRecord, ImageRecord, Record};
pub use request::{DEFAULT_PER_CLASS, DEFAULT_TITLE, Request, Subject, default_attack, role_of};
