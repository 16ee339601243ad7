use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::broadcast::{broadcast, count, repeated, size_of, summed};
use super::layer::{Context, Layer, LayerPullback, Size};
use crate::{Error, Result};

/// Of its inputs condition, `a` and `b`: `a` where the condition is not 0, else `b`, place by place; each is repeated along the axes where its size
/// is 1. The gradient goes to what was chosen; that of the condition is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Where {}

impl Layer for Where {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        match *inputs {
            [condition, a, b] => broadcast(broadcast(condition, a)?, b),
            _ => Err(format!("takes a condition and two values, not {} inputs", inputs.len())),
        }
    }

    fn workspace(&self, inputs: &[Size]) -> usize {
        self.output(inputs).map_or(0, count).saturating_mul(3)
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let inputs: [Tensor<4>; 3] = inputs
            .try_into()
            .map_err(|inputs: Vec<_>| Error::shape("inputs of a layer", 3, inputs.len()))?;
        let of_condition = inputs[0].dims();
        let sizes = [size_of(&inputs[1]), size_of(&inputs[2])];
        let [condition, a, b] = repeated(inputs);
        let first = condition.detach().not_equal_elem(0.0);
        let second = first.clone().bool_not();
        let y = b.mask_where(first.clone(), a);
        let pullback = move |g: Tensor<4>| {
            let by_condition = Tensor::zeros(of_condition, (&g.device().inner(), g.dtype()));
            let by_a = summed(g.clone().mask_fill(second.clone(), 0.0), sizes[0]);
            let by_b = summed(g.mask_fill(first.clone(), 0.0), sizes[1]);
            Ok(vec![by_condition, by_a, by_b])
        };
        Ok((y, Box::new(pullback)))
    }
}
