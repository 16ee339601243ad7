use burn::tensor::{Bool, Tensor};
use doubleback_ops::with_derivative;
use serde::{Deserialize, Serialize};

use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback};
use crate::Result;
use crate::nn::initialize::Start;

/// Greatest magnitude of the integers: `f32` holds all of them, and the sum of two.
const MOST: i32 = 1 << 23;

/// Values as the integers of a quantized network hold them: with `q = round(x / scale) + zero_point`, rounded half to even and held within the
/// range, it gives `(q - zero_point) · scale`.
///
/// It is differentiated straight through (Bengio, Léonard & Courville 2013; Jacob et al. 2018): the rounding counts as the identity, so the
/// gradient goes through where `x` is within the range, and is zero where it saturates. What stands for a ReLU in a quantized file, a range that
/// begins at the zero point, has the gradient of one. Scales and zero points are not trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FakeQuantize {
    /// Least and greatest integer, such as -128 and 127.
    pub range: [i32; 2],
    /// The axis along which scales and zero points differ: 0 of rows, 1 of columns, 2 of channels. If there is none, all values have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<usize>,
}

impl FakeQuantize {
    /// Number of scales.
    fn scales(&self, input: Size) -> usize {
        self.axis.and_then(|axis| input.get(axis).copied()).unwrap_or(1)
    }
}

impl UnaryLayer for FakeQuantize {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let [low, high] = self.range;
        if low >= high || low < -MOST || high > MOST {
            return Err(format!(
                "integers from {low} to {high}: the first must be less than the second, and neither beyond {MOST}"
            ));
        }
        match self.axis {
            Some(axis) if axis > 2 => Err(format!(
                "there is no axis {axis}: 0, 1 and 2 are rows, columns and channels"
            )),
            _ => Ok(input),
        }
    }

    fn buffers(&self, input: Size) -> Vec<TensorSpec> {
        let tensor = |name, start| TensorSpec {
            name,
            dims: vec![self.scales(input)],
            start,
        };
        vec![tensor("scale", Start::Ones), tensor("zero_point", Start::Zeros)]
    }

    fn least(&self, tensor: &str) -> Option<f32> {
        (tensor == "scale").then_some(f32::MIN_POSITIVE)
    }

    /// The integers before and after they are held within the range, and which of them were within it.
    fn workspace(&self, input: Size) -> usize {
        input.iter().fold(3, |count, &size| count.saturating_mul(size))
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let mut dims = [1; 4];
        if let Some(axis) = self.axis {
            dims[axis + 1] = x.dims()[axis + 1];
        }
        let [scale, zero_point] = [0, 1].map(|index| context.buffers[index].value().clone().detach().reshape(dims));
        let [low, high] = self.range.map(f64::from);
        let integers = (x.clone().detach() / scale.clone()).round() + zero_point.clone();
        let held = integers.clone().clamp(low, high);
        let within: Tensor<4, Bool> = held.clone().equal(integers);
        let value = (held - zero_point) * scale;
        let within = within.float().cast(x.dtype());
        let y = with_derivative(x, value, within.clone())?;
        Ok((y, Box::new(move |g| Ok(g * within.clone()))))
    }
}
