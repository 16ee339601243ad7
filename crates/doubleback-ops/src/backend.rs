//! The backend extension: one method an op, each with a default body of stock Burn ops.

use std::any::Any;
use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, ExtensionType, TensorMetadata, backend_extension};

use crate::{AdamOptions, BatchNormOptions, Conv2dShape, Pool2dShape, composite};

/// Largest value of each window and where it was.
#[derive(ExtensionType)]
pub struct MaxPooled<B: Backend> {
    /// `[batch, height, width, channels]` of the output.
    pub values: FloatTensor<B>,
    /// Position `row * width + column` in the input plane, same shape.
    pub indices: IntTensor<B>,
}

/// Result of a convolution and its statistics.
#[derive(ExtensionType)]
pub struct Convolved<B: Backend> {
    /// `[batch, height, width, channels]`.
    pub values: FloatTensor<B>,
    /// `[2, channels]`.
    pub moments: FloatTensor<B>,
}

/// Result of a batch norm.
#[derive(ExtensionType)]
pub struct BatchNormed<B: Backend> {
    /// Normalized, rectified and pooled values.
    pub values: FloatTensor<B>,
    /// What the derivatives need of the choice among the values of each window; its form is the backend's own business.
    pub picked: FloatTensor<B>,
    /// As `picked`.
    pub bits: IntTensor<B>,
}

/// Where a batch norm is differentiated: its input and parameters, and what the forward pass kept.
#[derive(ExtensionType)]
pub struct BatchNormPoint<B: Backend> {
    /// `[batch, height, width, channels]`.
    pub z: FloatTensor<B>,
    /// `[channels]`.
    pub gain: FloatTensor<B>,
    /// `[channels]`.
    pub shift: FloatTensor<B>,
    /// `[2, channels]`.
    pub moments: FloatTensor<B>,
    /// See [`BatchNormed`].
    pub picked: FloatTensor<B>,
    /// See [`BatchNormed`].
    pub bits: IntTensor<B>,
    /// The output: what the vjp hangs on besides the input.
    pub values: FloatTensor<B>,
    /// What the vjp leaves for the forward pass to do.
    pub deferred: Deferred,
    /// How the batch norm behaves.
    pub options: BatchNormOptions,
}

/// A place where the backward pass of a vjp leaves its part of the input's gradient, for the backward pass of the batch norm itself to
/// compute together with its own.
#[derive(Clone, Default)]
pub struct Deferred(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl std::fmt::Debug for Deferred {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "nothing deferred"
        } else {
            "something deferred"
        })
    }
}

