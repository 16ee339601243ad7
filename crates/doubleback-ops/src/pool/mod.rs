//! Pooling: the maximum, with its positions, and the mean. Both are linear maps once the positions are known, and each map comes with its
//! transpose, which is its derivative.

mod autodiff;
pub(crate) mod backend;
pub(crate) mod default;
mod flex;
mod functions;
mod results;

pub use functions::{MaxPoolIndices, avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_select, pool_unselect};
