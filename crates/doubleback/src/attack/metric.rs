use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Norm, Room};
use crate::nn::Classifier;
use crate::{Error, Result};

/// What is left of a value by rounding alone, as a share of what was taken off.
const ROUNDING: f64 = 1e-12;

/// How far an example is from its image: the norm of the change. Epsilons of attacks that look for the nearest example are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Metric {
    /// The largest change of a value.
    Linf,
    /// The Euclidean length of the change.
    L2,
    /// The sum of the changes of all values.
    L1,
}

impl From<Norm> for Metric {
    fn from(norm: Norm) -> Self {
        match norm {
            Norm::Linf => Self::Linf,
            Norm::L2 => Self::L2,
        }
    }
}

impl Metric {
    /// All of them.
    pub const ALL: [Metric; 3] = [Metric::Linf, Metric::L2, Metric::L1];

    /// `linf`, `l2` or `l1`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Linf => Norm::Linf.name(),
            Metric::L2 => Norm::L2.name(),
            Metric::L1 => "l1",
        }
    }

    /// `L∞`, `L2` or `L1`, for a sentence.
    pub fn sign(self) -> &'static str {
        match self {
            Metric::Linf => Norm::Linf.sign(),
            Metric::L2 => Norm::L2.sign(),
            Metric::L1 => "L1",
        }
    }

    /// The greatest distance that the model's bounds leave room for.
    pub fn greatest(self, model: &dyn Classifier) -> f64 {
        match self {
            Metric::Linf => Norm::Linf.greatest_eps(model),
            Metric::L2 => Norm::L2.greatest_eps(model),
            Metric::L1 => Norm::Linf.greatest_eps(model) * model.shape().len() as f64,
        }
    }

    /// Length of a change.
    pub(super) fn length(self, change: impl Iterator<Item = f64>) -> f64 {
        match self {
            Metric::Linf => change.fold(0.0, |most, value| most.max(value.abs())),
            Metric::L2 => change.map(|value| value * value).sum::<f64>().sqrt(),
            Metric::L1 => change.map(f64::abs).sum(),
        }
    }

    /// Length of a gradient in the norm dual to that of the change: the change of unit length that it gains most with gains this.
    pub(super) fn dual_length(self, gradient: &[f32]) -> f64 {
        let values = gradient.iter().map(|&value| f64::from(value));
        match self {
            Metric::Linf => Metric::L1.length(values),
            Metric::L2 => Metric::L2.length(values),
            Metric::L1 => Metric::Linf.length(values),
        }
    }

    /// Moves a change to the nearest point of the ball of this radius.
    pub(super) fn project(self, change: &mut [f64], radius: f64) {
        match self {
            Metric::Linf => change
                .iter_mut()
                .for_each(|value| *value = value.clamp(-radius, radius)),
            Metric::L2 => {
                let own = self.length(change.iter().copied());
                let share = if own > radius { radius / own } else { 1.0 };
                change.iter_mut().for_each(|value| *value *= share);
            }
            Metric::L1 => {
                let cut = shortening(change, radius);
                let shorter = |value: f64| {
                    let left = value.abs() - cut;
                    // A rounding error is no change of a value.
                    if left > ROUNDING * cut {
                        left.copysign(value)
                    } else {
                        0.0
                    }
                };
                change.iter_mut().for_each(|value| *value = shorter(*value));
            }
        }
    }

    /// Examples moved towards their images until they are within eps, and in the room of these.
    pub(super) fn within(self, eps: f64, images: &Tensor<4>, examples: Tensor<4>, room: &Room) -> Tensor<4> {
        match self {
            Metric::Linf => Norm::Linf.projection(images, eps, room)(examples),
            Metric::L2 => Norm::L2.projection(images, eps, room)(examples),
            Metric::L1 => {
                let change = examples - images.clone();
                let lengths: Tensor<2> = change.clone().abs().flatten(1, 3);
                let lengths = lengths.sum_dim(1).reshape([-1, 1, 1, 1]).clamp_min(f32::MIN_POSITIVE);
                room.clip(images.clone() + change * (lengths.recip() * eps).clamp_max(1.0))
            }
        }
    }
}

/// By how much all values of a change are shortened, to zero at most, in its projection on the L1 ball of a radius (Duchi et al. 2008, "Efficient projections onto
/// the l1-ball for learning in high dimensions"). What is left falls with the cut ever more slowly, so that Newton's method from 0 never goes too far and ends
/// at the exact cut, without sorting.
fn shortening(change: &[f64], radius: f64) -> f64 {
    let mut cut = 0.0;
    loop {
        let left = change.iter().map(|value| value.abs() - cut).filter(|&left| left > 0.0);
        let (count, sum) = left.fold((0usize, 0.0), |(count, sum), left| (count + 1, sum + left));
        let next = cut + (sum - radius) / count.max(1) as f64;
        if next > cut {
            cut = next;
        } else {
            // The last piece, or a step that is lost in rounding.
            return cut;
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Metric::ALL.into_iter().find(|metric| metric.name() == name);
        found.ok_or_else(|| Error::unknown("norm", name, Metric::ALL.map(Metric::name)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn projected(metric: Metric, change: &[f64], radius: f64) -> Vec<f64> {
        let mut change = change.to_vec();
        metric.project(&mut change, radius);
        change
    }

    #[test]
    fn closed_forms() {
        let near = |change: &[f64], radius, expected: &[f64]| {
            let found = projected(Metric::L1, change, radius);
            // Zeros are exact.
            let same = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12 && (*a == 0.0) == (*b == 0.0);
            assert!(found.iter().zip(expected).all(same), "{found:?} {expected:?}");
            assert_eq!(found.len(), expected.len());
        };
        near(&[3.0, -1.0, 0.5], 2.0, &[2.0, 0.0, 0.0]);
        near(&[3.0, -2.0, 0.5], 3.0, &[2.0, -1.0, 0.0]);
        near(&[0.5, -1.0], 2.0, &[0.5, -1.0]);
        near(&[0.5, -1.0], 0.0, &[0.0, 0.0]);
        near(&[], 1.0, &[]);
        assert_eq!(Metric::L1.length([3.0, -1.0].into_iter()), 4.0);
        assert_eq!(Metric::L1.dual_length(&[3.0, -4.0]), 4.0);
        assert_eq!(Metric::Linf.dual_length(&[3.0, -4.0]), 7.0);
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
    }

    proptest! {
        /// No point of the ball is nearer than the projection: the way to it makes no acute angle with any way into the ball from there.
        #[test]
        fn projections_are_on_the_ball_and_nearest(
            change in prop::array::uniform5(-2f64..2.0),
            other in prop::array::uniform5(-2f64..2.0),
            radius in 0.01f64..3.0,
        ) {
            for metric in Metric::ALL {
                let found = projected(metric, &change, radius);
                let own = metric.length(found.iter().copied());
                prop_assert!(own <= radius * (1.0 + 1e-12), "{metric}: {own}");
                if metric.length(change.iter().copied()) <= radius {
                    prop_assert_eq!(&found[..], &change[..]);
                }
                let size = metric.length(other.iter().copied());
                let inside = other.map(|value| value * (radius / size).min(1.0));
                let angle: f64 = (0..5).map(|i| (change[i] - found[i]) * (inside[i] - found[i])).sum();
                prop_assert!(angle <= 1e-9, "{metric}: {angle}");
            }
        }
    }
}
