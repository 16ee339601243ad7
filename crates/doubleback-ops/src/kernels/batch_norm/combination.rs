//! A gradient of the input as a combination, in each channel, of a few tensors: the pass over memory that both derivatives share.

use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{load_columns, store_columns};

use super::coefficients::{Coefficients, of};
use super::operands::Point;
use super::windows::{Windows, place};

/// The ReLU's bit of a value, where no bits are kept.
pub(super) struct Gate<S: Simd> {
    slope: S::Vector,
    offset: S::Vector,
    relu: bool,
}

impl<S: Simd> Gate<S> {
    /// # Safety
    /// The processor must have `S`, and `channel` must be below the number of channels.
    #[inline(always)]
    pub unsafe fn new(k: &Coefficients, channel: usize) -> Self {
        // SAFETY: the caller says that `channel` is a channel of the coefficients, of which `of` reads no more than there are.
        unsafe {
            Self {
                slope: of::<S>(&k.slope, channel),
                offset: of::<S>(&k.offset, channel),
                relu: k.relu,
            }
        }
    }

    /// # Safety
    /// The processor must have `S`.
    #[inline(always)]
    pub unsafe fn open(&self, z: S::Vector) -> S::Mask {
        // SAFETY: touches no memory; the caller says that the processor has `S`.
        unsafe {
            match self.relu {
                true => S::not_le(S::mul_add(z, self.slope, self.offset), S::zero()),
                false => S::all(true),
            }
        }
    }
}

/// What a gradient of the input is combined from, besides the input itself: cotangents of the output, and one shaped as the input.
#[derive(Clone, Copy)]
pub(super) struct Cotangents<'a> {
    pub g: &'a [f32],
    pub later: Option<&'a [f32]>,
    pub t: Option<&'a [f32]>,
}

/// Per channel, factors of the cotangents, of `z`, of 1 and of `t` in a gradient of the input.
#[derive(Default)]
pub(super) struct Dense {
    pub cotangent: Vec<f32>,
    pub later: Vec<f32>,
    pub z: Vec<f32>,
    pub constant: Vec<f32>,
    pub t: Vec<f32>,
}

impl Dense {
    pub fn push(&mut self, [cotangent, z, constant, t]: [f64; 4]) {
        self.cotangent.push(cotangent as f32);
        self.z.push(z as f32);
        self.constant.push(constant as f32);
        self.t.push(t as f32);
    }

    /// With the terms of `z` and of 1 of another combination added.
    pub fn with_terms_of(mut self, other: &Self) -> Self {
        let constants = self.constant.iter_mut().zip(&other.constant);
        for (sum, term) in self.z.iter_mut().zip(&other.z).chain(constants) {
            *sum += term;
        }
        self
    }

    pub fn of_vjp(sums: &[f32], windows: &Windows, k: &Coefficients) -> Self {
        let channels = k.channels();
        let n = windows.pixels() as f64;
        let slope = |c: usize| k.gain[c] * k.inverse[c];
        let along = |c: usize| slope(c) * sums[channels + c] as f64 / n * k.inverse[c];
        let per_channel = |value: &dyn Fn(usize) -> f64| match k.options.frozen {
            true => vec![0.0; channels],
            false => (0..channels).map(|c| value(c) as f32).collect(),
        };
        Self {
            cotangent: (0..channels).map(|c| (k.share() * slope(c)) as f32).collect(),
            z: per_channel(&|c| -along(c)),
            constant: per_channel(&|c| along(c) * k.mean[c] - slope(c) * sums[c] as f64 / n),
            later: Vec::new(),
            t: Vec::new(),
        }
    }
}

