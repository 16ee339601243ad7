//! What its ops return, or take, besides plain tensors.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType};

/// A parameter and its Adam moments after an update.
#[derive(ExtensionType)]
pub(crate) struct AdamUpdated<B: Backend> {
    /// The parameter.
    pub parameter: FloatTensor<B>,
    /// First moment.
    pub first: FloatTensor<B>,
    /// Second moment.
    pub second: FloatTensor<B>,
}
