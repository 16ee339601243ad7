use burn::tensor::Tensor;

use super::gradients::{Collected, Rate, check_types};
use crate::Result;
use crate::nn::{Module, check_type};

/// Stochastic gradient descent as in PyTorch: with the gradient g of a parameter p, `g ← g + weight_decay · p`, `v ← momentum · v + g`,
/// `p ← p - η · v`; Nesterov's form (Sutskever et al. 2013) steps along `g + momentum · v`. The decay is L2 regularization, of every parameter,
/// biases and gains of norms among them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SgdOptions {
    /// Weight of the earlier steps, in [0, 1).
    pub momentum: f64,
    /// Nesterov's form of momentum.
    pub nesterov: bool,
    /// Weight of the parameters in their gradients.
    pub weight_decay: f64,
}

/// SGD with the momentum of each parameter, if it has any.
#[derive(Clone, Debug)]
pub(in crate::train) struct Sgd {
    options: SgdOptions,
    momenta: Vec<Tensor<1>>,
}

impl Sgd {
    /// With momenta of earlier steps: one a parameter, zeros before the first step; none without momentum.
    pub fn new(options: SgdOptions, momenta: Vec<Tensor<1>>) -> Self {
        Self { options, momenta }
    }

    pub fn momenta(&self) -> &[Tensor<1>] {
        &self.momenta
    }

    /// Moves `module` against gradients.
    pub fn apply(&mut self, module: &mut impl Module, gradients: Collected, rate: Rate<'_>) -> Result<()> {
        check_types(module, &gradients)?;
        for (parameter, momentum) in module.parameters().zip(&self.momenta) {
            let dtype = Some(parameter.value().dtype());
            check_type(&format!("momentum of `{}`", parameter.name()), dtype, momentum)?;
        }
        let SgdOptions {
            momentum,
            nesterov,
            weight_decay,
        } = self.options;
        let mut momenta = std::mem::take(&mut self.momenta).into_iter();
        for (index, (parameter, gradient)) in module.parameters_mut().zip(gradients).enumerate() {
            let before = momenta.next();
            let Some(mut gradient) = gradient else {
                self.momenta.extend(before);
                continue;
            };
            if weight_decay > 0.0 {
                gradient = gradient + parameter.value().clone() * weight_decay;
            }
            let change = match before {
                None => gradient,
                Some(before) => {
                    let velocity = before * momentum + gradient.clone();
                    self.momenta.push(velocity.clone());
                    match nesterov {
                        true => gradient + velocity * momentum,
                        false => velocity,
                    }
                }
            };
            parameter.set_with(|value| value - change * rate.of(index));
        }
        Ok(())
    }
}
