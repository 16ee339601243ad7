use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::{Choice, along, name, padded, part};
use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Part of an image along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// 0: height, 1: width, 2: channels.
    pub axis: usize,
    /// The first place of the range.
    pub start: usize,
    /// The place after the last of the range.
    pub end: usize,
    /// Every how manieth place of the range is taken, from its first on; if negative, backwards from its last on.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub step: isize,
}

fn one() -> isize {
    1
}

fn is_one(step: &isize) -> bool {
    *step == one()
}

impl Slice {
    /// The places that it takes.
    fn places(&self) -> Vec<usize> {
        let (range, step) = (self.start..self.end, self.step.unsigned_abs());
        match self.step > 0 {
            true => range.step_by(step).collect(),
            false => range.rev().step_by(step).collect(),
        }
    }
}

impl UnaryLayer for Slice {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let size = along(input, self.axis)?;
        let Self { start, end, step, .. } = *self;
        if start >= end || end > size {
            return Err(format!(
                "takes {start} to {end} of {size} places along the {}",
                name(self.axis)
            ));
        }
        if step == 0 {
            return Err("takes every 0th place: the step must not be 0".into());
        }
        let mut output = input;
        output[self.axis] = (end - start).div_ceil(step.unsigned_abs());
        Ok(output)
    }

    /// With a step, the places there and back.
    fn workspace(&self, input: Size) -> usize {
        let size = input.get(self.axis).copied().unwrap_or_default();
        if self.step == 1 { 0 } else { size.saturating_mul(4) }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let Self { axis, start, end, step } = *self;
        if step == 1 {
            let size = x.dims()[axis + 1];
            let y = part(x, axis, start..end);
            let pullback = move |g| Ok(padded(g, axis, [start, size - end], 0.0));
            return Ok((y, Box::new(pullback)));
        }
        let choice = Choice::new(&x, axis, &self.places());
        Ok((choice.of(x), Box::new(move |g| Ok(choice.transpose(g)))))
    }
}
