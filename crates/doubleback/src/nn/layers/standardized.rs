use burn::tensor::Tensor;

use super::layer::UnaryPullback;

/// Which values of an activation share their mean and variance.
#[derive(Clone)]
pub(super) enum Shared {
    /// Those along these axes of `[n, height, width, channels]`.
    Axes(Vec<usize>),
    /// Those of all pixels and of a part of the channels, which are cut in so many equal parts.
    Groups(usize),
}

impl Shared {
    /// The mean of the values that share it, in the place of each or with size 1 along an axis.
    pub fn mean(&self, x: Tensor<4>) -> Tensor<4> {
        // One axis at a time, so that `f32` adds up few values in a row.
        let along = |x: Tensor<4>, axes: &[usize]| {
            axes.iter().fold(x, |x, &axis| match x.dims()[axis] {
                1 => x,
                _ => x.mean_dim(axis),
            })
        };
        match self {
            Self::Axes(axes) => along(x, axes),
            Self::Groups(groups) => {
                let of_channels = along(x, &[1, 2]);
                let [n, _, _, channels] = of_channels.dims();
                let each = channels / groups;
                if each == 1 {
                    return of_channels;
                }
                let mean = of_channels.reshape([n, 1, *groups, each]).mean_dim(3);
                mean.repeat_dim(3, each).reshape([n, 1, 1, channels])
            }
        }
    }
}

/// `x` over the root of its mean square plus `epsilon`; `x` minus its mean if `centered`, so that the mean square is the variance. Each image for
/// itself. The pullback goes through mean and variance.
pub(super) fn standardized(x: Tensor<4>, shared: Shared, epsilon: f64, centered: bool) -> (Tensor<4>, UnaryPullback) {
    let center = move |x: Tensor<4>, shared: &Shared| match centered {
        true => x.clone() - shared.mean(x),
        false => x,
    };
    let x = center(x, &shared);
    let variance = shared.mean(x.clone().square());
    let scale = (variance + epsilon).sqrt().recip();
    let y = x * scale.clone();
    let kept = y.clone();
    let pullback = move |g: Tensor<4>| {
        let along = shared.mean(g.clone() * kept.clone());
        Ok((center(g, &shared) - kept.clone() * along) * scale.clone())
    };
    (y, Box::new(pullback))
}

/// Whether `f32` can add such an epsilon to a variance of zero and divide by the root of the sum.
pub(super) fn checked_epsilon(epsilon: f64) -> std::result::Result<(), String> {
    match (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&epsilon) {
        true => Ok(()),
        false => Err(format!(
            "epsilon {epsilon} must be a positive number that f32 can tell from 0"
        )),
    }
}
