use super::gradient_penalty::GradientPenalty;
use super::labels::{Labels, Output, Penalized};
use super::norm::Norm;

/// A penalty on input gradients but for the labels of its loss, which are the defense's. A number alone is the weight of the paper's
/// penalty: the squared L2 norm, of log-probabilities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PenaltyOptions {
    /// Weight per example, independent of the batch's size.
    pub lambda: f64,
    /// Norm of the penalized gradient.
    pub norm: Norm,
    /// Whether log-probabilities or logits are penalized.
    pub output: Output,
}

impl From<f64> for PenaltyOptions {
    fn from(lambda: f64) -> Self {
        Self {
            lambda,
            norm: Norm::default(),
            output: Output::default(),
        }
    }
}

impl PenaltyOptions {
    /// The penalty on the gradient of the loss with these labels.
    pub fn with(self, labels: Labels) -> GradientPenalty<Penalized> {
        let PenaltyOptions { lambda, norm, output } = self;
        GradientPenalty {
            loss: Penalized { labels, output },
            norm,
            lambda,
        }
    }
}

/// The weight per example that corresponds to the authors' weight at their batch size: theirs multiplies half the squared norm of the
/// gradient of the batch *mean*.
///
/// ```
/// # use doubleback::train::per_example_lambda;
/// assert!((per_example_lambda(56234.0, 256) - 109.83).abs() < 0.01);
/// ```
pub const fn per_example_lambda(paper_lambda: f64, batch: usize) -> f64 {
    paper_lambda / (2.0 * batch as f64)
}

/// Inverse of [`per_example_lambda`].
pub const fn paper_lambda(lambda: f64, batch: usize) -> f64 {
    lambda * 2.0 * batch as f64
}
