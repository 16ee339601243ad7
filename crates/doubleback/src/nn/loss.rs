//! Losses of logits, and the cotangents that turn a pullback into their input gradients.

use std::str::FromStr;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use super::classifier::Classifier;
use crate::not_finite::{NotFinite, Quantity};
use crate::{Error, Result};

/// Mean over the batch of `-Σ_k target_k log p_k`, shape `[1]`.
pub fn cross_entropy(logits: &Tensor<2>, targets: &Tensor<2>) -> Tensor<1> {
    let n = logits.dims()[0] as f64;
    (log_softmax(logits.clone(), 1) * targets.clone()).sum() / -n
}

/// Labels as `[n, classes]` zeros and ones.
///
/// # Errors
/// When a label is not below `classes`.
pub fn one_hot(labels: &[usize], classes: usize, like: &Tensor<4>) -> Result<Tensor<2>> {
    check_labels(labels, classes)?;
    let mut values = vec![0f32; labels.len() * classes];
    for (i, &label) in labels.iter().enumerate() {
        values[i * classes + label] = 1.0;
    }
    Ok(Tensor::from_data(
        TensorData::new(values, [labels.len(), classes]),
        (&like.device().inner(), like.dtype()),
    ))
}

fn check_labels(labels: &[usize], classes: usize) -> Result<()> {
    match labels.iter().find(|&&label| label >= classes) {
        Some(label) => Err(Error::value(
            "label",
            format!("below the {classes} classes of the model"),
            label,
        )),
        None => Ok(()),
    }
}

/// What an attack climbs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// Cross-entropy, as in the paper. Its gradient is exactly zero in f32 once the probability of the label rounds to 1.
    #[default]
    #[serde(rename = "ce")]
    CrossEntropy,
    /// Largest other logit minus that of the label (Carlini & Wagner 2017, without the floor): its gradient never underflows.
    Margin,
    /// Largest probability of another class minus that of the label: an image that is far on either side of the boundary counts little.
    #[serde(rename = "probability-margin")]
    ProbabilityMargin,
}

impl Loss {
    /// All of them.
    pub const ALL: [Loss; 3] = [Loss::CrossEntropy, Loss::Margin, Loss::ProbabilityMargin];

    /// `ce`, `margin` or `probability-margin`.
    pub fn name(self) -> &'static str {
        match self {
            Loss::CrossEntropy => "ce",
            Loss::Margin => "margin",
            Loss::ProbabilityMargin => "probability-margin",
        }
    }

    /// `cross-entropy`, `margin` or `margin of probabilities`, for a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Loss::CrossEntropy => "cross-entropy",
            Loss::Margin => "margin",
            Loss::ProbabilityMargin => "margin of probabilities",
        }
    }

    /// Gradient of each image's loss with respect to its logits, `[n, classes]`.
    ///
    /// # Errors
    /// When a label is not a class.
    pub fn cotangent(self, logits: &Tensor<2>, labels: &[usize], like: &Tensor<4>) -> Result<Tensor<2>> {
        let classes = logits.dims()[1];
        let truth = one_hot(labels, classes, like)?;
        match self {
            Loss::CrossEntropy => Ok(softmax(logits.clone(), 1) - truth),
            Loss::Margin => Ok(best_other(logits, &truth) - truth),
            Loss::ProbabilityMargin => {
                // `∂(p_j - p_y) / ∂z_k` is `p_j (1 - p_j + p_y)` at the best other class `j`, `-p_y (1 - p_y + p_j)` at the label `y`, and
                // `p_k (p_y - p_j)` elsewhere. `1 - p` is summed from the other classes: where `p` rounds to 1 it is not 0.
                let best = best_other(logits, &truth);
                let p = softmax(logits.clone(), 1);
                let of = |one: &Tensor<2>| (p.clone() * one.clone()).sum_dim(1);
                let but = |one: &Tensor<2>| (p.clone() * (one.clone() * -1.0 + 1.0)).sum_dim(1);
                let (other, own) = (of(&best), of(&truth));
                let elsewhere = (best.clone() + truth.clone()) * -1.0 + 1.0;
                let slope = best.clone() * (but(&best) + own.clone()) - truth.clone() * (but(&truth) + other.clone());
                Ok(p * (slope + elsewhere * (own - other)))
            }
        }
    }

    /// The loss of each image, in f64: the cross-entropy does not round to 0 where f32's does.
    ///
    /// # Errors
    /// When a label is not a class, or there is not one for each image.
    pub fn values(self, logits: &Tensor<2>, labels: &[usize]) -> Result<Vec<f64>> {
        let [n, classes] = logits.dims();
        if labels.len() != n {
            return Err(Error::shape("labels", n, labels.len()));
        }
        check_labels(labels, classes)?;
        let values = to_vec(logits.clone())?;
        let loss = |(row, &label): (&[f32], &usize)| {
            // How far every other logit is above that of the label.
            let others = || (0..classes).filter(move |&k| k != label);
            let ahead = |k: usize| f64::from(row[k]) - f64::from(row[label]);
            let best = others().map(ahead).fold(f64::NEG_INFINITY, f64::max);
            match self {
                Loss::Margin => best,
                Loss::ProbabilityMargin => {
                    let top = best.max(0.0);
                    let sum: f64 = others().map(|k| (ahead(k) - top).exp()).sum();
                    let own = (-top).exp();
                    ((best - top).exp() - own) / (sum + own)
                }
                Loss::CrossEntropy => {
                    let top = best.max(0.0);
                    let sum: f64 = others().map(|k| (ahead(k) - top).exp()).sum();
                    if top == 0.0 {
                        sum.ln_1p()
                    } else {
                        top + (sum + (-top).exp()).ln()
                    }
                }
            }
        };
        Ok(values.chunks_exact(classes.max(1)).zip(labels).map(loss).collect())
    }

    /// Gradient of each image's loss with respect to the image, shaped as the images, and the logits it was taken at.
    ///
    /// # Errors
    /// When images or labels do not fit the model.
    pub fn input_gradient(
        self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        labels: &[usize],
    ) -> Result<(Tensor<4>, Tensor<2>)> {
        if labels.len() != images.dims()[0] {
            return Err(Error::shape("labels", images.dims()[0], labels.len()));
        }
        let cotangents = |logits: &Tensor<2>, places| self.cotangent(logits, &labels[places], images);
        let (logits, gradient) = model.logits_with_gradient(images.clone(), &cotangents)?;
        Ok((gradient, logits))
    }
}