impl Deferred {
    /// Leaves something; gives it back if there is something already.
    pub(crate) fn leave<T: Send + 'static>(&self, something: T) -> Option<T> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if place.is_some() {
            return Some(something);
        }
        *place = Some(Box::new(something));
        None
    }

    /// Takes what was left.
    pub(crate) fn take<T: Send + 'static>(&self) -> Option<T> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place
            .take()
            .and_then(|something| something.downcast().ok())
            .map(|something| *something)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl<B: Backend> Clone for BatchNormPoint<B> {
    fn clone(&self) -> Self {
        Self {
            z: self.z.clone(),
            gain: self.gain.clone(),
            shift: self.shift.clone(),
            moments: self.moments.clone(),
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
pub struct BatchNormVjp<B: Backend> {
    /// Gradient of the input, shaped as it.
    pub input_grad: FloatTensor<B>,
    /// `[2, channels]`: gradients of shift and gain.
    pub sums: FloatTensor<B>,
}

/// Result of the vjp of the vjp of a batch norm.
#[derive(ExtensionType)]
pub struct BatchNormVjpVjp<B: Backend> {
    /// Gradient of the cotangent that the vjp was given.
    pub cotangent_grad: FloatTensor<B>,
    /// Gradient of the batch norm's input.
    pub input_grad: FloatTensor<B>,
    /// Gradient of the gain, `[channels]`.
    pub gain_grad: FloatTensor<B>,
    /// Sums that [`batch_norm_joint_vjp`](NetworkOps::batch_norm_joint_vjp) wants; their form is the backend's own business.
    pub t_sums: FloatTensor<B>,
}

/// A parameter and its Adam moments after an update.
#[derive(ExtensionType)]
pub struct Updated<B: Backend> {
    /// The parameter.
    pub parameter: FloatTensor<B>,
    /// First moment.
    pub first: FloatTensor<B>,
    /// Second moment.
    pub second: FloatTensor<B>,
}

/// The ops, on tensor primitives. Call the functions of the crate's root instead, which check shapes.
#[backend_extension(Flex, Cube: cfg(feature = "cube"), Autodiff)]
pub trait NetworkOps: Backend {
    /// See [`conv2d`](crate::conv2d).
    fn conv2d_forward(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        composite::conv2d::<Self>(x, w, shape)
    }
    /// A convolution of which only gradients are computed, so that it may round a little more than [`conv2d_forward`](Self::conv2d_forward).
    fn conv2d_forward_of_gradient(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        Self::conv2d_forward(x, w, shape)
    }
    /// A convolution with the moments of its result, which are a constant for differentiation as in [`batch_norm_moments`](Self::batch_norm_moments).
    fn conv2d_forward_with_moments(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        composite::conv2d_with_moments::<Self>(x, w, shape)
    }
    /// See [`conv2d_input_grad`](crate::conv2d_input_grad).
    fn conv2d_input_vjp(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        composite::conv2d_input_grad::<Self>(g, w, shape)
    }
    /// See [`conv2d_weight_grad`](crate::conv2d_weight_grad).
    fn conv2d_weight_vjp(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        composite::conv2d_weight_grad::<Self>(x, g, shape)
    }
    /// `a · b` of matrices, either of which may be stored transposed.
    fn matrix_product(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        composite::matrix_product::<Self>(a, b, left_transposed, right_transposed)
    }
    /// The same, added to `onto`.
    fn matrix_product_add(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
        onto: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        composite::matrix_product_add::<Self>(a, b, left_transposed, right_transposed, onto)
    }
    /// See [`max_pool2d`](crate::max_pool2d).
    fn max_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        composite::max_pool2d::<Self>(x, shape)
    }
    /// See [`pool_select`](crate::pool_select).
    fn pool2d_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        composite::pool_select::<Self>(x, indices, shape)
    }
    /// See [`pool_unselect`](crate::pool_unselect).
    fn pool2d_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        composite::pool_unselect::<Self>(g, indices, shape)
    }
    /// See [`avg_pool2d`](crate::avg_pool2d).
    fn avg_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        composite::avg_pool2d::<Self>(x, shape)
    }
    /// See [`avg_pool2d_transpose`](crate::avg_pool2d_transpose).
    fn avg_pool2d_vjp(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        composite::avg_pool2d_transpose::<Self>(g, shape)
    }
    /// `[2, channels]`: mean and biased variance over all but the last axis. A constant for differentiation:
    /// the batch norm's own derivatives account for it.
    fn batch_norm_moments(z: FloatTensor<Self>) -> FloatTensor<Self> {
        composite::moments::<Self>(z)
    }
    /// `gain * (z - mean) / sqrt(variance + epsilon) + shift`, then ReLU and pooling if asked. `for_sums` says that the sums of a vjp may be
    /// wanted later.
    fn batch_norm_forward(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        options: BatchNormOptions,
        _for_sums: bool,
        _deferred: Deferred,
    ) -> BatchNormed<Self> {
        composite::batch_norm::<Self>(z, gain, shift, moments, options)
    }
    /// Its vjp. `sums` may be anything when `want_sums` is false and the statistics are frozen.
    fn batch_norm_vjp(
        g: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        _want_sums: bool,
    ) -> BatchNormVjp<Self> {
        composite::batch_norm_vjp::<Self>(g, at)
    }
    /// The vjp of the vjp, for the cotangent `t`; its `input_grad` may be anything unless `want_input`.
    fn batch_norm_vjp_vjp(
        t: FloatTensor<Self>,
        g: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        _sums: FloatTensor<Self>,
        _want_input: bool,
    ) -> BatchNormVjpVjp<Self> {
        composite::batch_norm_vjp_vjp::<Self>(t, g, at)
    }
    /// The vjp at `later` plus the gradient of the input that the vjp of the vjp at `g` gives.
    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        #[extension_type] at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        _t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        _sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        composite::batch_norm_joint_vjp::<Self>(later, at, t, g)
    }
    /// `g` where `y > 0`, else `slope * g`; `y` is a constant for differentiation.
    fn relu_mask(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        composite::relu_mask::<Self>(g, y, slope)
    }
    /// See [`adam_update`](crate::adam_update).
    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        options: AdamOptions,
        step: usize,
    ) -> Updated<Self> {
        composite::adam::<Self>(parameter, gradient, first, second, options, step)
    }
}

/// Every GPU runtime of Burn takes the default bodies.
#[cfg(feature = "cube")]
impl NetworkOps for burn::backend::Cube {}
