//! The weight gradient of a convolution of single channels: a row of kernel taps stays in registers while a row of pixels passes by.

use crate::kernels::conv::image::kernel_rows;
use crate::kernels::simd::{Kernel, Simd};
use crate::kernels::tile::{each, evenly, store_columns};
use crate::options::Conv2dShape;

use super::line::{columns, load};

/// Taps whose sums are in registers at once.
const TAPS: usize = 5;

/// `sum[tap] += Σ x[pixel + tap] · g[pixel]` for each channel, over whole images of `x` and `g`, as many of each; `sum` must be as long as the weight.
pub(super) struct Sums<'a> {
    pub x: &'a [f32],
    pub g: &'a [f32],
    /// Of the convolution of a channel.
    pub shape: &'a Conv2dShape,
    pub channels: usize,
    pub sum: &'a mut [f32],
}

/// Calls `$body` with the const `$m` equal to the run-time `$count` in 1..=5.
macro_rules! up_to_five {
    ($count:expr, $m:ident => $body:expr) => {
        up_to_five!(@ $count, $m, $body, 1 2 3 4 5)
    };
    (@ $count:expr, $m:ident, $body:expr, $($n:literal)*) => {
        match $count {
            $($n => { const $m: usize = $n; $body })*
            other => unreachable!("a tile of {other} taps"),
        }
    };
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let (shape, channels) = (self.shape, self.channels);
        let [height, width] = shape.output();
        let row = shape.input[1] * channels;
        let images = self.x.chunks_exact(shape.input[0] * row);
        for (x, g) in images.zip(self.g.chunks_exact(height * width * channels)) {
            for y in 0..height {
                let (start, end, first) = kernel_rows(shape, y);
                for ky in start..end {
                    let input_row = first + (ky - start) * shape.dilation[0];
                    for (tap, count) in evenly(shape.kernel[1], TAPS) {
                        let walk = Walk {
                            x: &x[input_row * row..][..row],
                            g: &g[y * width * channels..][..width * channels],
                            shape,
                            channels,
                            width,
                            tap,
                        };
                        let sum = &mut self.sum[(ky * shape.kernel[1] + tap) * channels..][..count * channels];
                        // SAFETY: the rows are whole ones, and the sum has a place for each channel of each of the `count` taps.
                        unsafe { up_to_five!(count, M => walk.channels::<S, M>(sum.as_mut_ptr())) };
                    }
                }
            }
        }
    }
}

/// A row of input, and the row of output whose kernel row sees it.
#[derive(Clone, Copy)]
struct Walk<'a> {
    x: &'a [f32],
    g: &'a [f32],
    shape: &'a Conv2dShape,
    channels: usize,
    /// Output pixels.
    width: usize,
    /// The first of the taps.
    tap: usize,
}

impl Walk<'_> {
    /// All channels of M taps.
    ///
    /// # Safety
    /// `sum` must be valid for the channels of M taps, and `tap + M` be no more than the kernel's width.
    #[inline(always)]
    unsafe fn channels<S: Simd, const M: usize>(self, sum: *mut f32) {
        let mut channel = 0;
        while channel < self.channels {
            let left = self.channels - channel;
            // SAFETY: the tile ends at the last channel, or before it.
            unsafe {
                let sum = sum.add(channel);
                if left >= 2 * S::LANES {
                    S::call(Tile::<M, 2, false> {
                        walk: self,
                        channel,
                        sum,
                    });
                    channel += 2 * S::LANES;
                } else if left >= S::LANES {
                    S::call(Tile::<M, 1, false> {
                        walk: self,
                        channel,
                        sum,
                    });
                    channel += S::LANES;
                } else {
                    S::call(Tile::<M, 1, true> {
                        walk: self,
                        channel,
                        sum,
                    });
                    channel = self.channels;
                }
            }
        }
    }
}

/// M taps by V vectors of channels from `channel` on; if `PART`, by what is left of the channels. `sum` must be valid for them.
struct Tile<'a, const M: usize, const V: usize, const PART: bool> {
    walk: Walk<'a>,
    channel: usize,
    sum: *mut f32,
}

impl<const M: usize, const V: usize, const PART: bool> Kernel for Tile<'_, M, V, PART> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { walk, channel, sum } = self;
        let (shape, channels) = (walk.shape, walk.channels);
        let (stride, lanes) = (shape.stride[1], if PART { channels - channel } else { S::LANES });
        let mut offsets = [0isize; M];
        let mut seen = [(0, 0); M];
        for m in 0..M {
            offsets[m] = ((walk.tap + m) * shape.dilation[1]) as isize - shape.padding[1] as isize;
            seen[m] = columns(offsets[m], stride, shape.input[1], walk.width);
        }
        let from = seen.iter().fold(0, |most, range| most.max(range.0));
        let to = seen
            .iter()
            .fold(walk.width, |least, range| least.min(range.1))
            .max(from);
        // SAFETY: a tap reads pixels of the row for output pixels in its `seen` alone, which are those of a row of `input[1]`; `g` has `width` pixels;
        // V vectors of channels, or the `lanes` that are left, are inside of a pixel and of a tap's sums.
        unsafe {
            let mut sums = [[S::zero(); V]; M];
            let (x, g) = (walk.x.as_ptr().add(channel), walk.g.as_ptr().add(channel));
            for pixel in (0..from).chain(to..walk.width) {
                let values = vectors::<S, V, PART>(g.add(pixel * channels), lanes);
                each!(m < M, {
                    if (seen[m].0..seen[m].1).contains(&pixel) {
                        let x = x.offset(((pixel * stride) as isize + offsets[m]) * channels as isize);
                        for v in 0..V {
                            let value = load::<S, PART>(x.add(v * S::LANES), lanes);
                            sums[m][v] = S::mul_add(value, values[v], sums[m][v]);
                        }
                    }
                });
            }
            for pixel in from..to {
                let values = vectors::<S, V, PART>(g.add(pixel * channels), lanes);
                each!(m < M, {
                    let x = x.offset(((pixel * stride) as isize + offsets[m]) * channels as isize);
                    for v in 0..V {
                        let value = load::<S, PART>(x.add(v * S::LANES), lanes);
                        sums[m][v] = S::mul_add(value, values[v], sums[m][v]);
                    }
                });
            }
            each!(m < M, {
                for (v, &own) in sums[m].iter().enumerate() {
                    let place = sum.add(m * channels + v * S::LANES);
                    let total = S::add(load::<S, PART>(place, lanes), own);
                    store_columns::<S>(place, total, lanes);
                }
            });
        }
    }
}

/// V vectors, or the first `lanes` values of one if `PART`.
///
/// # Safety
/// The processor must have `S`, and `p` be valid for reads of so many values.
#[inline(always)]
unsafe fn vectors<S: Simd, const V: usize, const PART: bool>(p: *const f32, lanes: usize) -> [S::Vector; V] {
    // SAFETY: asked of the caller.
    unsafe {
        let mut values = [S::zero(); V];
        for (v, value) in values.iter_mut().enumerate() {
            *value = load::<S, PART>(p.add(v * S::LANES), lanes);
        }
        values
    }
}
