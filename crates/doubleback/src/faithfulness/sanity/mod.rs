//! Does the map depend on what the network has learned?
mod randomization;

pub use randomization::{OfLayer, Randomization, Reach};
