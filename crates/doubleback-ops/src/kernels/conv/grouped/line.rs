//! A line of output pixels, each the sum over the taps that see it, vector of channels by vector of channels.

use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::tile::{each, evenly, load_columns, store_columns};

/// Pixels whose sums are in registers at once.
const PIXELS: usize = 6;

/// A tap of the kernel, as the pixels of a line see it.
#[derive(Clone, Copy)]
pub(super) struct Tap {
    /// Where its weights begin: one for each channel.
    pub weight: usize,
    /// Where the pixel that the first pixel of the line sees would begin.
    pub read: isize,
    /// The pixels of the line that see the image through it: from this one up to before that one.
    pub from: usize,
    pub to: usize,
}

/// `out[pixel] = Σ_tap x[tap.read + pixel * read_step] · w[tap.weight]`, in the order of the taps, for each channel.
///
/// All weights of the taps must be valid, and all reads for pixels in `from..to` of a tap; `out` for writes of `pixels` pixels, `write_step`
/// apart.
pub(super) struct Line<'a> {
    pub taps: &'a [Tap],
    pub x: *const f32,
    pub w: *const f32,
    pub out: *mut f32,
    pub pixels: usize,
    pub read_step: usize,
    pub write_step: usize,
    pub channels: usize,
}

/// Calls `$body` with the const `$m` equal to the run-time `$count` in 1..=6.
macro_rules! up_to_six {
    ($count:expr, $m:ident => $body:expr) => {
        up_to_six!(@ $count, $m, $body, 1 2 3 4 5 6)
    };
    (@ $count:expr, $m:ident, $body:expr, $($n:literal)*) => {
        match $count {
            $($n => { const $m: usize = $n; $body })*
            other => unreachable!("a tile of {other} pixels"),
        }
    };
}

impl Kernel for Line<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let mut channel = 0;
        while channel < self.channels {
            let left = self.channels - channel;
            // SAFETY: the block ends at the last channel, or before it.
            unsafe {
                if left >= 2 * S::LANES {
                    self.block::<S, 2, false>(channel);
                    channel += 2 * S::LANES;
                } else if left >= S::LANES {
                    self.block::<S, 1, false>(channel);
                    channel += S::LANES;
                } else {
                    self.block::<S, 1, true>(channel);
                    channel = self.channels;
                }
            }
        }
    }
}

impl Line<'_> {
    /// V vectors of channels from `channel` on; if `PART`, what is left of the channels.
    ///
    /// # Safety
    /// As the kernel, and there must be so many channels.
    #[inline(always)]
    unsafe fn block<S: Simd, const V: usize, const PART: bool>(&self, channel: usize) {
        // Pixels that see the image through every tap.
        let inner = |(from, to): (usize, usize), tap: &Tap| (from.max(tap.from), to.min(tap.to));
        let (from, to) = self.taps.iter().fold((0, self.pixels), inner);
        let from = from.min(self.pixels);
        let to = to.max(from);
        let line = self;
        // SAFETY: pixels from..to see the image through every tap, and the others are asked tap by tap.
        unsafe {
            for pixel in (0..from).chain(to..self.pixels) {
                S::call(Tile::<1, V, PART, true> { line, channel, pixel });
            }
            for (start, length) in evenly(to - from, PIXELS) {
                let pixel = from + start;
                up_to_six!(length, M => S::call(Tile::<M, V, PART, false> { line, channel, pixel }));
            }
        }
    }
}

/// M pixels by V vectors of channels. If `ASK`, M is 1 and the tap's own pixels are looked at; else all of the pixels must be among them.
struct Tile<'a, const M: usize, const V: usize, const PART: bool, const ASK: bool> {
    line: &'a Line<'a>,
    channel: usize,
    pixel: usize,
}

impl<const M: usize, const V: usize, const PART: bool, const ASK: bool> Kernel for Tile<'_, M, V, PART, ASK> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { line, channel, pixel } = self;
        let columns = if PART { line.channels - channel } else { S::LANES };
        let first = (pixel * line.read_step + channel) as isize;
        // SAFETY: the tap sees the image at these pixels, so its reads are valid as the line says, and begin at `x` or after it; V vectors of channels, or the
        // `columns` that are left, are inside of a pixel and of a tap's weights.
        unsafe {
            let mut sums = [[S::zero(); V]; M];
            for tap in line.taps {
                if ASK && !(tap.from..tap.to).contains(&pixel) {
                    continue;
                }
                let x = line.x.offset(tap.read + first);
                let w = line.w.add(tap.weight + channel);
                let mut weight = [S::zero(); V];
                for (v, value) in weight.iter_mut().enumerate() {
                    *value = load::<S, PART>(w.add(v * S::LANES), columns);
                }
                each!(m < M, {
                    for v in 0..V {
                        let value = load::<S, PART>(x.add(m * line.read_step + v * S::LANES), columns);
                        sums[m][v] = S::mul_add(value, weight[v], sums[m][v]);
                    }
                });
            }
            let out = line.out.add(pixel * line.write_step + channel);
            each!(m < M, {
                for (v, &sum) in sums[m].iter().enumerate() {
                    let place = out.add(m * line.write_step + v * S::LANES);
                    if PART {
                        store_columns::<S>(place, sum, columns);
                    } else {
                        S::store(place, sum);
                    }
                }
            });
        }
    }
}

/// A vector, or the first `count` values of one if `PART`.
///
/// # Safety
/// The processor must have `S`, and `p` be valid for reads of so many values.
#[inline(always)]
pub(super) unsafe fn load<S: Simd, const PART: bool>(p: *const f32, count: usize) -> S::Vector {
    // SAFETY: asked of the caller.
    unsafe { if PART { load_columns::<S>(p, count) } else { S::load(p) } }
}

/// Of `count` pixels, the first and the one after the last for which `place * step + offset` is one of `size` pixels.
pub(super) fn columns(offset: isize, step: usize, size: usize, count: usize) -> (usize, usize) {
    let before = offset.min(0).unsigned_abs();
    let from = before.div_ceil(step).min(count);
    let room = size as isize - offset;
    let to = room.max(0).unsigned_abs().div_ceil(step).min(count);
    (from, to.max(from))
}
