//! Does the map say by how much the model's answer changes?
mod completeness;
mod infidelity;
mod squares;

pub use completeness::Completeness;
pub use infidelity::{Infidelity, Perturbation};
