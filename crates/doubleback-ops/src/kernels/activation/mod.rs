//! Activation functions and their derivatives, in one pass.

mod scalar;

use std::mem::MaybeUninit;

use rayon::prelude::*;

use scalar::{
    CUBIC, LINE, SCALE, below, bent, clipped, fraction, gate, log_1p, near, normal_below, normal_density, sigmoid,
    sigmoid_slope, tanh, within,
};

use super::buffer::{Buffer, Shared};
use super::simd::{Kernel, Simd, dispatch};
use crate::options::Order::{First, Second, Value};
use crate::options::{Activation, Order};

/// Values a task.
const BLOCK: usize = 1 << 13;

/// The function or its derivative of every value.
pub fn activation(x: &[f32], activation: Activation, order: Order) -> Buffer {
    // SAFETY: `activate` writes a value for each of `x[start..end]`: `end - start`, the whole block.
    unsafe {
        Buffer::blocks(x.len(), BLOCK, |start, end, out| {
            activate(&x[start..end], activation, order, out)
        })
    }
}

/// The same of a few values, on this thread.
///
/// # Safety
/// `out` must be valid for as many writes as `x` has values, and not overlap it.
pub(super) unsafe fn activate(x: &[f32], activation: Activation, order: Order, out: *mut f32) {
    // SAFETY: asked of the caller in the same words.
    let to = unsafe { Out::new(out, x.len()) };
    match (activation, order) {
        (Activation::Sigmoid, Value) => map(x, to, |x| sigmoid(x, below(x))),
        (Activation::Sigmoid, First) => map(x, to, |x| sigmoid_slope(below(x))),
        (Activation::Sigmoid, Second) => map(x, to, |x| -sigmoid_slope(below(x)) * tanh(0.5 * x, below(x))),
        (Activation::Tanh, Value) => map(x, to, |x| tanh(x, below(2.0 * x))),
        (Activation::Tanh, First) => map(x, to, |x| 4.0 * sigmoid_slope(below(2.0 * x))),
        (Activation::Tanh, Second) => map(x, to, |x| {
            let e = below(2.0 * x);
            -8.0 * sigmoid_slope(e) * tanh(x, e)
        }),
        (Activation::Swish { alpha }, order) => {
            let a = alpha as f32;
            match order {
                Value => map(x, to, move |x| x * sigmoid(a * x, below(a * x))),
                First => map(x, to, move |x| {
                    let (z, e) = (a * x, below(a * x));
                    sigmoid(z, e) + z * sigmoid_slope(e)
                }),
                Second => map(x, to, move |x| {
                    let (z, e) = (a * x, below(a * x));
                    a * sigmoid_slope(e) * (2.0 - z * tanh(0.5 * z, e))
                }),
            }
        }
        (Activation::Gelu, Value) => map(x, to, |x| x * normal_below(x)),
        (Activation::Gelu, First) => map(x, to, |x| normal_below(x) + near(x) * normal_density(near(x))),
        (Activation::Gelu, Second) => map(x, to, |x| normal_density(near(x)) * (2.0 - near(x) * near(x))),
        (Activation::GeluTanh, Value) => map(x, to, |x| {
            let [u, _] = bent(near(x));
            0.5 * x * (1.0 + tanh(u, below(2.0 * u)))
        }),
        (Activation::GeluTanh, First) => map(x, to, |x| {
            let [u, slope] = bent(near(x));
            let e = below(2.0 * u);
            0.5 * (1.0 + tanh(u, e)) + 2.0 * near(x) * sigmoid_slope(e) * slope
        }),
        (Activation::GeluTanh, Second) => map(x, to, |x| {
            let ([u, slope], x) = (bent(near(x)), near(x));
            let e = below(2.0 * u);
            let bend = 3.0 * CUBIC * SCALE * x - tanh(u, e) * slope * slope;
            4.0 * sigmoid_slope(e) * (slope + x * bend)
        }),
        (Activation::Mish, Value) => map(x, to, |x| {
            let [u, v] = fraction(x);
            let p = u * (u + 2.0 * v);
            x * (p / (p + 2.0 * v * v))
        }),
        (Activation::Mish, First) => map(x, to, |x| {
            let [u, v] = fraction(x);
            let p = u * (u + 2.0 * v);
            let q = p + 2.0 * v * v;
            p / q + x * (4.0 * u * v * v * (u + v) / (q * q))
        }),
        (Activation::Mish, Second) => map(x, to, |x| {
            let [u, v] = fraction(x);
            let q = u * (u + 2.0 * v) + 2.0 * v * v;
            let part = 4.0 * u * v * v / (q * q);
            let cubic = 2.0 * v * v * (u + v) - u * u * (2.0 * u + 3.0 * v);
            part * (2.0 * (u + v) + x * (cubic / q))
        }),
        (Activation::Elu { alpha, gamma, rate }, order) => {
            let (gamma, rate) = (gamma as f32, rate as f32);
            let scale = (alpha as f32) * gamma;
            match order {
                Value => map(x, to, move |x| {
                    let (z, e) = (rate * x, below(rate * x));
                    // exp(z) - 1 without cancellation.
                    let under = scale * (tanh(0.5 * z, e) * (1.0 + e));
                    if x > 0.0 { gamma * x } else { under }
                }),
                First => map(
                    x,
                    to,
                    move |x| if x > 0.0 { gamma } else { scale * rate * below(rate * x) },
                ),
                Second => map(x, to, move |x| {
                    if x >= 0.0 {
                        0.0
                    } else {
                        scale * rate * rate * below(rate * x)
                    }
                }),
            }
        }
        (Activation::Softplus { beta }, order) => {
            let beta = beta as f32;
            match order {
                Value => map(x, to, move |x| {
                    let z = beta * x;
                    let bend = (if z < 0.0 { 0.0 } else { z }) + log_1p(below(z));
                    if z > LINE { x } else { bend / beta }
                }),
                First => map(x, to, move |x| {
                    let z = beta * x;
                    if z > LINE { 1.0 } else { sigmoid(z, below(z)) }
                }),
                Second => map(x, to, move |x| {
                    let z = beta * x;
                    if z >= LINE { 0.0 } else { beta * sigmoid_slope(below(z)) }
                }),
            }
        }
        (Activation::HardSwish, Value) => map(x, to, |x| x * gate(x)),
        (Activation::HardSwish, First) => map(x, to, |x| gate(x) + x * within(x, -3.0, 3.0) / 6.0),
        (Activation::HardSwish, Second) => map(x, to, |x| within(x, -3.0, 3.0) / 3.0),
        (Activation::HardTanh { min, max }, order) => {
            let (min, max) = (min as f32, max as f32);
            match order {
                Value => map(x, to, move |x| clipped(x, min, max)),
                First => map(x, to, move |x| within(x, min, max)),
                Second => map(x, to, |_| 0.0),
            }
        }
    }
}

