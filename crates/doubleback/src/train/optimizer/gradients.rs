//! The gradients of a training step, from the tape to the optimizer.

use burn::tensor::{Gradients, Tensor};

use crate::nn::{Module, Parameter, check_type, to_vec};
use crate::{Error, Result};

/// Added to the norm that gradients are divided by, as in PyTorch.
const EPSILON: f64 = 1e-6;

/// The gradients of tracked parameters, taken out of `gradients`.
pub(in crate::train) fn collect(tracked: &impl Module, gradients: &mut Gradients) -> Result<Vec<Tensor<1>>> {
    let gradient = |parameter: &Parameter| {
        parameter.value().grad_remove(gradients).ok_or_else(|| {
            let problem = format!("`{}` has no gradient: the loss does not depend on it", parameter.name());
            Error::internal("optimizing", problem)
        })
    };
    tracked.parameters().map(gradient).collect()
}

/// Refuses gradients of another type than their parameters have, before anything changes: what is taken out of a module does not come back after
/// an error.
pub(super) fn check_types(module: &impl Module, gradients: &[Tensor<1>]) -> Result<()> {
    for (parameter, gradient) in module.parameters().zip(gradients) {
        let dtype = Some(parameter.value().dtype());
        check_type(&format!("gradient of `{}`", parameter.name()), dtype, gradient)?;
    }
    Ok(())
}

/// Gradients whose L2 norm, over the values of all of them, is at most `most`: longer ones are multiplied by `most / (norm + 1e-6)`, as
/// `torch.nn.utils.clip_grad_norm_` does (Pascanu et al. 2013).
pub(in crate::train) fn clip(gradients: Vec<Tensor<1>>, most: f64) -> Result<Vec<Tensor<1>>> {
    if gradients.is_empty() {
        return Ok(gradients);
    }
    let squares = gradients.iter().map(|gradient| gradient.clone().square().sum());
    let squares = to_vec(Tensor::cat(squares.collect(), 0))?;
    let norm = squares.into_iter().map(f64::from).sum::<f64>().sqrt();
    let scale = most / (norm + EPSILON);
    Ok(match scale < 1.0 {
        true => gradients.into_iter().map(|gradient| gradient * scale).collect(),
        false => gradients,
    })
}
