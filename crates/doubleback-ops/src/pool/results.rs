//! What its ops return, or take, besides plain tensors.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType};

/// Largest value of each window and where it was.
#[derive(ExtensionType)]
pub(crate) struct MaxPooled<B: Backend> {
    /// `[batch, height, width, channels]` of the output.
    pub values: FloatTensor<B>,
    /// Position `row * width + column` in the input plane, same shape.
    pub indices: IntTensor<B>,
}
