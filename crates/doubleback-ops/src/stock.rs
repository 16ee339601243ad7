//! Steps that the default bodies share, of stock Burn ops.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Scalar, TensorMetadata};
use burn::tensor::Shape;

pub(crate) fn nchw<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(t, &[0, 3, 1, 2])
}

pub(crate) fn nhwc<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(t, &[0, 2, 3, 1])
}

pub(crate) fn oihw<B: Backend>(w: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(w, &[3, 2, 0, 1])
}

pub(crate) fn zeros_like<B: Backend>(t: &FloatTensor<B>, dims: &[usize]) -> FloatTensor<B> {
    B::float_zeros(Shape::from(dims.to_vec()), &t.device(), t.dtype().into())
}

pub(crate) fn reshape<B: Backend>(t: FloatTensor<B>, dims: &[usize]) -> FloatTensor<B> {
    B::float_reshape(t, Shape::from(dims.to_vec()))
}

pub(crate) fn scale<B: Backend>(t: FloatTensor<B>, by: f64) -> FloatTensor<B> {
    B::float_mul_scalar(t, Scalar::Float(by))
}

pub(crate) fn product<B: Backend>(a: &FloatTensor<B>, b: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(a.clone(), b.clone())
}
