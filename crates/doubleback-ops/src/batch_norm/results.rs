//! What its ops return, or take, besides plain tensors.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType, TensorMetadata};

use super::deferred::Deferred;
use crate::options::BatchNormOptions;

/// Result of a batch norm.
#[derive(ExtensionType)]
pub(crate) struct BatchNormed<B: Backend> {
    /// Normalized, activated and pooled values.
    pub values: FloatTensor<B>,
    /// What the derivatives need of the choice among the values of each window; its form is the backend's own business.
    pub picked: FloatTensor<B>,
    /// As `picked`.
    pub bits: IntTensor<B>,
    /// What the derivatives read of the input: the input, or a tensor without values if they read none of it.
    pub input: FloatTensor<B>,
    /// What the vjp hangs on besides the input: the result, or a tensor without values if on nothing.
    pub output: FloatTensor<B>,
}

/// Where a batch norm is differentiated: its input and parameters, and what the forward pass kept.
#[derive(ExtensionType)]
pub(crate) struct BatchNormPoint<B: Backend> {
    /// `[batch, height, width, channels]`; see [`BatchNormed::input`].
    pub z: FloatTensor<B>,
    /// `[channels]`.
    pub gain: FloatTensor<B>,
    /// `[channels]`.
    pub shift: FloatTensor<B>,
    /// `[2, channels]`.
    pub statistics: FloatTensor<B>,
    /// See [`BatchNormed`].
    pub picked: FloatTensor<B>,
    /// See [`BatchNormed`].
    pub bits: IntTensor<B>,
    /// See [`BatchNormed::output`].
    pub values: FloatTensor<B>,
    /// What the vjp leaves for the forward pass to do.
    pub deferred: Deferred,
    /// How the batch norm behaves.
    pub options: BatchNormOptions,
}

impl<B: Backend> Clone for BatchNormPoint<B> {
    fn clone(&self) -> Self {
        Self {
            z: self.z.clone(),
            gain: self.gain.clone(),
            shift: self.shift.clone(),
            statistics: self.statistics.clone(),
            picked: self.picked.clone(),
            bits: self.bits.clone(),
            values: self.values.clone(),
            deferred: self.deferred.clone(),
            options: self.options,
        }
    }
}

impl<B: Backend> std::fmt::Debug for BatchNormPoint<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BatchNormPoint of {:?}, {:?}", self.z.shape(), self.options)
    }
}

/// Result of the vjp of a batch norm.
#[derive(ExtensionType)]
pub(crate) struct BatchNormVjp<B: Backend> {
    /// Gradient of the input, shaped as it.
    pub input_grad: FloatTensor<B>,
    /// `[2, channels]`: gradients of shift and gain.
    pub sums: FloatTensor<B>,
}

/// Result of the vjp of the vjp of a batch norm.
#[derive(ExtensionType)]
pub(crate) struct BatchNormVjpVjp<B: Backend> {
    /// Gradient of the cotangent that the vjp was given.
    pub cotangent_grad: FloatTensor<B>,
    /// Gradient of the batch norm's input.
    pub input_grad: FloatTensor<B>,
    /// Gradient of the gain, `[channels]`, but for its part in `bend_sums`.
    pub gain_grad: FloatTensor<B>,
    /// `[2, channels]`: gradients of shift and gain by way of the weights that the cotangent has. Those of a ReLU are 0 or 1 and give none; then this may be
    /// anything.
    pub bend_sums: FloatTensor<B>,
    /// Sums that [`batch_norm_joint_vjp`](super::backend::BatchNormOps::batch_norm_joint_vjp) wants; their form is the backend's own business.
    pub t_sums: FloatTensor<B>,
}
