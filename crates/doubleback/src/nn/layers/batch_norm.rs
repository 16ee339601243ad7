use burn::tensor::Tensor;
use doubleback_ops::{BatchNormOptions, batch_norm_statistics};
use serde::{Deserialize, Serialize};

use super::epilogue::{Absorbs, Role};
use super::layer::{Context, Size, TensorSpec, UnaryLayer, UnaryPullback, least_variance};
use crate::Result;
use crate::nn::initialize::Start;
use crate::nn::mode::Mode;

/// Batch norm over all axes but the channels (Ioffe & Szegedy 2015). A ReLU or a smooth activation function, and 2x2 pooling, right after
/// it are computed in the same pass over memory.
///
/// In training the batch's own statistics are used, and gradients go through them; in inference moving averages
/// (new = decay · old + (1 - decay) · batch, with the biased variance).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNorm {
    /// Multiply by a trained gain. The paper's network has none.
    pub gain: bool,
    /// Added to the variance.
    pub epsilon: f64,
    /// Weight of the old value in the moving averages, in [0, 1).
    pub decay: f64,
}

impl BatchNorm {
    /// As in the network of Ross & Doshi-Velez 2018: no gain, epsilon 1e-3, decay 0.9.
    pub fn paper() -> Self {
        Self {
            gain: false,
            epsilon: 1e-3,
            decay: 0.9,
        }
    }

    /// As in most networks: gain, epsilon 1e-5, decay 0.9.
    pub fn with_gain() -> Self {
        Self {
            gain: true,
            epsilon: 1e-5,
            decay: 0.9,
        }
    }
}

impl UnaryLayer for BatchNorm {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        let positive = self.epsilon > 0.0 && self.epsilon <= f64::from(f32::MAX);
        if !positive || !(0.0..1.0).contains(&self.decay) {
            return Err(format!(
                "epsilon {} must be a positive number and decay {} in [0, 1)",
                self.epsilon, self.decay
            ));
        }
        Ok(input)
    }

    fn parameters(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        let mut tensors = vec![TensorSpec {
            name: "shift",
            dims: vec![channels],
            start: Start::Zeros,
        }];
        if self.gain {
            tensors.push(TensorSpec {
                name: "gain",
                dims: vec![channels],
                start: Start::Ones,
            });
        }
        tensors
    }

    fn buffers(&self, [_, _, channels]: Size) -> Vec<TensorSpec> {
        vec![
            TensorSpec {
                name: "moving_mean",
                dims: vec![channels],
                start: Start::Zeros,
            },
            TensorSpec {
                name: "moving_variance",
                dims: vec![channels],
                start: Start::Ones,
            },
        ]
    }

    fn least(&self, tensor: &str) -> Option<f32> {
        (tensor == "moving_variance").then(|| least_variance(self.epsilon))
    }

    fn decay(&self) -> Option<f64> {
        Some(self.decay)
    }

    fn absorbs(&self) -> Absorbs {
        Absorbs::ActivationAndPool
    }

    fn role(&self) -> Role {
        Role::BatchNorm
    }

    fn forward(&self, x: Tensor<4>, context: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let channels = x.dims()[3];
        let shift = context.parameters[0].view::<1>();
        let gain = match context.parameters.get(1) {
            Some(gain) => gain.view::<1>(),
            None => Tensor::ones([channels], (&shift.device().inner(), shift.dtype())),
        };
        let frozen = matches!(context.mode, Mode::Inference);
        let statistics = match context.mode {
            Mode::Inference => Tensor::stack(vec![context.buffers[0].view::<1>(), context.buffers[1].view::<1>()], 0),
            Mode::Training(pass) => {
                let taken = context.statistics.take();
                let statistics = match taken {
                    Some(statistics) => statistics,
                    None => batch_norm_statistics(x.clone().inner())?,
                };
                pass.record(statistics.clone());
                statistics
            }
        };
        let options = BatchNormOptions {
            epsilon: self.epsilon,
            activation: context.epilogue.activation,
            pool: context.epilogue.pool,
            frozen,
        };
        let norm = doubleback_ops::BatchNorm::new(x, gain, shift, statistics, options)?;
        let (y, vjp) = norm.into_parts();
        Ok((y, Box::new(move |g| Ok(vjp(g)?))))
    }
}
