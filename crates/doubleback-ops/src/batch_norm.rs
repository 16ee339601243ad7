use burn::backend::Dispatch;
use burn::tensor::Tensor;

use crate::convolution::expect;
use crate::{Error, NetworkOps, Result};

/// How a batch norm behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormOptions {
    /// Added to the variance.
    pub epsilon: f64,
    /// Apply ReLU to the result, in the same pass over memory.
    pub relu: bool,
    /// The statistics are constants (inference), not functions of the input (training).
    pub frozen: bool,
}

/// Mean and biased variance of each channel over all other axes, `[2, channels]`.
pub fn batch_norm_statistics(z: Tensor<4>) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::batch_norm_moments(z.into_dispatch()))
}

/// One application of batch norm (Ioffe & Szegedy 2015): its input and parameters, from which come its output, its vjp, and through
/// the tape the derivative of that vjp.
///
/// The statistics are differentiated through unless [`frozen`](BatchNormOptions::frozen), so they must be those of this very input.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    z: Tensor<4>,
    gain: Tensor<1>,
    shift: Tensor<1>,
    statistics: Tensor<2>,
    options: BatchNormOptions,
}

impl BatchNorm {
    /// # Shapes
    /// - `z`: `[batch, height, width, channels]`
    /// - `gain`, `shift`: `[channels]`
    /// - `statistics`: `[2, channels]`, mean and biased variance
    ///
    /// # Errors
    /// When these disagree.
    pub fn new(
        z: Tensor<4>,
        gain: Tensor<1>,
        shift: Tensor<1>,
        statistics: Tensor<2>,
        options: BatchNormOptions,
    ) -> Result<Self> {
        let channels = z.dims()[3];
        if gain.dims() != [channels] || shift.dims() != [channels] || statistics.dims() != [2, channels] {
            let found = format!(
                "gain {:?}, shift {:?}, statistics {:?}",
                gain.dims(),
                shift.dims(),
                statistics.dims()
            );
            return Err(Error::shape(
                "batch_norm",
                format!("{channels} channels throughout, as the input has"),
                found,
            ));
        }
        Ok(Self {
            z,
            gain,
            shift,
            statistics,
            options,
        })
    }

    /// `gain * (z - mean) / sqrt(variance + epsilon) + shift`, then ReLU if asked; shaped as `z`.
    pub fn forward(&self) -> Tensor<4> {
        Tensor::from_dispatch(Dispatch::batch_norm_forward(
            self.z.clone().into_dispatch(),
            self.gain.clone().into_dispatch(),
            self.shift.clone().into_dispatch(),
            self.statistics.clone().into_dispatch(),
            self.options,
        ))
    }

    /// Gradient of the input at the cotangent `g` of the output.
    ///
    /// # Errors
    /// When `g` is not shaped as `z`.
    pub fn vjp(&self, g: Tensor<4>) -> Result<Tensor<4>> {
        expect("batch_norm vjp", "a cotangent", self.z.dims(), g.dims())?;
        let result = Dispatch::batch_norm_vjp(
            g.into_dispatch(),
            self.z.clone().into_dispatch(),
            self.gain.clone().into_dispatch(),
            self.shift.clone().into_dispatch(),
            self.statistics.clone().into_dispatch(),
            self.options,
            false,
        );
        Ok(Tensor::from_dispatch(result.input_grad))
    }
}