impl FromStr for Loss {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Loss::ALL.into_iter().find(|loss| loss.name() == name);
        found.ok_or_else(|| Error::unknown("loss", name, Loss::ALL.map(Loss::name)))
    }
}

/// 1 at the best class but the label's, found where the logits are, `[n, classes]`. `truth` has the labels as zeros and ones.
fn best_other(logits: &Tensor<2>, truth: &Tensor<2>) -> Tensor<2> {
    let label = truth.clone().equal_elem(1.0);
    first_greatest(logits.clone().mask_fill(label, f32::NEG_INFINITY)).cast(truth.dtype())
}

/// 1 at the greatest value of each row, `[n, classes]`, at the first of equals as in [`predictions`]: which of them `argmax` gives is the backend's
/// choice.
fn first_greatest(values: Tensor<2>) -> Tensor<2> {
    let [n, classes] = values.dims();
    let places = Tensor::arange(0..classes as i64, &values.device())
        .reshape([1, classes as i32])
        .expand([n, classes]);
    let greatest = values.clone().max_dim(1).expand([n, classes]);
    let elsewhere = values.not_equal(greatest);
    let first = places.clone().mask_fill(elsewhere, classes as i64).min_dim(1);
    places.equal(first.expand([n, classes])).float()
}

/// Class of the largest logit of each image; the first of equals.
///
/// # Errors
/// When the logits of an image are not finite: it is of no class. When the device fails.
pub fn predictions(logits: &Tensor<2>) -> Result<Vec<usize>> {
    let classes = logits.dims()[1];
    let values = to_vec(logits.clone())?;
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        return Err(NotFinite::new(Quantity::Logits, place / classes.max(1)).into());
    }
    Ok(values
        .chunks_exact(classes)
        .map(|row| {
            row.iter()
                .enumerate()
                .fold(0, |best, (k, &value)| if value > row[best] { k } else { best })
        })
        .collect())
}

/// The values of a tensor, in row-major order.
///
/// # Errors
/// When the device fails.
pub fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|e| Error::device("reading a tensor", e))
}

#[cfg(test)]
mod tests {
    use burn::tensor::DType;

    use super::*;
    use doubleback_test_device::test_device;

    /// On whatever device: the tie rule is not the backend's.
    #[test]
    fn of_equal_logits_the_first_is_taken_everywhere() {
        let rows = [[2.0, 5.0, 5.0, 1.0], [3.0, 3.0, 3.0, 3.0], [-1.0, -7.0, -1.0, -1.0]];
        let logits = Tensor::<2>::from_floats(rows, &test_device());
        assert_eq!(predictions(&logits).unwrap(), [1, 0, 0]);
        let like = Tensor::<4>::zeros([3, 1, 1, 1], &test_device());
        let margin = |labels: &[usize]| to_vec(Loss::Margin.cotangent(&logits, labels, &like).unwrap()).unwrap();
        assert_eq!(
            margin(&[3, 0, 0]),
            [0.0, 1.0, 0.0, -1.0, -1.0, 1.0, 0.0, 0.0, -1.0, 0.0, 1.0, 0.0]
        );
        assert_eq!(
            margin(&[1, 2, 3]),
            [0.0, -1.0, 1.0, 0.0, 1.0, 0.0, -1.0, 0.0, 1.0, 0.0, 0.0, -1.0]
        );
    }

