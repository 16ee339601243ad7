//! The public functions and the type that carries what the orders of differentiation share.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor};

use super::backend::BatchNormOps;
use super::deferred::Deferred;
use super::results::BatchNormPoint;
use crate::error::{Error, Result, expect, expect_one_type};
use crate::options::BatchNormOptions;

/// Mean and biased variance of each channel over all other axes, `[2, channels]`.
///
/// # Errors
/// When there is no channel, or no value in each: nothing has no mean.
pub fn batch_norm_statistics(z: Tensor<4>) -> Result<Tensor<2>> {
    let op = "batch_norm_statistics";
    expect_values(op, z.dims())?;
    expect_one_type(op, &[("input", z.dtype())])?;
    Ok(Tensor::from_dispatch(Dispatch::batch_norm_statistics(
        z.into_dispatch(),
    )))
}

/// Refuses what has no values.
fn expect_values(op: &'static str, dims: [usize; 4]) -> Result<()> {
    if dims.contains(&0) {
        return Err(Error::shape(
            op,
            "at least one value in each channel",
            format!("{dims:?}"),
        ));
    }
    Ok(())
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
    values: Tensor<4>,
    /// What the vjp hangs on besides the input.
    output: Tensor<4>,
    /// Of the values.
    dims: [usize; 4],
    picked: Tensor<4>,
    bits: Tensor<4, Int>,
    deferred: Deferred,
}

impl BatchNorm {
    /// # Shapes
    /// - `z`: `[batch, height, width, channels]`
    /// - `gain`, `shift`: `[channels]`
    /// - `statistics`: `[2, channels]`, mean and biased variance
    ///
    /// # Errors
    /// When these disagree in channels or float type, the input has no values, or windows do not fit it.
    pub fn new(
        z: Tensor<4>,
        gain: Tensor<1>,
        shift: Tensor<1>,
        statistics: Tensor<2>,
        options: BatchNormOptions,
    ) -> Result<Self> {
        expect_values("batch_norm", z.dims())?;
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
        if options.pool.is_some() && z.dims()[1..3].iter().any(|&size| size < 2) {
            return Err(Error::shape(
                "batch_norm",
                "at least one window of 2 x 2 pixels",
                format!("an input of {:?}", z.dims()),
            ));
        }
        let types = [
            ("input", z.dtype()),
            ("gain", gain.dtype()),
            ("shift", shift.dtype()),
            ("statistics", statistics.dtype()),
        ];
        expect_one_type("batch_norm", &types)?;
        let deferred = Deferred::default();
        let normed = Dispatch::batch_norm(
            z.into_dispatch(),
            gain.clone().into_dispatch(),
            shift.clone().into_dispatch(),
            statistics.clone().into_dispatch(),
            options,
            !options.frozen,
            deferred.clone(),
        );
        let values = Tensor::<4>::from_dispatch(normed.values);
        Ok(Self {
            z: Tensor::from_dispatch(normed.input),
            gain,
            shift,
            statistics,
            options,
            output: Tensor::from_dispatch(normed.output),
            dims: values.dims(),
            values,
            picked: Tensor::from_dispatch(normed.picked),
            bits: Tensor::from_dispatch(normed.bits),
            deferred,
        })
    }

    /// `gain * (z - mean) / sqrt(variance + epsilon) + shift`, then activation function and pooling if asked.
    ///
    /// # Shapes
    /// As `z`, or with half the height and width.
    pub fn forward(&self) -> Tensor<4> {
        self.values.clone()
    }

    /// The output and the vjp apart, so that the output is let go where the vjp does not need it.
    pub fn into_parts(mut self) -> (Tensor<4>, impl Fn(Tensor<4>) -> Result<Tensor<4>> + Send) {
        let values = std::mem::replace(&mut self.values, self.output.clone());
        (values, move |g| self.vjp(g))
    }

    /// Gradient of the input at the cotangent `g` of the output.
    ///
    /// # Errors
    /// When `g` is not shaped as the output, or of another float type.
    pub fn vjp(&self, g: Tensor<4>) -> Result<Tensor<4>> {
        expect("batch_norm vjp", "a cotangent", self.dims, g.dims())?;
        expect_one_type("batch_norm vjp", &[("input", self.z.dtype()), ("cotangent", g.dtype())])?;
        let at = BatchNormPoint {
            z: self.z.clone().into_dispatch(),
            gain: self.gain.clone().into_dispatch(),
            shift: self.shift.clone().into_dispatch(),
            statistics: self.statistics.clone().into_dispatch(),
            picked: self.picked.clone().into_dispatch(),
            bits: self.bits.clone().into_dispatch(),
            values: self.output.clone().into_dispatch(),
            deferred: self.deferred.clone(),
            options: self.options,
        };
        let result = Dispatch::batch_norm_vjp(g.into_dispatch(), at, false);
        Ok(Tensor::from_dispatch(result.input_grad))
    }
}
