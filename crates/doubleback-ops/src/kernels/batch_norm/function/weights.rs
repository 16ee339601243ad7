//! The weights of the values in a row of windows.

use super::super::coefficients::{Coefficients, of};
use super::super::operands::Point;
use crate::kernels::activation::{activate, slope_and_bend};
use crate::kernels::simd::Simd;
use crate::kernels::tile::{load_columns, store_columns};
use crate::options::Order::First;
use crate::options::{Activation, PoolKind};

/// Weights and bends of one row of windows at a time: one a value, in the order of the input from the row's first value on, or, where the largest value of a
/// window counts, one a window, in the order of the output.
pub(super) struct Weights<'a> {
    at: Point<'a>,
    activation: Activation,
    y: Vec<f32>,
    weights: Vec<f32>,
    /// Empty where they are not wanted.
    bends: Vec<f32>,
}

impl<'a> Weights<'a> {
    pub fn new(at: Point<'a>, activation: Activation, bends: bool) -> Self {
        let windows = at.windows;
        let pixels = match at.coefficients.options.pool {
            Some(PoolKind::Max) => windows.across(),
            Some(PoolKind::Avg) | None => windows.size * windows.width,
        };
        let length = pixels * windows.channels;
        Self {
            at,
            activation,
            y: vec![0.0; length],
            weights: vec![0.0; length],
            bends: vec![0.0; if bends { length } else { 0 }],
        }
    }

    /// The weights and, where wanted, the bends of row `row`: as many values as [`new`](Self::new) says, valid until the next call.
    ///
    /// # Safety
    /// The processor must have `S`, the lengths of `at` fit each other, and `row` be one of the rows of windows.
    #[inline(always)]
    pub unsafe fn of_row<S: Simd>(&mut self, row: usize) -> [*const f32; 2] {
        let windows = self.at.windows;
        let (values, first) = match self.at.coefficients.options.pool {
            Some(PoolKind::Max) => (self.at.kept.picked, windows.pooled_row(row)),
            Some(PoolKind::Avg) | None => (self.at.z, windows.row(row).0),
        };
        let values = &values[first..first + self.y.len()];
        // SAFETY: `y`, `weights` and, where there are any, `bends` are of one length, that of `values`, which are whole pixels, and do not overlap.
        unsafe {
            normalize::<S>(values, self.at.coefficients, self.y.as_mut_ptr());
            let (weights, bends) = (self.weights.as_mut_ptr(), self.bends.as_mut_ptr());
            match self.bends.is_empty() {
                true => activate(&self.y, self.activation, First, weights),
                false => slope_and_bend(&self.y, self.activation, weights, bends),
            }
        }
        [self.weights.as_ptr(), self.bends.as_ptr()]
    }
}

/// `slope * z + offset` of whole pixels.
///
/// # Safety
/// The processor must have `S`, `z` be whole pixels, and `out` valid for as many writes.
#[inline(always)]
pub(super) unsafe fn normalize<S: Simd>(z: &[f32], k: &Coefficients, out: *mut f32) {
    let channels = k.channels();
    for channel in (0..channels).step_by(S::LANES) {
        let lanes = channels - channel;
        // SAFETY: `channel` is a channel, and of every pixel no more than the `lanes` values from it on are touched.
        unsafe {
            let (slope, offset) = (of::<S>(&k.slope, channel), of::<S>(&k.offset, channel));
            let mut at = channel;
            while at < z.len() {
                let value = load_columns::<S>(z.as_ptr().add(at), lanes);
                store_columns::<S>(out.add(at), S::mul_add(value, slope, offset), lanes);
                at += channels;
            }
        }
    }
}
