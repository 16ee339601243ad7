//! Matrix products, whose derivatives are matrix products.

mod autodiff;
pub(crate) mod backend;
mod default;
mod flex;
mod functions;

pub use functions::{matmul, matmul_transposed};
