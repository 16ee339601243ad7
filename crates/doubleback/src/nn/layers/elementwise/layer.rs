use burn::tensor::Tensor;
use doubleback_ops::{Activation, FusedActivation, activation, hard_tanh_vjp, with_derivative};
use serde::{Deserialize, Serialize};

use super::super::epilogue::Role;
use super::super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use super::evaluate::evaluate;
use super::function::Function;
use super::order::Order;
use crate::Result;

/// The same function of every value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elementwise {
    /// Which one.
    pub function: Function,
}

impl UnaryLayer for Elementwise {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        self.function.check()?;
        Ok(input)
    }

    fn workspace(&self, input: Size) -> usize {
        // The derivative, and what it is computed from.
        input.iter().product::<usize>().saturating_mul(2)
    }

    fn role(&self) -> Role {
        match self.function.smooth() {
            Some(function) => Role::Activation(FusedActivation::Function(function)),
            None => Role::Other,
        }
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let function = self.function;
        if let Some([scale, shift]) = function.line() {
            let y = match shift {
                0.0 => x * scale,
                _ => x * scale + shift,
            };
            return Ok((y, Box::new(move |g| Ok(g * scale))));
        }
        if let Function::HardTanh { min, max } = function {
            // The output, which the next layer mostly keeps anyway, says all of the derivatives.
            let y = activation(x, Activation::HardTanh { min, max }, Order::Value);
            let kept = y.clone();
            return Ok((y, Box::new(move |g| Ok(hard_tanh_vjp(g, kept.clone(), min, max)?))));
        }
        let at = x.clone().detach();
        let zeros = |at: Tensor<4>| at.zeros_like();
        let value = evaluate(function, Order::Value, at.clone()).unwrap_or_else(|| zeros(at.clone()));
        // Off the tape the derivative is only computed if a pullback asks for it.
        let slope = move || evaluate(function, Order::First, at.clone()).unwrap_or_else(|| zeros(at.clone()));
        let kept = x.is_tracked().then(&slope);
        let y = match &kept {
            Some(slope) => with_derivative(x.clone(), value, slope.clone())?,
            None => value,
        };
        let pullback = move |g: Tensor<4>| {
            let slope = kept.clone().unwrap_or_else(&slope);
            if !x.is_tracked() {
                return Ok(g * slope);
            }
            Ok(match evaluate(function, Order::Second, x.clone().detach()) {
                Some(curvature) => g * with_derivative(x.clone(), slope, curvature)?,
                None => g * slope,
            })
        };
        Ok((y, Box::new(pullback)))
    }
}