/// The combination that `dense` describes.
pub(super) fn combine(dense: &Dense, from: Cotangents<'_>, at: Point<'_>) -> Buffer {
    at.assert_sizes();
    let windows = at.windows;
    let (pooled, whole) = (windows.pooled_values(), windows.values());
    assert_eq!(from.g.len(), pooled);
    assert!(from.t.is_none_or(|t| t.len() == whole) && from.later.is_none_or(|later| later.len() == pooled));
    let mut out = Unwritten::new(whole);
    let to = Shared(out.as_mut_ptr());
    windows.each_run(|start, end| {
        let combine = Combine {
            dense,
            from,
            at,
            rows: (start, end),
            out: to.get(),
        };
        // SAFETY: the kernel's `W` is the size of the windows; all lengths were asserted, and `out` is as long as `z`. Each task has rows of its own,
        // whose pixels belong to no other.
        unsafe {
            match (windows.size, from.t.is_some(), from.later.is_some()) {
                (1, false, false) => dispatch(CombineRows::<1, false, false>(combine)),
                (1, _, false) => dispatch(CombineRows::<1, true, false>(combine)),
                (1, _, true) => dispatch(CombineRows::<1, true, true>(combine)),
                (_, false, false) => dispatch(CombineRows::<2, false, false>(combine)),
                (_, _, false) => dispatch(CombineRows::<2, true, false>(combine)),
                (_, _, true) => dispatch(CombineRows::<2, true, true>(combine)),
            }
        }
    });
    // SAFETY: the windows cover the activation, so every pixel is in a window of some row or left over after one, and the tasks wrote both.
    unsafe { out.assume_written() }
}

/// `out` must be valid for writes of the pixels of these rows.
struct Combine<'a> {
    dense: &'a Dense,
    from: Cotangents<'a>,
    at: Point<'a>,
    rows: (usize, usize),
    out: *mut f32,
}

/// With `t` if `T`, with a second cotangent if `LATER`.
struct CombineRows<'a, const W: usize, const T: bool, const LATER: bool>(Combine<'a>);

impl<const W: usize, const T: bool, const LATER: bool> Kernel for CombineRows<'_, W, T, LATER> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Combine {
            dense,
            from,
            at:
                Point {
                    z,
                    windows,
                    kept,
                    coefficients: k,
                },
            rows,
            out,
        } = self.0;
        let (width, channels) = (windows.width, windows.channels);
        // Where there is none it is not read.
        let (t, later) = (from.t.unwrap_or(z).as_ptr(), from.later.unwrap_or(from.g).as_ptr());
        for row in rows.0..rows.1 {
            let ((first, height), pooled) = (windows.row(row), windows.pooled_row(row));
            for channel in (0..channels).step_by(S::LANES) {
                let lanes = channels - channel;
                // SAFETY: `channel` is a channel, and no more than the `lanes` from it on are touched. Window x < across of row `row` lies whole in the
                // image, since across * W <= width and down * W <= height, and `left_over` gives pixels of the row's `height` rows of pixels; `at` is the
                // window's place among the pooled values. All slices have these lengths, see `Point::assert_sizes`.
                unsafe {
                    let gate = Gate::<S>::new(k, channel);
                    let (at_g, at_z) = (of::<S>(&dense.cotangent, channel), of::<S>(&dense.z, channel));
                    let constant = of::<S>(&dense.constant, channel);
                    let at_t = if T { of::<S>(&dense.t, channel) } else { S::zero() };
                    let at_later = if LATER {
                        of::<S>(&dense.later, channel)
                    } else {
                        S::zero()
                    };
                    let start = first + channel;
                    // What does not depend on the cotangent.
                    let rest = |at: usize, value: S::Vector| {
                        let mut sum = S::mul_add(at_z, value, constant);
                        if T {
                            sum = S::mul_add(at_t, load_columns::<S>(t.add(at), lanes), sum);
                        }
                        sum
                    };
                    for x in 0..windows.across() {
                        let at = pooled + x * channels + channel;
                        let mut scaled = S::mul(at_g, load_columns::<S>(from.g.as_ptr().add(at), lanes));
                        if LATER {
                            scaled = S::mul_add(at_later, load_columns::<S>(later.add(at), lanes), scaled);
                        }
                        let bits = match W {
                            1 => S::load_bits(kept.bits.as_ptr(), 0),
                            _ => S::load_bits(kept.bits.as_ptr().add(at), lanes),
                        };
                        for i in 0..W * W {
                            let at = start + x * W * channels + place::<W>(i, width, channels);
                            let value = load_columns::<S>(z.as_ptr().add(at), lanes);
                            let counts = if W == 1 { gate.open(value) } else { S::bit(bits, i) };
                            let sum = S::add(rest(at, value), S::keep(counts, scaled));
                            store_columns::<S>(out.add(at), sum, lanes);
                        }
                    }
                    windows.left_over(height, |pixel| {
                        let value = load_columns::<S>(z.as_ptr().add(start + pixel), lanes);
                        store_columns::<S>(out.add(start + pixel), rest(start + pixel, value), lanes);
                    });
                }
            }
        }
    }
}
