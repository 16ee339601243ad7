use burn::tensor::Tensor;

use super::Perturbation;
use super::run::zero_gradients;
use crate::nn::{Classifier, Loss};
use crate::{Error, Result};

/// What the iterated sign methods share: `x ← clip(x + step · sign(∇x loss(x, y)))`, again and again, to the model's bounds alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Iterated {
    pub loss: Loss,
    pub steps: usize,
    /// Steps go down the loss instead of up.
    pub descend: bool,
}

impl Iterated {
    /// Shows `visit` the images after every step. By image: its gradient was exactly zero at every step.
    fn follow(
        self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        classes: &[usize],
        step: f64,
        mut visit: impl FnMut(&Tensor<4>),
    ) -> Result<Vec<bool>> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        let bounds = model.bounds();
        let step = if self.descend { -step } else { step };
        let mut zero_gradient = vec![true; classes.len()];
        let mut x = images.clone();
        for _ in 0..self.steps {
            let (gradient, _) = self.loss.input_gradient(model, &x, classes)?;
            for (always, zero) in zero_gradient.iter_mut().zip(zero_gradients(&gradient)?) {
                *always &= zero;
            }
            x = (x + gradient.sign() * step).clamp(bounds.low, bounds.high);
            visit(&x);
        }
        Ok(zero_gradient)
    }

    pub fn perturb(
        self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        classes: &[usize],
        eps: &[f64],
    ) -> Result<Perturbation> {
        let mut zero_gradient = vec![!eps.is_empty(); classes.len()];
        let mut examples = Vec::with_capacity(eps.len());
        for &eps in eps {
            let mut last = images.clone();
            let zero = self.follow(model, images, classes, eps, |x| last = x.clone())?;
            zero_gradient
                .iter_mut()
                .zip(zero)
                .for_each(|(always, zero)| *always &= zero);
            examples.push(last);
        }
        Ok(Perturbation {
            images: examples,
            zero_gradient,
            gradients: self.steps as f64,
            forwards: 0.0,
        })
    }

    pub fn frames(
        self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        classes: &[usize],
        step: f64,
    ) -> Result<Vec<Tensor<4>>> {
        let mut frames = Vec::with_capacity(self.steps);
        self.follow(model, images, classes, step, |x| frames.push(x.clone()))?;
        Ok(frames)
    }
}
