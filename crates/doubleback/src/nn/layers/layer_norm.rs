use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback};
use super::standardized::{Shared, checked_epsilon, standardized};
use crate::Result;
use crate::nn::initialize::Start;
use crate::nn::parameter::Parameter;

/// Layer normalization (Ba, Kiros & Hinton 2016): the values along some axes minus their mean, over the root of their variance. Of axes
/// `[0, 1, 2]` that is the whole image, of `[2]` the channels of each pixel, of `[0, 1]` the pixels of each channel.
///
/// ```
/// use doubleback::nn::layers::LayerNorm;
///
/// let of_pixels = LayerNorm { axes: vec![2], epsilon: 1e-6, gain: true, shift: true };
/// # let _ = of_pixels;
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNorm {
    /// Axes, in ascending order, whose values share their statistics: 0 is height, 1 width, 2 channels.
    pub axes: Vec<usize>,
    /// Added to the variance.
    pub epsilon: f64,
    /// Multiply by a trained gain, one for each place along the axes.
    pub gain: bool,
    /// Add a trained shift, one for each place along the axes.
    pub shift: bool,
}

/// Root mean square normalization (Zhang & Sennrich 2019): the values along some axes over the root of their mean square.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsNorm {
    /// As of [`LayerNorm`].
    pub axes: Vec<usize>,
    /// Added to the mean square.
    pub epsilon: f64,
    /// Multiply by a trained gain, one for each place along the axes.
    pub gain: bool,
}

fn checked(axes: &[usize], epsilon: f64, input: Size) -> std::result::Result<Size, String> {
    checked_epsilon(epsilon)?;
    let ascending = axes.windows(2).all(|pair| pair[0] < pair[1]);
    match axes {
        [.., last] if ascending && *last < 3 => Ok(input),
        _ => Err(format!("axes {axes:?} are not some of [0, 1, 2] in ascending order")),
    }
}

/// A tensor of a value for each place along the axes.
fn along(axes: &[usize], input: Size, name: &'static str, start: Start) -> TensorSpec {
    TensorSpec {
        name,
        dims: axes.iter().map(|&axis| input[axis]).collect(),
        start,
    }
}

/// The axes as those of `[n, height, width, channels]`.
fn shared(axes: &[usize]) -> Shared {
    Shared::Axes(axes.iter().map(|axis| axis + 1).collect())
}

/// The tensor as one of `[1, height, width, channels]`, of size 1 but along the axes.
fn placed(parameter: &Parameter, axes: &[usize]) -> Tensor<4> {
    let mut dims = [1; 4];
    for (&axis, &size) in axes.iter().zip(parameter.dims()) {
        dims[axis + 1] = size;
    }
    parameter.value().clone().reshape(dims)
}

impl UnaryLayer for LayerNorm {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        checked(&self.axes, self.epsilon, input)
    }

    fn parameters(&self, input: Size) -> Vec<TensorSpec> {
        let gain = self.gain.then(|| along(&self.axes, input, "gain", Start::Ones));
        let shift = self.shift.then(|| along(&self.axes, input, "shift", Start::Zeros));
        gain.into_iter().chain(shift).collect()
    }

    /// The centered image, its square, and the image before gain and shift.
    fn workspace(&self, input: Size) -> usize {
        input.iter().product::<usize>().saturating_mul(4)
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (mut y, pullback) = standardized(x, shared(&self.axes), self.epsilon, true);
        let mut parameters = context.parameters.iter().map(|parameter| placed(parameter, &self.axes));
        let gain = parameters.next().filter(|_| self.gain);
        if let Some(gain) = &gain {
            y = y * gain.clone();
        }
        if let Some(shift) = context.parameters.last().filter(|_| self.shift) {
            y = y + placed(shift, &self.axes);
        }
        Ok((y, Box::new(move |g| pullback(times(g, &gain)))))
    }
}

impl UnaryLayer for RmsNorm {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        checked(&self.axes, self.epsilon, input)
    }

    fn parameters(&self, input: Size) -> Vec<TensorSpec> {
        let gain = self.gain.then(|| along(&self.axes, input, "gain", Start::Ones));
        gain.into_iter().collect()
    }

    /// Its square, and the image before the gain.
    fn workspace(&self, input: Size) -> usize {
        input.iter().product::<usize>().saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (y, pullback) = standardized(x, shared(&self.axes), self.epsilon, false);
        let gain = context.parameters.first().map(|gain| placed(gain, &self.axes));
        Ok((times(y, &gain), Box::new(move |g| pullback(times(g, &gain)))))
    }
}

fn times(x: Tensor<4>, gain: &Option<Tensor<4>>) -> Tensor<4> {
    match gain {
        Some(gain) => x * gain.clone(),
        None => x,
    }
}
