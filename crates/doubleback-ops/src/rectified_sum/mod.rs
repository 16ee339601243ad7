//! A sum of two activations and the ReLU behind it, as residual blocks end: one pass over memory at each order.

mod autodiff;
pub(crate) mod backend;
mod default;
mod flex;
mod functions;
mod results;

pub use functions::RectifiedSum;
