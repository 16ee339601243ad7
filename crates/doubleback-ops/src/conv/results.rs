//! What its ops return, or take, besides plain tensors.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType};

/// Result of a convolution and its statistics.
#[derive(ExtensionType)]
pub(crate) struct Convolved<B: Backend> {
    /// `[batch, height, width, channels]`.
    pub values: FloatTensor<B>,
    /// `[2, channels]`.
    pub statistics: FloatTensor<B>,
}
