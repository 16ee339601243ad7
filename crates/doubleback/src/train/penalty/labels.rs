use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, softmax};
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use super::gradient_penalty::PenalizedLoss;
use super::teacher::Teacher;
use crate::batch::Batch;
use crate::{Error, Result};

/// The labels q of a penalized cross-entropy `H(q, p) = -Σ_k q_k log p_k`, where p are the network's probabilities.
#[derive(Clone, Debug)]
pub enum Labels {
    /// The true label: double backprop.
    True,
    /// 1/K for each of K classes: certainty sensitivity.
    Uniform,
    /// A teacher's probabilities: the distilled-label penalty.
    Teacher(Arc<Teacher>),
    /// The network's own probabilities, which gives the entropy `H(p, p)`. Both places depend on the image and both are differentiated:
    /// with the labels held constant the gradient would be zero everywhere, and the penalty nothing.
    Own,
}

/// What stands behind the labels of a penalized loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Output {
    /// Log-probabilities: `-Σ_k q_k log p_k`, the cross-entropy of the paper.
    #[default]
    LogProbabilities,
    /// Logits: `-Σ_k q_k z_k`, whose gradient does not fade for confident predictions.
    Logits,
}

impl Output {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Output::LogProbabilities, Output::Logits];

    /// `log-probabilities` or `logits`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("output", name, Output::ALL.map(Output::name))
}

/// The penalized losses of Ross & Doshi-Velez 2018: labels, and what they are compared with.
#[derive(Clone, Debug)]
pub struct Penalized {
    /// Labels.
    pub labels: Labels,
    /// Compared with these.
    pub output: Output,
}

impl PenalizedLoss for Penalized {
    fn logit_gradient(&self, z: &Tensor<2>, batch: &Batch) -> Result<Tensor<2>> {
        let p = softmax(z.clone(), 1);
        Ok(match (&self.labels, self.output) {
            (Labels::True, Output::LogProbabilities) => p - batch.targets.clone(),
            (Labels::True, Output::Logits) => -batch.targets.clone(),
            (Labels::Uniform, Output::LogProbabilities) => p - uniform(z),
            (Labels::Uniform, Output::Logits) => p.zeros_like().inner() - uniform(z),
            (Labels::Teacher(teacher), Output::LogProbabilities) => p - teacher.probabilities(batch)?,
            (Labels::Teacher(teacher), Output::Logits) => -teacher.probabilities(batch)?,
            // d/dz_j of -Σ_k p_k log p_k is -p_j (log p_j + H).
            (Labels::Own, Output::LogProbabilities) => {
                let log_p = log_softmax(z.clone(), 1);
                let entropy = -(p.clone() * log_p.clone()).sum_dim(1);
                -p * (log_p + entropy)
            }
            // d/dz_j of -Σ_k p_k z_k is -p_j (1 + z_j - Σ_k p_k z_k).
            (Labels::Own, Output::Logits) => {
                let expected = (p.clone() * z.clone()).sum_dim(1);
                -p * (z.clone() - expected + 1.0)
            }
        })
    }
}

fn uniform(logits: &Tensor<2>) -> f64 {
    1.0 / logits.dims()[1] as f64
}
