use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::axis::{Choice, name, padded, part};
use super::layer::{Context, LARGEST, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Makes an image larger, on any of its six sides.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// Places before the first along height, width and channels.
    pub before: Size,
    /// Places after the last.
    pub after: Size,
    /// What stands there.
    pub mode: PadMode,
}

/// What [`Pad`] puts in the new places.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum PadMode {
    /// A number.
    Constant {
        /// Finite.
        value: f64,
    },
    /// The image mirrored at its outermost places, which are not repeated.
    Reflect,
    /// The outermost places, repeated.
    Edge,
    /// The image once more, from its other side.
    Wrap,
}

impl PadMode {
    /// Which of `size` places stands at `place`, which may lie outside.
    fn source(self, place: isize, size: isize) -> isize {
        match self {
            Self::Reflect if size == 1 => 0,
            Self::Reflect => {
                let around = place.rem_euclid(2 * (size - 1));
                around.min(2 * (size - 1) - around)
            }
            Self::Wrap => place.rem_euclid(size),
            _ => place.clamp(0, size - 1),
        }
    }

    /// Most places that it can put on one side of `size`.
    fn most(self, size: usize) -> usize {
        match self {
            Self::Reflect => size - 1,
            _ => LARGEST,
        }
    }
}

impl UnaryLayer for Pad {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let mut output = input;
        for (axis, size) in output.iter_mut().enumerate() {
            let most = self.mode.most((*size).max(1));
            for side in [self.before[axis], self.after[axis]] {
                if side > most {
                    return Err(format!(
                        "{side} places more along the {} of {size}: at most {most} can be added on a side",
                        name(axis)
                    ));
                }
                *size = size.saturating_add(side);
            }
        }
        match self.mode {
            PadMode::Constant { value } if !(value as f32).is_finite() => {
                Err(format!("pads with {value}, which is not a finite number"))
            }
            _ => Ok(output),
        }
    }

    /// One step after each axis.
    fn workspace(&self, input: Size) -> usize {
        let Ok(output) = UnaryLayer::output(self, input) else {
            return 0;
        };
        let values = |size: Size| size.iter().fold(1, |count: usize, &size| count.saturating_mul(size));
        values(output).saturating_mul(2)
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let mut steps: Vec<Box<dyn Fn(Tensor<4>) -> Tensor<4> + Send>> = Vec::new();
        let mut y = x;
        for axis in 0..3 {
            let ([before, after], size) = ([self.before[axis], self.after[axis]], y.dims()[axis + 1]);
            if before + after == 0 {
                continue;
            }
            if let PadMode::Constant { value } = self.mode {
                y = padded(y, axis, [before, after], value);
                steps.push(Box::new(move |g| part(g, axis, before..before + size)));
                continue;
            }
            let (from, to) = (-(before as isize), (size + after) as isize);
            let source = |place| self.mode.source(place, size as isize).unsigned_abs();
            let choice = Choice::new(&y, axis, &(from..to).map(source).collect::<Vec<_>>());
            y = choice.of(y);
            steps.push(Box::new(move |g| choice.transpose(g)));
        }
        Ok((y, Box::new(move |g| Ok(steps.iter().rev().fold(g, |g, step| step(g))))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_outside_are_those_of_numpy() {
        let row = |mode: PadMode| (-4..8).map(|place| mode.source(place, 4)).collect::<Vec<_>>();
        assert_eq!(row(PadMode::Reflect), [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
        assert_eq!(row(PadMode::Edge), [0, 0, 0, 0, 0, 1, 2, 3, 3, 3, 3, 3]);
        assert_eq!(row(PadMode::Wrap), [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3]);
    }
}
