//! Functions of two values, place by place: of two activations, or of one and a trained constant.
mod function;
mod layer;
mod pairs;
mod power;
mod side;

pub use function::BinaryFunction;
pub use layer::{Binary, Operand};
pub use side::Side;