/// The first and the second derivative of a few values, on this thread.
///
/// # Safety
/// `slopes` and `bends` must each be valid for as many writes as `x` has values, and neither they nor `x` overlap.
pub(super) unsafe fn slope_and_bend(x: &[f32], activation: Activation, slopes: *mut f32, bends: *mut f32) {
    if let Activation::Swish { alpha } = activation {
        let a = alpha as f32;
        // One exponential for both.
        let pair = Pair {
            x,
            f: move |x: f32| {
                let (z, e) = (a * x, below(a * x));
                let slope = sigmoid_slope(e);
                [sigmoid(z, e) + z * slope, a * slope * (2.0 - z * tanh(0.5 * z, e))]
            },
            // SAFETY: asked of the caller in the same words.
            out: unsafe { [Out::new(slopes, x.len()).0, Out::new(bends, x.len()).0] },
        };
        // SAFETY: the kernel asks for nothing.
        return unsafe { dispatch(pair) };
    }
    // SAFETY: asked of the caller in the same words.
    unsafe {
        activate(x, activation, First, slopes);
        activate(x, activation, Second, bends);
    }
}

/// `g` where `y` is between the bounds, else 0 times `g`.
pub fn hard_tanh_vjp(g: &[f32], y: &[f32], min: f32, max: f32) -> Buffer {
    assert_eq!(g.len(), y.len());
    // SAFETY: `g` and `y` are equally long, and the kernel writes a value for each of them: `end - start`, the whole block.
    unsafe {
        Buffer::blocks(g.len(), BLOCK, |start, end, out| {
            dispatch(Within {
                g: g[start..end].as_ptr(),
                y: &y[start..end],
                bounds: [min, max],
                out,
            });
        })
    }
}

/// [`hard_tanh_vjp`] in the place of `g`.
pub fn hard_tanh_vjp_in_place(g: &mut [f32], y: &[f32], min: f32, max: f32) {
    assert_eq!(g.len(), y.len());
    let (start, bounds) = (Shared(g.as_mut_ptr()), [min, max]);
    y.par_chunks(BLOCK).enumerate().for_each(|(block, y)| {
        // SAFETY: `g` is as long as `y`, so it has a value for each of this block's, which no other task touches; the kernel reads each before it
        // writes it.
        unsafe {
            let g = start.get().add(block * BLOCK);
            dispatch(Within { g, y, bounds, out: g });
        }
    });
}

/// `g` must be valid for as many reads, and `out` for as many writes, as `y` has values; they may be the same.
struct Within<'a> {
    g: *const f32,
    y: &'a [f32],
    bounds: [f32; 2],
    out: *mut f32,
}

impl Kernel for Within<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let [min, max] = self.bounds;
        for (i, &y) in self.y.iter().enumerate() {
            // SAFETY: `y` has a value `i`, and so have `g` and `out` by the kernel's contract.
            unsafe { self.out.add(i).write(*self.g.add(i) * within(y, min, max)) };
        }
    }
}

/// Where values go.
struct Out<'a>(&'a mut [MaybeUninit<f32>]);

impl Out<'_> {
    /// # Safety
    /// `out` must be valid for `len` writes, through nothing else while this lives.
    unsafe fn new(out: *mut f32, len: usize) -> Self {
        // SAFETY: the caller vouches for `len` values, which may be unwritten as `MaybeUninit` allows.
        Self(unsafe { std::slice::from_raw_parts_mut(out.cast(), len) })
    }
}

fn map(x: &[f32], Out(out): Out<'_>, f: impl Fn(f32) -> f32) {
    // SAFETY: the kernel asks for nothing.
    unsafe { dispatch(Map { x, f, out }) }
}

struct Pair<'a, F> {
    x: &'a [f32],
    f: F,
    out: [&'a mut [MaybeUninit<f32>]; 2],
}

impl<F: Fn(f32) -> [f32; 2]> Kernel for Pair<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let [first, second] = self.out;
        for ((first, second), &x) in first.iter_mut().zip(second).zip(self.x) {
            let [a, b] = (self.f)(x);
            first.write(a);
            second.write(b);
        }
    }
}

struct Map<'a, F> {
    x: &'a [f32],
    f: F,
    out: &'a mut [MaybeUninit<f32>],
}

impl<F: Fn(f32) -> f32> Kernel for Map<'_, F> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        for (out, &x) in self.out.iter_mut().zip(self.x) {
            out.write((self.f)(x));
        }
    }
}
