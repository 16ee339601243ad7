use burn::tensor::Tensor;

use super::norm::Norm;
use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, Pullback, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};

/// A function of the logits whose input gradient can be penalized. Any closure of this form is one.
pub trait PenalizedLoss {
    /// Gradient of each image's loss with respect to its logits, `[n, classes]`, on the tape of the logits.
    ///
    /// # Errors
    /// When the batch does not fit.
    fn logit_gradient(&self, logits: &Tensor<2>, batch: &Batch) -> Result<Tensor<2>>;
}

impl<F: Fn(&Tensor<2>, &Batch) -> Result<Tensor<2>>> PenalizedLoss for F {
    fn logit_gradient(&self, logits: &Tensor<2>, batch: &Batch) -> Result<Tensor<2>> {
        self(logits, batch)
    }
}

/// `lambda` times the mean over images of a norm of that image's input gradient of `loss`.
///
/// With class weights it is the weighted mean, as that of the cross-entropy is: `lambda Σ_n w_n ‖∇x loss_n‖² / Σ_n w_n`. The penalized loss
/// itself has no weight, so that `lambda` weighs penalty against cross-entropy in the same way for the images of every class.
///
/// It is an [`Objective`] by itself: cross-entropy plus penalty. A penalty of your own is a closure that gives a
/// gradient with respect to the logits; here that of the largest logit, in the L1 norm:
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Module, Network, Pool, TrainingPass, one_hot, paper_cnn, predictions};
/// use doubleback::batch::Batch;
/// use doubleback::train::{GradientPenalty, Norm, Objective};
///
/// let largest_logit = |logits: &Tensor<2>, batch: &Batch| one_hot(&predictions(logits)?, logits.dims()[1], batch.images());
/// let penalty = GradientPenalty { loss: largest_logit, norm: Norm::L1, lambda: 0.01 };
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?.tracked();
/// let batch = Batch::of(Tensor::zeros([2, 1, 28, 28], &Device::flex()), vec![3, 8], 10)?;
/// let values = penalty.evaluate(&network, &batch, &mut TrainingPass::new(0, 0))?;
/// let gradients = values.loss.backward();
/// # let _ = gradients;
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradientPenalty<L> {
    /// Whose input gradient is penalized.
    pub loss: L,
    /// Of what length.
    pub norm: Norm,
    /// Weight per example, independent of the batch's size.
    pub lambda: f64,
}

impl<L: PenalizedLoss> GradientPenalty<L> {
    /// Its value on a batch, `[1]`, from the logits and their pullback.
    ///
    /// # Errors
    /// When the batch does not fit.
    pub fn value(&self, logits: &Tensor<2>, pullback: &Pullback<'_>, batch: &Batch) -> Result<Tensor<1>> {
        let gradient = pullback.apply(self.loss.logit_gradient(logits, batch)?)?;
        Ok(match batch.weights() {
            None => self.norm.sum(gradient) * (self.lambda / batch.len() as f64),
            Some(weights) => self.norm.weighted_sum(gradient, weights.of_images()) * (self.lambda / weights.sum()),
        })
    }
}

/// Cross-entropy plus the penalty.
impl<L: PenalizedLoss> Objective for GradientPenalty<L> {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let (logits, pullback) = network.forward_with_pullback(batch.images().clone(), pass.mode())?;
        let penalty = self.value(&logits, &pullback, batch)?;
        let cross_entropy = batch.cross_entropy(&logits);
        Ok(ObjectiveValue {
            loss: cross_entropy.clone() + penalty,
            cross_entropy,
            logits,
        })
    }
}
