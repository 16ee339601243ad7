use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What [`Apgd`](super::Apgd) climbs. `z` are the logits of an image, `y` the class it is to leave, `π` the classes from the greatest logit to the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApgdLoss {
    /// Cross-entropy, `-log softmax(z)_y`.
    #[default]
    CrossEntropy,
    /// Difference of logits ratio, `-(z_y - max_{k≠y} z_k) / (z_π1 - z_π3)` (Croce & Hein 2020, eq. 6): neither adding to the logits nor scaling them
    /// changes it. Needs 3 classes.
    Dlr,
    /// Difference of logits ratio towards a class `t`, `-(z_y - z_t) / (z_π1 - (z_π3 + z_π4) / 2)` (Croce & Hein 2020, eq. 7), where `t` is the most
    /// likely class but `y` for the unperturbed image (`rank` 0), the next (1), and so on. Needs 4 classes.
    TargetedDlr {
        /// Place of the target among the other classes of the unperturbed image.
        rank: usize,
    },
}

impl ApgdLoss {
    /// Refuses models that have too few classes for it.
    pub(super) fn check(self, classes: usize) -> Result<()> {
        let (least, what, instead) = match self {
            ApgdLoss::CrossEntropy => (2, "cross-entropy", "nothing but a model of more classes"),
            ApgdLoss::Dlr => (3, "the difference of logits ratio", "`apgd-ce`"),
            ApgdLoss::TargetedDlr { .. } => (4, "the targeted difference of logits ratio", "`apgd-ce` or `fab-t`"),
        };
        if classes >= least {
            return Ok(());
        }
        let expected = format!("at least {least}, which {what} needs: take {instead}");
        Err(Error::value("classes of the model", expected, classes))
    }

    /// The loss at the logits of an image, in f64, with its gradient times a positive number, which is all that the direction of a step depends on.
    ///
    /// That of the cross-entropy is divided by the sum of the other classes' probabilities: it does not vanish where the probability of `class` rounds
    /// to 1. Those of the ratios are multiplied by their denominators.
    pub(super) fn at(self, logits: &[f32], class: usize, target: Option<usize>, cotangent: &mut [f32]) -> f64 {
        let z = |k: usize| f64::from(logits[k]);
        match self {
            ApgdLoss::CrossEntropy => {
                let others = || (0..logits.len()).filter(|&k| k != class);
                let top = others().map(z).fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = others().map(|k| (z(k) - top).exp()).sum();
                for (k, value) in cotangent.iter_mut().enumerate() {
                    *value = if k == class {
                        -1.0
                    } else {
                        ((z(k) - top).exp() / sum) as f32
                    };
                }
                // log(1 + e^ahead), from the side where nothing overflows.
                let ahead = top - z(class) + sum.ln();
                ahead.max(0.0) + (-ahead.abs()).exp().ln_1p()
            }
            ApgdLoss::Dlr => {
                let order = descending(logits);
                let Some(&best) = order.iter().find(|&&k| k != class) else {
                    return 0.0;
                };
                let weights = [(order[0], 1.0), (order[2], -1.0)];
                ratio(logits, (best, class), &weights, cotangent)
            }
            ApgdLoss::TargetedDlr { .. } => {
                let Some(target) = target else { return 0.0 };
                let order = descending(logits);
                let weights = [(order[0], 1.0), (order[2], -0.5), (order[3], -0.5)];
                ratio(logits, (target, class), &weights, cotangent)
            }
        }
    }
}

/// `(z_to - z_from) / Σ weight · z`, and its gradient times the denominator.
fn ratio(logits: &[f32], (to, from): (usize, usize), weights: &[(usize, f64)], cotangent: &mut [f32]) -> f64 {
    let z = |k: usize| f64::from(logits[k]);
    let below: f64 = weights.iter().map(|&(k, weight)| weight * z(k)).sum();
    // Three equal logits at the top: as far as f64 goes, so that no sign is lost.
    let loss = (z(to) - z(from)) / below.max(1e-12);
    cotangent.fill(0.0);
    let mut add = |k: usize, value: f64| cotangent[k] = (f64::from(cotangent[k]) + value) as f32;
    add(to, 1.0);
    add(from, -1.0);
    if below > 1e-12 {
        weights.iter().for_each(|&(k, weight)| add(k, -loss * weight));
    }
    loss
}

