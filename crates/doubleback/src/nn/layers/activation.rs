use burn::tensor::Tensor;
use doubleback_ops::{FusedActivation, leaky_relu, leaky_relu_vjp, relu, relu_vjp};
use serde::{Deserialize, Serialize};

use super::epilogue::Role;
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// `max(x, 0)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relu {}

impl UnaryLayer for Relu {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let y = relu(x);
        let kept = y.clone();
        Ok((y, Box::new(move |g| Ok(relu_vjp(g, kept.clone())?))))
    }

    fn role(&self) -> Role {
        Role::Activation(FusedActivation::Relu)
    }
}

/// `x` where it is positive, else `slope * x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakyRelu {
    /// In `[0, 1)`.
    pub slope: f64,
}

impl UnaryLayer for LeakyRelu {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        if !(0.0..1.0).contains(&self.slope) {
            return Err(format!("slope {} is not in [0, 1)", self.slope));
        }
        Ok(input)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let slope = self.slope;
        let y = leaky_relu(x, slope);
        let kept = y.clone();
        Ok((y, Box::new(move |g| Ok(leaky_relu_vjp(g, kept.clone(), slope)?))))
    }
}

/// A vector to an image, in (height, width, channel) order: the inverse of [`Flatten`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unflatten {
    /// Height, width and channels of the image.
    pub size: Size,
}

impl UnaryLayer for Unflatten {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let count = self
            .size
            .iter()
            .try_fold(1usize, |count, &size| count.checked_mul(size));
        if count != Some(height * width * channels) {
            let values = height * width * channels;
            return Err(format!("{values} values do not fill {:?}", self.size));
        }
        Ok(self.size)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (dims, [height, width, channels]) = (x.dims(), self.size);
        let y = x.reshape([dims[0], height, width, channels]);
        Ok((y, Box::new(move |g| Ok(g.reshape(dims)))))
    }
}

/// An image to a vector, in (height, width, channel) order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flatten {}

impl UnaryLayer for Flatten {
    fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        Ok([1, 1, height * width * channels])
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let dims = x.dims();
        let y = x.reshape([dims[0], 1, 1, dims[1] * dims[2] * dims[3]]);
        Ok((y, Box::new(move |g| Ok(g.reshape(dims)))))
    }
}
