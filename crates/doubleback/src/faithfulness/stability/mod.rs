//! Does the map stay where the image hardly changes?
mod max_sensitivity;
mod under_attack;

pub use max_sensitivity::MaxSensitivity;
pub use under_attack::Stability;
