use std::sync::Arc;

use super::{Objective, ObjectiveValue};
use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass, cross_entropy};
use crate::train::penalty::{GradientPenalty, Labels, Norm, Output, Penalized, PenalizedLoss, Teacher};

/// Cross-entropy plus the penalty.
impl<L: PenalizedLoss> Objective for GradientPenalty<L> {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let (logits, pullback) = network.forward_with_pullback(batch.images.clone(), pass.mode())?;
        let penalty = self.value(&logits, &pullback, batch)?;
        let cross_entropy = cross_entropy(&logits, &batch.targets);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone() + penalty,
            cross_entropy,
            logits,
        })
    }
}

impl GradientPenalty<Penalized> {
    fn of(labels: Labels, lambda: f64) -> Self {
        let output = Output::LogProbabilities;
        let norm = Norm::SquaredL2;
        Self {
            loss: Penalized { labels, output },
            norm,
            lambda,
        }
    }

    /// Double backprop (Drucker & Le Cun 1992; Ross & Doshi-Velez 2018, eq. 6): `λ · mean_n ‖∇x H(y, p)_n‖²`.
    pub fn double_backprop(lambda: f64) -> Self {
        Self::of(Labels::True, lambda)
    }

    /// Certainty sensitivity (Ross & Doshi-Velez 2018, eq. 7): `λ · mean_n ‖∇x H(1/K, p)_n‖²`; no label enters it.
    pub fn certainty_sensitivity(lambda: f64) -> Self {
        Self::of(Labels::Uniform, lambda)
    }

    /// The distilled-label penalty of the same paper: `λ · mean_n ‖∇x H(p_teacher, p)_n‖²`.
    pub fn distilled_label(teacher: impl Into<Arc<Teacher>>, lambda: f64) -> Self {
        Self::of(Labels::Teacher(teacher.into()), lambda)
    }

    /// The entropy penalty of the same paper, which saw no effect of it: `λ · mean_n ‖∇x H(p, p)_n‖²`.
    pub fn entropy(lambda: f64) -> Self {
        Self::of(Labels::Own, lambda)
    }
}
