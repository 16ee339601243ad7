use burn::tensor::{Bool, Tensor};

use super::Goal;
use crate::nn::{Classifier, Loss, to_vec};
use crate::{Error, Result};

/// What FGSM and its descendants share: steps along the loss gradient, each followed by a projection.
#[derive(Clone, Copy)]
pub(super) struct GradientSteps<'a> {
    pub model: &'a dyn Classifier,
    pub loss: Loss,
    pub goal: &'a Goal,
    /// At least 1.
    pub steps: usize,
}

impl GradientSteps<'_> {
    /// `x ← project(x + step · direction(∇x loss(x)))`, from `start`, again and again; towards a goal the step is a negative one. Shows `visit`
    /// the images after every step.
    pub fn follow(
        &self,
        start: Tensor<4>,
        step: f64,
        mut direction: impl FnMut(Tensor<4>) -> Tensor<4>,
        project: impl Fn(Tensor<4>) -> Tensor<4>,
        zero_gradient: &mut ZeroGradient,
        visit: impl FnMut(&Tensor<4>),
    ) -> Result<Tensor<4>> {
        let advance = |x, gradient, step| Ok(project(x + direction(gradient) * step));
        self.advance(start, step, advance, zero_gradient, visit)
    }

    /// `x ← advance(x, ∇x loss(x), step)` as [`follow`](Self::follow) does it: a step of sign and projection.
    pub fn advance(
        &self,
        start: Tensor<4>,
        step: f64,
        mut advance: impl FnMut(Tensor<4>, Tensor<4>, f64) -> Result<Tensor<4>>,
        zero_gradient: &mut ZeroGradient,
        mut visit: impl FnMut(&Tensor<4>),
    ) -> Result<Tensor<4>> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        let step = step * self.goal.sign();
        let mut x = start;
        for _ in 0..self.steps {
            let (gradient, _) = self.loss.input_gradient(self.model, &x, self.goal.classes())?;
            zero_gradient.see(&gradient);
            x = advance(x, gradient, step)?;
            visit(&x);
        }
        Ok(x)
    }
}

/// Refuses a length of a step that is not a positive number.
pub(super) fn check_step_size(size: Option<f64>) -> Result<()> {
    match size {
        Some(size) if !(size > 0.0 && size.is_finite()) => Err(Error::value("step size", "a positive number", size)),
        _ => Ok(()),
    }
}

/// Which images had a loss gradient of exactly zero wherever it was asked for. Kept on the device until it is asked for.
#[derive(Default)]
pub(super) struct ZeroGradient(Option<Tensor<2, Bool>>);

impl ZeroGradient {
    /// A gradient, shaped as the images.
    pub fn see(&mut self, gradient: &Tensor<4>) {
        let zero = gradient.clone().flatten::<2>(1, 3).equal_elem(0.0).all_dim(1);
        self.0 = Some(match self.0.take() {
            Some(always) => always.bool_and(zero),
            None => zero,
        });
    }

    /// By image, of so many; none if no gradient was seen.
    pub fn by_image(self, images: usize) -> Result<Vec<bool>> {
        match self.0 {
            Some(always) => Ok(to_vec(always.float())?.into_iter().map(|zero| zero != 0.0).collect()),
            None => Ok(vec![false; images]),
        }
    }
}
