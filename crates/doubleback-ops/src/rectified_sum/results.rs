//! What its op returns besides plain tensors.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType};

/// A rectified sum, and where it is positive in one of two forms: a tensor that is, or bits, which are the backend's own business. The other
/// is a tensor without meaning.
#[derive(ExtensionType)]
pub(crate) struct Rectified<B: Backend> {
    /// The sum where it is positive, else 0.
    pub values: FloatTensor<B>,
    /// Positive where the sum is.
    pub kept: FloatTensor<B>,
    /// See there.
    pub bits: IntTensor<B>,
}
