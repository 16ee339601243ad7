//! The gradients of a training step, from the tape to the optimizer.

use burn::tensor::{Gradients, Tensor};

use crate::nn::{Module, Parameter, check_type, to_vec};
use crate::{Error, Result};

/// Added to the norm that gradients are divided by, as in PyTorch.
const EPSILON: f64 = 1e-6;

/// The gradient of each parameter in order; nothing of those that are not trained.
pub(in crate::train) type Collected = Vec<Option<Tensor<1>>>;

/// The learning rate of each parameter.
#[derive(Clone, Copy, Debug)]
pub(in crate::train) struct Rate<'a> {
    /// That of all,
    pub of_all: f64,
    /// and what it is multiplied by, parameter by parameter: by 1 where there is nothing.
    pub factors: &'a [f64],
}

impl Rate<'_> {
    /// The same for all.
    pub fn of_all(of_all: f64) -> Self {
        Self { of_all, factors: &[] }
    }

    /// That of a parameter, by its number.
    pub fn of(self, index: usize) -> f64 {
        self.of_all * self.factors.get(index).copied().unwrap_or(1.0)
    }
}

/// The gradients of parameters on the tape, taken out of `gradients`; nothing of constants.
pub(in crate::train) fn collect(tracked: &impl Module, gradients: &mut Gradients) -> Result<Collected> {
    let gradient = |parameter: &Parameter| {
        if !parameter.value().is_require_grad() {
            return Ok(None);
        }
        let gradient = parameter.value().grad_remove(gradients).ok_or_else(|| {
            let problem = format!("`{}` has no gradient: the loss does not depend on it", parameter.name());
            Error::internal("optimizing", problem)
        });
        gradient.map(Some)
    };
    tracked.parameters().map(gradient).collect()
}

/// Refuses gradients of another type than their parameters have, before anything changes: what is taken out of a module does not come back after
/// an error.
pub(super) fn check_types(module: &impl Module, gradients: &[Option<Tensor<1>>]) -> Result<()> {
    for (parameter, gradient) in module.parameters().zip(gradients) {
        let Some(gradient) = gradient else { continue };
        let dtype = Some(parameter.value().dtype());
        check_type(&format!("gradient of `{}`", parameter.name()), dtype, gradient)?;
    }
    Ok(())
}

/// Gradients whose L2 norm, over the values of all of them, is at most `most`: longer ones are multiplied by `most / (norm + 1e-6)`, as
/// `torch.nn.utils.clip_grad_norm_` does (Pascanu et al. 2013).
pub(in crate::train) fn clip(gradients: Collected, most: f64) -> Result<Collected> {
    let squares = gradients
        .iter()
        .flatten()
        .map(|gradient| gradient.clone().square().sum());
    let squares: Vec<Tensor<1>> = squares.collect();
    if squares.is_empty() {
        return Ok(gradients);
    }
    let squares = to_vec(Tensor::cat(squares, 0))?;
    let norm = squares.into_iter().map(f64::from).sum::<f64>().sqrt();
    let scale = most / (norm + EPSILON);
    Ok(match scale < 1.0 {
        true => gradients.into_iter().map(|gradient| Some(gradient? * scale)).collect(),
        false => gradients,
    })
}
