//! Flags of gradient masking: a model that withstands an attack only because its gradients vanish is not robust.

use crate::statistics::greatest_by;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MarginCheck, Masking};

/// A model whose gradients vanish on more than this share of the images is flagged.
pub const ZERO_GRADIENT_SHARE: f64 = 0.1;

/// A model whose accuracy falls by more than this under a loss that does not underflow is flagged.
pub const MARGIN_FALL: f64 = 0.1;

/// A reason to doubt that a model is as robust as an attack makes it look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flag {
    /// What kind of reason: `zero-gradients`, `loss-underflow`, or one of [`audit::flags`](crate::audit::flags).
    pub name: String,
    /// A sentence with the numbers.
    pub detail: String,
    /// The numbers by name.
    pub evidence: BTreeMap<String, f64>,
}

impl Flag {
    /// A number of the evidence.
    pub fn evidence(&self, name: &str) -> Option<f64> {
        self.evidence.get(name).copied()
    }

    pub(crate) fn new<const N: usize>(name: &str, detail: String, evidence: [(&str, f64); N]) -> Self {
        Self {
            name: name.to_owned(),
            detail,
            evidence: evidence
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

/// Name of the flag that [`zero_gradients`] raises.
pub const ZERO_GRADIENTS: &str = "zero-gradients";

/// Name of the flag that [`loss_underflow`] raises.
pub const LOSS_UNDERFLOW: &str = "loss-underflow";

/// Flags an attack whose gradient was exactly zero on more than [`ZERO_GRADIENT_SHARE`] of the images: these are returned unchanged.
/// Evidence: `share`, `zero_gradient_images`, `count`.
pub fn zero_gradients(masking: &Masking) -> Option<Flag> {
    let share = masking.share()?;
    (share > ZERO_GRADIENT_SHARE).then(|| {
        let detail = format!(
            "The gradient is exactly zero on {} of {} images ({:.1} %): the attack had no direction for them",
            masking.zero_gradient_images,
            masking.count,
            100.0 * share
        );
        let evidence = [
            ("share", share),
            ("zero_gradient_images", masking.zero_gradient_images as f64),
            ("count", masking.count as f64),
        ];
        Flag::new(ZERO_GRADIENTS, detail, evidence)
    })
}

/// Flags a model whose accuracy, at some epsilon, falls by more than [`MARGIN_FALL`] when FGSM climbs the margin of the logits, whose gradient
/// does not underflow, in place of the cross-entropy. Takes the checks of one model. Evidence: `eps`, `cross_entropy_accuracy`,
/// `margin_accuracy`, where the fall is greatest.
pub fn loss_underflow<'a>(checks: impl IntoIterator<Item = &'a MarginCheck>) -> Option<Flag> {
    let check = greatest_fall(checks)?;
    let (cross_entropy, margin) = (check.cross_entropy_accuracy, check.margin_accuracy);
    (cross_entropy - margin > MARGIN_FALL).then(|| {
        let detail = format!(
            "At eps {} accuracy is {:.1} % under FGSM on the cross-entropy and {:.1} % under FGSM on the margin",
            check.eps,
            100.0 * cross_entropy,
            100.0 * margin
        );
        let evidence = [
            ("eps", check.eps),
            ("cross_entropy_accuracy", cross_entropy),
            ("margin_accuracy", margin),
        ];
        Flag::new(LOSS_UNDERFLOW, detail, evidence)
    })
}

/// The check, of those with finite accuracies, in which the accuracy falls most from the cross-entropy to the margin; the first of equals.
pub fn greatest_fall<'a>(checks: impl IntoIterator<Item = &'a MarginCheck>) -> Option<&'a MarginCheck> {
    let fall = |check: &MarginCheck| check.cross_entropy_accuracy - check.margin_accuracy;
    let known = checks
        .into_iter()
        .filter(|check| check.cross_entropy_accuracy.is_finite() && check.margin_accuracy.is_finite());
    greatest_by(known, |check| fall(check))
}

impl Masking {
    /// Share of the images whose gradient is exactly zero; none if there is no image.
    pub fn share(&self) -> Option<f64> {
        (self.count > 0).then(|| self.zero_gradient_images as f64 / self.count as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_gradients_are_flagged_above_the_bar() {
        let masking = |zero_gradient_images| Masking {
            zero_gradient_images,
            count: 100,
        };
        assert_eq!(zero_gradients(&masking(10)), None);
        let flag = zero_gradients(&masking(11)).unwrap();
        assert_eq!(
            (flag.name.as_str(), flag.evidence("share")),
            (ZERO_GRADIENTS, Some(0.11))
        );
        assert!(flag.detail.contains("11 of 100 images (11.0 %)"), "{}", flag.detail);
        let none = Masking {
            zero_gradient_images: 0,
            count: 0,
        };
        assert_eq!(zero_gradients(&none), None);
    }

    #[test]
    fn underflow_is_flagged_where_the_fall_is_greatest() {
        let check = |eps, cross_entropy_accuracy, margin_accuracy| MarginCheck {
            model: "model".to_owned(),
            eps,
            cross_entropy_accuracy,
            margin_accuracy,
            count: 100,
        };
        let mut checks = vec![check(0.1, 0.9, 0.8125), check(0.2, 0.5, 0.5), check(0.3, f64::NAN, 0.0)];
        assert_eq!(loss_underflow(&checks), None);
        checks.push(check(0.4, 0.75, 0.25));
        let flag = loss_underflow(&checks).unwrap();
        assert_eq!((flag.name.as_str(), flag.evidence("eps")), (LOSS_UNDERFLOW, Some(0.4)));
        assert_eq!(flag.evidence("margin_accuracy"), Some(0.25));
        assert_eq!(loss_underflow(&[]), None);
    }
}
