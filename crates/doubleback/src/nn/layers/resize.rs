use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::axis::{Choice, name};
use super::interpolation::{Coordinates, Interpolation, Line};
use super::layer::{Context, LARGEST, Size, UnaryLayer, UnaryPullback};
use crate::Result;

/// Makes an image larger or smaller by interpolating along each axis: a linear map, whose coefficients are computed in f64.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resize {
    /// Height, width and channels of the output.
    pub size: Size,
    /// How values between pixels are found.
    pub mode: Interpolation,
    /// Which place of the input each pixel of the output is.
    pub coordinates: Coordinates,
    /// When an image is made smaller, look at as many pixels more as that takes. Without effect for the nearest pixel.
    #[serde(default, skip_serializing_if = "is_false")]
    pub antialias: bool,
    /// Pixels outside the image have no weight; else they are as the nearest inside.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclude_outside: bool,
    /// Output pixels per input pixel along each axis, where that is not the quotient of the sizes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scales: Option<[f64; 3]>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Resize {
    fn line(&self, axis: usize, from: usize) -> Line {
        Line {
            from,
            to: self.size[axis],
            // Computed from the sizes, a quotient of them is exact.
            scale: self
                .scales
                .map(|scales| scales[axis])
                .filter(|&scale| scale != self.size[axis] as f64 / from as f64),
            mode: self.mode,
            coordinates: self.coordinates,
            antialias: self.antialias,
            exclude_outside: self.exclude_outside,
        }
    }
}

/// What is done along one axis.
enum Step {
    Choose(Box<Choice>),
    Mix(Box<Mix>),
}

/// Coefficients for all values along one axis.
struct Mix {
    /// `[1, 1, to, from]`.
    weights: Tensor<4>,
    /// Sizes before and after.
    from: [usize; 4],
    to: [usize; 4],
    /// Values before and behind the axis: `[1, before, ·, behind]`.
    around: [usize; 2],
}

impl Step {
    fn of(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Choose(choice) => choice.of(x),
            Self::Mix(mix) => mix.along(mix.weights.clone(), x, mix.to),
        }
    }

    fn transpose(&self, g: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Choose(choice) => choice.transpose(g),
            Self::Mix(mix) => mix.along(mix.weights.clone().swap_dims(2, 3), g, mix.from),
        }
    }
}

impl Mix {
    /// The product of a matrix with all vectors along the axis.
    fn along(&self, weights: Tensor<4>, x: Tensor<4>, to: [usize; 4]) -> Tensor<4> {
        let [before, behind] = self.around;
        let columns = weights.dims()[3];
        weights.matmul(x.reshape([1, before, columns, behind])).reshape(to)
    }
}

impl UnaryLayer for Resize {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let mut size = input;
        for axis in 0..3 {
            let line = self.line(axis, size[axis]);
            line.check().map_err(|why| format!("{}: {why}", name(axis)))?;
            size[axis] = line.to;
            let weights = line.from.checked_mul(line.to);
            let step = size.iter().try_fold(1usize, |count, &size| count.checked_mul(size));
            let fits = |count: Option<usize>| count.is_some_and(|count| count <= LARGEST);
            if !fits(step) || !(line.is_identity() || line.is_choice() || fits(weights)) {
                return Err(format!(
                    "from {} to {} along the {} takes more than {LARGEST} numbers",
                    line.from,
                    line.to,
                    name(axis)
                ));
            }
        }
        Ok(self.size)
    }

    /// The coefficients in f64, and what there is after each axis.
    fn workspace(&self, input: Size) -> usize {
        let (mut size, mut values) = (input, 0usize);
        for axis in 0..3 {
            let line = self.line(axis, size[axis]);
            size[axis] = line.to;
            if !line.is_identity() {
                let weights = if line.is_choice() { 1 } else { line.from };
                values = values.saturating_add(weights.saturating_mul(line.to).saturating_mul(3));
                values = size
                    .iter()
                    .fold(1, |count: usize, &size| count.saturating_mul(size))
                    .saturating_add(values);
            }
        }
        values
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let (mut y, mut steps) = (x, Vec::new());
        for axis in 0..3 {
            let from = y.dims();
            let line = self.line(axis, from[axis + 1]);
            if line.is_identity() {
                continue;
            }
            let step = if line.is_choice() {
                Step::Choose(Box::new(Choice::new(&y, axis, &line.places())))
            } else {
                let mut to = from;
                to[axis + 1] = line.to;
                let data = TensorData::new(line.weights(), [1, 1, line.to, line.from]);
                Step::Mix(Box::new(Mix {
                    weights: Tensor::from_data(data, (&y.device().inner(), y.dtype())),
                    from,
                    to,
                    around: [from[..=axis].iter().product(), from[axis + 2..].iter().product()],
                }))
            };
            y = step.of(y);
            steps.push(step);
        }
        let pullback = move |g| Ok(steps.iter().rev().fold(g, |g, step| step.transpose(g)));
        Ok((y, Box::new(pullback)))
    }
}