    /// A large number in place of minus infinity would itself be infinite in f16, and no number after a subtraction.
    #[test]
    fn losses_of_halves_are_finite() {
        let rows = [[65000.0, -65000.0, 1.0], [0.5, 0.25, 0.5]];
        let logits = Tensor::<2>::from_floats(rows, &test_device()).cast(DType::F16);
        let like = Tensor::<4>::zeros([2, 1, 1, 1], &test_device()).cast(DType::F16);
        for loss in Loss::ALL {
            let cotangent = loss.cotangent(&logits, &[0, 0], &like).unwrap();
            assert_eq!(cotangent.dtype(), DType::F16);
            let values = to_vec(cotangent).unwrap();
            assert!(values.iter().all(|value| value.is_finite()), "{loss:?}: {values:?}");
            if loss == Loss::Margin {
                assert_eq!(values, [-1.0, 0.0, 1.0, -1.0, 0.0, 1.0]);
            }
        }
        assert_eq!(predictions(&logits).unwrap(), [0, 0]);
    }

    /// Against central differences of the values, which are f64.
    #[test]
    fn the_gradient_of_the_probability_margin_is_its_slope() {
        let rows = [
            [0.5, -1.25, 2.0, 0.75],
            [0.5, -1.25, 2.0, 0.75],
            [-3.0, -2.5, -2.5, -7.0],
            [6.0, 0.0, -1.0, -0.5],
        ];
        let (labels, step) = ([2, 1, 0, 0], 1.0 / 512.0);
        let at = |k: usize, step: f32| {
            let moved = rows.map(|mut row| {
                row[k] += step;
                row
            });
            let logits = Tensor::<2>::from_floats(moved, &test_device());
            Loss::ProbabilityMargin.values(&logits, &labels).unwrap()
        };
        let logits = Tensor::<2>::from_floats(rows, &test_device());
        let like = Tensor::<4>::zeros([4, 1, 1, 1], &test_device());
        let found = to_vec(Loss::ProbabilityMargin.cotangent(&logits, &labels, &like).unwrap()).unwrap();
        for k in 0..4 {
            let (after, before) = (at(k, step), at(k, -step));
            for row in 0..4 {
                // Between two best classes the slope jumps.
                if row == 2 && (k == 1 || k == 2) {
                    continue;
                }
                let slope = (after[row] - before[row]) / f64::from(2.0 * step);
                let found = f64::from(found[4 * row + k]);
                assert!(
                    (found - slope).abs() < 2e-6,
                    "row {row}, class {k}: {found} is not {slope}"
                );
            }
        }
    }

    /// A probability that rounds to 1 leaves a direction: here `p_1 = e^-30`, `p_2 = e^-31`, and `1 - p_0` is their sum.
    #[test]
    fn the_probability_margin_of_a_confident_model_has_a_direction() {
        let logits = Tensor::<2>::from_floats([[30.0, 0.0, -1.0]], &test_device());
        let like = Tensor::<4>::zeros([1, 1, 1, 1], &test_device());
        let found = to_vec(Loss::ProbabilityMargin.cotangent(&logits, &[0], &like).unwrap()).unwrap();
        let [first, second] = [(-30f64).exp(), (-31f64).exp()];
        for (found, expected) in found.iter().zip([-(2.0 * first + second), 2.0 * first, second]) {
            assert!(
                (f64::from(*found) / expected - 1.0).abs() < 1e-5,
                "{found} is not {expected}"
            );
        }
    }

    /// Hand-computed: logits 0 and ln 3 have probabilities 1/4 and 3/4.
    #[test]
    fn values_of_known_logits() {
        let third = 3f32.ln();
        let logits = Tensor::<2>::from_floats([[0.0, third], [0.0, third], [60.0, 0.0], [0.0, 2000.0]], &test_device());
        let near = |found: Vec<f64>, expected: [f64; 4]| {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-6 * b.abs();
            assert!(found.iter().zip(&expected).all(close), "{found:?} is not {expected:?}");
        };
        let labels = [0, 1, 0, 0];
        let cross_entropy = [4f64.ln(), (4f64 / 3.0).ln(), (-60f64).exp(), 2000.0];
        near(Loss::CrossEntropy.values(&logits, &labels).unwrap(), cross_entropy);
        near(
            Loss::Margin.values(&logits, &labels).unwrap(),
            [3f64.ln(), -(3f64.ln()), -60.0, 2000.0],
        );
        near(
            Loss::ProbabilityMargin.values(&logits, &labels).unwrap(),
            [0.5, -0.5, -1.0, 1.0],
        );
        assert!(Loss::Margin.values(&logits, &[0]).is_err());
        assert!(Loss::Margin.values(&logits, &[0, 1, 2, 0]).is_err());
    }
}