/// Classes from the greatest logit to the least; the first of equals first.
fn descending(logits: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    order
}

/// The other class at a place of the order of their logits, if there are so many.
pub(super) fn other_class(logits: &[f32], class: usize, rank: usize) -> Option<usize> {
    descending(logits).into_iter().filter(|&k| k != class).nth(rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 5] = [3.0, -1.0, 4.0, 1.5, 0.5];

    /// By hand, and by central differences.
    #[test]
    fn losses_and_their_gradients() {
        let mut cotangent = [0f32; 5];
        let of = |loss: ApgdLoss, class, target| loss.at(&LOGITS, class, target, &mut [0f32; 5]);
        assert_eq!(of(ApgdLoss::Dlr, 2, None), -(4.0 - 3.0) / (4.0 - 1.5));
        assert_eq!(of(ApgdLoss::Dlr, 1, None), (4.0 + 1.0) / (4.0 - 1.5));
        let targeted = ApgdLoss::TargetedDlr { rank: 0 };
        assert_eq!(of(targeted, 2, Some(3)), -(4.0 - 1.5) / (4.0 - (1.5 + 0.5) / 2.0));
        let sum: f64 = LOGITS.iter().map(|&z| f64::from(z).exp()).sum();
        assert!((of(ApgdLoss::CrossEntropy, 3, None) - (sum.ln() - 1.5)).abs() < 1e-12);
        for (loss, class, target) in [
            (ApgdLoss::CrossEntropy, 2, None),
            (ApgdLoss::Dlr, 2, None),
            (ApgdLoss::Dlr, 4, None),
            (targeted, 2, Some(3)),
            (targeted, 2, Some(1)),
        ] {
            loss.at(&LOGITS, class, target, &mut cotangent);
            let slopes: Vec<f64> = (0..5)
                .map(|k| {
                    let at = |step: f32| {
                        let mut logits = LOGITS;
                        logits[k] += step;
                        loss.at(&logits, class, target, &mut [0f32; 5])
                    };
                    (at(0.0625) - at(-0.0625)) / 0.125
                })
                .collect();
            let length = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>().sqrt();
            let found: Vec<f64> = cotangent.iter().map(|&v| f64::from(v)).collect();
            let (slope, length) = (length(&slopes), length(&found));
            for (a, b) in slopes.iter().zip(&found) {
                assert!((a / slope - b / length).abs() < 2e-2, "{loss:?}: {slopes:?}, {found:?}");
            }
        }
    }

    /// Where f32 has a probability of 1 and a gradient of zero.
    #[test]
    fn the_gradient_of_a_confident_model_has_a_direction() {
        let mut cotangent = [0f32; 3];
        let loss = ApgdLoss::CrossEntropy.at(&[400.0, 0.0, -1.0], 0, None, &mut cotangent);
        assert!(loss > 0.0 && loss < 1e-170);
        assert_eq!(cotangent[0], -1.0);
        assert!((cotangent[1] - 0.731_058_6).abs() < 1e-6);
        assert_eq!(ApgdLoss::Dlr.at(&[1.0; 3], 0, None, &mut cotangent), 0.0);
        assert_eq!(cotangent, [-1.0, 1.0, 0.0]);
    }

    #[test]
    fn too_few_classes_are_refused() {
        assert!(ApgdLoss::Dlr.check(3).is_ok());
        let message = ApgdLoss::TargetedDlr { rank: 0 }.check(3).unwrap_err().to_string();
        assert!(
            message.contains("3 is not at least 4, which the targeted difference"),
            "{message}"
        );
        assert_eq!(other_class(&LOGITS, 2, 1), Some(3));
        assert_eq!(other_class(&LOGITS, 2, 4), None);
    }
}
