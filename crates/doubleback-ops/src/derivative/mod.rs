//! Functions whose derivative is known in closed form: value and derivative go on the tape as they are.

mod autodiff;
pub(crate) mod backend;
mod functions;

pub use functions::with_derivative;
