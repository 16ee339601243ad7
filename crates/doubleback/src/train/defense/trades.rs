use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use crate::Result;
use crate::attack::{DivergenceAscent, Norm};
use crate::batch::Batch;
use crate::nn::{Classifier, Module, Network, TrainingPass};
use crate::train::objective::{Objective, ObjectiveValue};

/// TRADES (Zhang et al. 2019, arXiv 1901.08573, eq. 5): `CE(x) + beta · KL(p(x) ‖ p(x'))`, the mean over the images, where `x'` is the perturbed image
/// whose prediction is farthest from that of `x`. Labels enter the first part alone.
///
/// `x'` is sought by [`steps`](Self::steps) up the gradient of the divergence, each of length `2.5 · eps / steps`, from `x` with a little noise, on the
/// network in inference mode, and is a constant for differentiation; gradients go through both predictions. As in the authors' code the outer passes
/// are in training mode, first of the images, then of the perturbed ones: each has its own batch statistics and dropout, and moving averages take
/// both in this order. (The authors compute that of the images a second time, so that moving averages take it twice.)
///
/// With class weights both parts are weighted means: `Σ_n w_n (CE_n + beta · KL_n) / Σ_n w_n`, w_n the weight of image n's true class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trades {
    /// Size of the perturbation.
    pub eps: f64,
    /// Gradient steps of the inner maximization, at least 1.
    pub steps: usize,
    /// The norm that `eps` bounds.
    pub norm: Norm,
    /// Weight of the divergence, 1/λ of the paper: zero or a positive number.
    pub beta: f64,
}

impl Trades {
    /// The objective, `[1]`, from the logits of the images of a batch and of their perturbed versions, both `[n, classes]`.
    pub fn loss(&self, logits: &Tensor<2>, perturbed: &Tensor<2>, batch: &Batch) -> Tensor<1> {
        let p = softmax(logits.clone(), 1);
        // Cross-entropy of the two predictions, less the entropy of the first.
        let divergence = batch.cross_entropy_with(perturbed, &p) - batch.cross_entropy_with(logits, &p);
        batch.cross_entropy(logits) + divergence * self.beta
    }
}

impl Objective for Trades {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        let ascent = DivergenceAscent {
            norm: self.norm,
            eps: self.eps,
            steps: self.steps,
            seed: pass.draw_seed(),
        };
        let perturbed = ascent.perturb(&network.untracked(), batch.images())?;
        let bounds = network.bounds();
        let logits = network.forward(batch.images().clone(), pass.mode())?;
        let others = network.forward(perturbed.clamp(bounds.low, bounds.high), pass.mode())?;
        Ok(ObjectiveValue {
            loss: self.loss(&logits, &others, batch),
            cross_entropy: batch.cross_entropy(&logits),
            logits,
        })
    }
}
