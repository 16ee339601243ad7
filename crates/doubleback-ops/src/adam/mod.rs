//! The update of a parameter by Adam, in place where its memory is not shared.

mod autodiff;
pub(crate) mod backend;
mod default;
mod flex;
mod functions;
mod results;

pub use functions::{AdamState, adam_update};
