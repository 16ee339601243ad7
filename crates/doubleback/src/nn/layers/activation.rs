use burn::tensor::Tensor;
use doubleback_ops::{relu, relu_vjp};
use serde::{Deserialize, Serialize};

use super::{Context, Layer, LayerPullback, Size};
use crate::Result;

/// `max(x, 0)`, for layers without batch norm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relu {}

impl Layer for Relu {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let y = relu(x);
        let kept = y.clone();
        Ok((y, Box::new(move |g| Ok(relu_vjp(g, kept.clone())?))))
    }
}

/// An image to a vector, in (height, width, channel) order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten {}

impl Layer for Flatten {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        Ok([1, 1, height * width * channels])
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let dims = x.dims();
        let y = x.reshape([dims[0], 1, 1, dims[1] * dims[2] * dims[3]]);
        Ok((y, Box::new(move |g| Ok(g.reshape(dims)))))
    }
}
