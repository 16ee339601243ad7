use burn::tensor::Tensor;
use doubleback_ops::{BatchNorm, BatchNormOptions};

use super::epilogue::Epilogue;
use super::layer::UnaryPullback;
use crate::Result;

/// Adds a bias to each channel, then what follows.
pub(super) fn biased(z: Tensor<4>, bias: Tensor<1>, epilogue: Epilogue) -> Result<(Tensor<4>, UnaryPullback)> {
    let gain = Tensor::ones([z.dims()[3]], (&z.device().inner(), z.dtype()));
    scaled(z, gain, bias, epilogue)
}

/// Multiplies each channel by a gain and adds a shift, then what follows. It is a batch norm whose statistics are mean 0 and variance 1.
pub(super) fn scaled(
    z: Tensor<4>,
    gain: Tensor<1>,
    shift: Tensor<1>,
    epilogue: Epilogue,
) -> Result<(Tensor<4>, UnaryPullback)> {
    let channels = z.dims()[3];
    let constant = (&z.device().inner(), z.dtype());
    let (mean, variance) = (
        Tensor::<2>::zeros([1, channels], constant),
        Tensor::ones([1, channels], constant),
    );
    let options = BatchNormOptions {
        epsilon: 0.0,
        activation: epilogue.activation,
        pool: epilogue.pool,
        frozen: true,
    };
    let affine = BatchNorm::new(z, gain, shift, Tensor::cat(vec![mean, variance], 0), options)?;
    let (y, vjp) = affine.into_parts();
    Ok((y, Box::new(move |g| Ok(vjp(g)?))))
}
