//! The functions of two tensors that are repeated to one size, with the pullback to either: not yet summed over what was repeated.

use burn::tensor::{Bool, Tensor};
use doubleback_ops::with_derivative;

use super::super::broadcast::repeated;
use super::function::BinaryFunction;
use super::power::power;
use super::side::{PairPullback, Side};
use crate::Result;

/// The function of `a` and `b`, and its pullback.
pub(super) fn pair(function: BinaryFunction, a: Tensor<4>, b: Tensor<4>) -> Result<(Tensor<4>, PairPullback)> {
    match function {
        BinaryFunction::Add => Ok((a + b, Box::new(|g, _| Ok(g)))),
        BinaryFunction::Sub => {
            let pullback = |g: Tensor<4>, side| {
                Ok(match side {
                    Side::Left => g,
                    Side::Right => -g,
                })
            };
            Ok((a - b, Box::new(pullback)))
        }
        BinaryFunction::Mul => {
            let y = a.clone() * b.clone();
            let pullback = move |g: Tensor<4>, side| {
                Ok(match side {
                    Side::Left => g * b.clone(),
                    Side::Right => g * a.clone(),
                })
            };
            Ok((y, Box::new(pullback)))
        }
        BinaryFunction::Div => {
            let y = a / b.clone();
            let quotient = y.clone();
            let pullback = move |g: Tensor<4>, side| {
                Ok(match side {
                    Side::Left => g / b.clone(),
                    Side::Right => -g * quotient.clone() / b.clone(),
                })
            };
            Ok((y, Box::new(pullback)))
        }
        BinaryFunction::Pow => {
            let [a, b] = repeated([a, b]);
            power(a, b)
        }
        BinaryFunction::Max => Ok(extreme(a, b, |a, b| a.lower(b))),
        BinaryFunction::Min => Ok(extreme(a, b, |a, b| a.greater(b))),
        BinaryFunction::Mod => {
            let [a, b] = repeated([a, b]);
            remainder(a, b)
        }
    }
}

/// The greater or lesser one: `second` says where it is `b`. It is linear in both on either side of masks, which are constants.
fn extreme(
    a: Tensor<4>,
    b: Tensor<4>,
    second: impl Fn(Tensor<4>, Tensor<4>) -> Tensor<4, Bool>,
) -> (Tensor<4>, PairPullback) {
    let [a, b] = repeated([a, b]);
    let (at_a, at_b) = (a.clone().detach(), b.clone().detach());
    let tie = at_a.clone().equal(at_b.clone());
    let second = second(at_a, at_b);
    let half = (a.clone() + b.clone()) * 0.5;
    let y = a.mask_where(second.clone(), b).mask_where(tie.clone(), half);
    let pullback = move |g: Tensor<4>, side| {
        let other = match side {
            Side::Left => second.clone(),
            Side::Right => second.clone().bool_not(),
        };
        // Where they are equal, `other` holds for one of them.
        let half = g.clone() * 0.5;
        Ok(g.mask_fill(other, 0.0).mask_where(tie.clone(), half))
    };
    (y, Box::new(pullback))
}

/// `a - trunc(a / b) · b`, whose derivatives by `a` and `b` are 1 and the negative quotient.
fn remainder(a: Tensor<4>, b: Tensor<4>) -> Result<(Tensor<4>, PairPullback)> {
    let (at_a, at_b) = (a.clone().detach(), b.clone().detach());
    // Of magnitudes it has no rounding error, whatever the quotient.
    let value = at_a.clone().abs().remainder(at_b.clone().abs()) * at_a.clone().sign();
    let quotient = ((at_a.clone() - value.clone()) / at_b).round();
    let y = with_derivative(a.clone(), value, at_a.ones_like())?;
    let zeros = quotient.zeros_like();
    let y = match b.is_tracked() {
        true => y + with_derivative(b, zeros, -quotient.clone())?,
        false => y,
    };
    let pullback = move |g: Tensor<4>, side| {
        Ok(match side {
            Side::Left => g,
            Side::Right => -g * quotient.clone(),
        })
    };
    Ok((y, Box::new(pullback)))
}
