//! `a` to the power of `b`.

use burn::tensor::Tensor;
use doubleback_ops::with_derivative;

use super::side::{PairPullback, Side};
use crate::Result;

/// Of two tensors of one size.
pub(super) fn power(a: Tensor<4>, b: Tensor<4>) -> Result<(Tensor<4>, PairPullback)> {
    let at = At::new(&a, &b);
    let mut y = at.value();
    if a.is_tracked() || b.is_tracked() {
        y = on_tape(&a, &b, y, at.by_a(), at.by_b())?;
    }
    let pullback = move |g: Tensor<4>, side| {
        let slope = match side {
            Side::Left => at.by_a(),
            Side::Right => at.by_b(),
        };
        if !a.is_tracked() && !b.is_tracked() {
            return Ok(g * slope);
        }
        let (by_a, by_b) = match side {
            Side::Left => (at.by_a_twice(), at.by_both()),
            Side::Right => (at.by_both(), at.by_b_twice()),
        };
        Ok(g * on_tape(&a, &b, slope, by_a, by_b)?)
    };
    Ok((y, Box::new(pullback)))
}

/// The value with its derivatives by both.
fn on_tape(a: &Tensor<4>, b: &Tensor<4>, value: Tensor<4>, by_a: Tensor<4>, by_b: Tensor<4>) -> Result<Tensor<4>> {
    let zeros = value.zeros_like();
    let of_a = with_derivative(a.clone(), value, by_a)?;
    Ok(match b.is_tracked() {
        true => of_a + with_derivative(b.clone(), zeros, by_b)?,
        false => of_a,
    })
}

/// Both, on no tape.
struct At {
    a: Tensor<4>,
    b: Tensor<4>,
}

impl At {
    fn new(a: &Tensor<4>, b: &Tensor<4>) -> Self {
        Self {
            a: a.clone().detach(),
            b: b.clone().detach(),
        }
    }

    fn value(&self) -> Tensor<4> {
        self.a.clone().powf(self.b.clone())
    }

    /// `a^(b - less)`.
    fn lower(&self, less: f64) -> Tensor<4> {
        self.a.clone().powf(self.b.clone() - less)
    }

    /// `log a`, or 0 where `a` is not positive.
    fn log(&self) -> Tensor<4> {
        let without = self.a.clone().lower_equal_elem(0.0);
        self.a.clone().mask_fill(without, 1.0).log()
    }

    /// `b a^(b - 1)`: 0 where `b` is 0, even if `a` is too.
    fn by_a(&self) -> Tensor<4> {
        let constant = self.b.clone().equal_elem(0.0);
        (self.b.clone() * self.lower(1.0)).mask_fill(constant, 0.0)
    }

    /// `b (b - 1) a^(b - 2)`: 0 where `b` is 0 or 1.
    fn by_a_twice(&self) -> Tensor<4> {
        let factor = self.b.clone() * (self.b.clone() - 1.0);
        let straight = factor.clone().equal_elem(0.0);
        (factor * self.lower(2.0)).mask_fill(straight, 0.0)
    }

    /// `a^b log a`: 0 where `a` is not positive.
    fn by_b(&self) -> Tensor<4> {
        let without = self.a.clone().lower_equal_elem(0.0);
        (self.value() * self.log()).mask_fill(without, 0.0)
    }

    /// `a^b log² a`: 0 where `a` is not positive.
    fn by_b_twice(&self) -> Tensor<4> {
        self.by_b() * self.log()
    }

    /// `a^(b - 1) (1 + b log a)`: 0 where `a` is not positive.
    fn by_both(&self) -> Tensor<4> {
        let without = self.a.clone().lower_equal_elem(0.0);
        (self.lower(1.0) * (self.b.clone() * self.log() + 1.0)).mask_fill(without, 0.0)
    }
}
