//! A step of an attack in the L∞ ball, in place where its memory is not shared.

mod autodiff;
pub(crate) mod backend;
mod default;
mod flex;
mod functions;

pub use functions::linf_step;
