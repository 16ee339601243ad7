use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::{along, name, part};
use super::layer::{Context, Layer, LayerPullback, Size};
use crate::Result;

/// Its inputs one after another along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concat {
    /// 0: height, 1: width, 2: channels.
    pub axis: usize,
}

impl Layer for Concat {
    fn output(&self, inputs: &[Size]) -> std::result::Result<Size, String> {
        let Some(&first) = inputs.first() else {
            return Err("joins nothing: it needs an input".into());
        };
        let mut output = first;
        output[self.axis.min(2)] = 0;
        for &input in inputs {
            let size = along(input, self.axis)?;
            if (0..3).any(|axis| axis != self.axis && input[axis] != first[axis]) {
                return Err(format!(
                    "cannot join {input:?} values to {first:?} along the {}: the other sizes must be equal",
                    name(self.axis)
                ));
            }
            output[self.axis] = output[self.axis].saturating_add(size);
        }
        Ok(output)
    }

    fn forward(&self, inputs: Vec<Tensor<4>>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, LayerPullback)> {
        let axis = self.axis;
        let sizes: Vec<usize> = inputs.iter().map(|input| input.dims()[axis + 1]).collect();
        let y = Tensor::cat(inputs, axis + 1);
        let pullback = move |g: Tensor<4>| {
            let mut end = 0;
            let gradient = |&size: &usize| {
                end += size;
                part(g.clone(), axis, end - size..end)
            };
            Ok(sizes.iter().map(gradient).collect())
        };
        Ok((y, Box::new(pullback)))
    }
}
