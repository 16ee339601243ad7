//! One function applied to every value: the layer, the functions that there are, and their derivatives.
//!
//! Each function is given with its first and second derivative in closed form, none of which overflows or cancels where its own value does
//! not; the tape gets them as they are. Where a function has a kink, the derivative there is the one that PyTorch takes.
mod elementary;
mod evaluate;
mod function;
mod layer;
mod order;
mod pieces;

pub use function::Function;
pub use layer::Elementwise;
