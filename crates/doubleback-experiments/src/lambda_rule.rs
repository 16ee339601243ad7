//! The rule of Ross & Doshi-Velez 2018 for the weight of a penalty: of the models that are nearly as accurate as the normal model on clean
//! validation images, the one that is most accurate on the normal model's FGSM examples of them. The paper has no word on ties: here the
//! smaller weight wins, which changes the training least, and of equal weights the first.

use doubleback::statistics::greatest_by;

/// Fraction of the normal model's clean validation accuracy that a model must reach to be chosen.
pub const SHARE_OF_NORMAL: f64 = 0.97;

/// A model, or several that differ in the seed, by what the rule looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<T> {
    pub model: T,
    /// Weight of its penalty; 0 without one.
    pub lambda: f64,
    /// Accuracy on the normal model's FGSM examples of the validation images.
    pub attacked: f64,
}

/// Whether a model may be chosen, by its accuracy on clean validation images and that of the normal model.
pub(crate) fn is_eligible(accuracy: f64, normal: f64) -> bool {
    accuracy >= SHARE_OF_NORMAL * normal
}

/// The one of these eligible models that the rule chooses, if there is any. A model whose accuracy is no number is not chosen.
pub(crate) fn choose<T>(eligible: impl IntoIterator<Item = Candidate<T>>) -> Option<T> {
    let mut candidates: Vec<Candidate<T>> = eligible.into_iter().collect();
    // The first of equals is the greatest, so of equals the one with the smallest weight; a stable sort keeps the order of those that have one.
    candidates.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
    greatest_by(candidates, |candidate| candidate.attacked).map(|candidate| candidate.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_seven_percent_of_normal_is_enough() {
        assert!(is_eligible(0.97, 1.0));
        assert!(is_eligible(0.7, 0.7));
        assert!(!is_eligible(0.969, 1.0));
    }

    #[test]
    fn the_most_robust_is_chosen_and_of_equals_the_smallest_weight() {
        let candidates = [(30.0, 0.8), (1.0, 0.6), (3.0, 0.9), (10.0, 0.9), (0.3, 0.2)];
        let of = |(lambda, attacked): (f64, f64)| Candidate {
            model: lambda,
            lambda,
            attacked,
        };
        assert_eq!(choose(candidates.map(of)), Some(3.0));
        let mut reversed = candidates;
        reversed.reverse();
        assert_eq!(choose(reversed.map(of)), Some(3.0));
        assert_eq!(choose(candidates[..1].iter().copied().map(of)), Some(30.0));
        assert_eq!(choose::<()>([]), None);
        let equals = [("first", 1.0), ("second", 1.0), ("third", 2.0)].map(|(model, lambda)| Candidate {
            model,
            lambda,
            attacked: 0.5,
        });
        assert_eq!(choose(equals), Some("first"));
        let unknown = [f64::NAN, 0.1].map(|attacked| Candidate {
            model: attacked,
            lambda: 1.0,
            attacked,
        });
        assert_eq!(choose(unknown), Some(0.1));
    }
}
