//! Convolutions of narrow images with strides, or of single pixels, as matrix products: what some pixels see through some taps is gathered into rows, so
//! that the register tile is full however few pixels a row of the image has, and weights are read once for pixels of several rows and images.

use rayon::prelude::*;

use crate::options::Conv2dShape;

use crate::kernels::buffer::{Buffer, Shared, Unwritten};
use crate::kernels::pack::{Panels, Turn};
use crate::kernels::simd::{Kernel, Simd, dispatch};
use crate::kernels::tile::{Reads, row, row_in_parts};

/// Pixels that weights are read for once: whole register tiles, and what is summed up for them fits the second-level cache.
const PIXELS: usize = 112;

/// Values that are gathered for a pixel at a time: those of some taps, or of some channels of one.
const DEPTH: usize = 256;

/// Least channels for which gathering pays.
const LEAST: usize = 16;

/// Pixels of a row that leave the register tile so empty that gathering pays; measured.
const NARROW: usize = 6;

/// Least values of a weight that are worth reading for pixels of several images at once, and those whose gradient is better one sum than sums of
/// parts of the images; measured.
const WEIGHTY: usize = 1 << 15;
const HEAVY: usize = 1 << 19;

/// Input channels of a tap whose weight gradient is a task.
const CHANNELS: usize = 64;

/// Whether a convolution is done this way.
pub(super) fn pays(shape: &Conv2dShape) -> bool {
    let single = shape.kernel == [1, 1] && shape.padding == [0, 0];
    let strided = shape.stride != [1, 1] && values(shape) >= WEIGHTY;
    shape.channels_in >= LEAST && shape.output()[1] <= NARROW && (single || strided)
}

/// Whether an input gradient is done this way: of a stride that leaves each input pixel few of the taps.
pub(super) fn pays_input_grad(shape: &Conv2dShape) -> bool {
    let strided = shape.stride != [1, 1] && shape.kernel != [1, 1] && values(shape) >= WEIGHTY;
    shape.channels_out.min(shape.channels_in) >= LEAST && shape.output()[1] <= NARROW && strided
}

/// Whether a weight gradient is done this way.
pub(super) fn pays_weight_grad(shape: &Conv2dShape) -> bool {
    let tasks = shape.kernel[0] * shape.kernel[1] * shape.channels_in.div_ceil(CHANNELS);
    shape.channels_in >= LEAST && tasks >= 8 && values(shape) >= HEAVY
}

/// Values of the weight.
fn values(shape: &Conv2dShape) -> usize {
    shape.weight_dims().iter().product()
}

/// Pixels in rows, and the taps through which they see those of an image.
struct Field {
    /// Height and width of the image.
    size: [usize; 2],
    channels: usize,
    /// Rows, and pixels in each.
    grid: [usize; 2],
    /// Pixels of the image from one to the next.
    step: [usize; 2],
    /// Of each tap, the pixel of the image that the first one sees.
    taps: Vec<[isize; 2]>,
}

impl Field {
    /// What output pixels see of the input.
    fn of_output(shape: &Conv2dShape) -> Self {
        let offset = |axis: usize, k: usize| (k * shape.dilation[axis]) as isize - shape.padding[axis] as isize;
        let taps = (0..shape.kernel[0])
            .flat_map(|ky| (0..shape.kernel[1]).map(move |kx| [offset(0, ky), offset(1, kx)]))
            .collect();
        Self {
            size: shape.input,
            channels: shape.channels_in,
            grid: shape.output(),
            step: shape.stride,
            taps,
        }
    }

    /// Rows of all images, in runs of about [`PIXELS`] pixels.
    fn runs(&self, batch: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let count = batch * self.grid[0];
        let runs = (count * self.grid[1]).div_ceil(PIXELS).min(count);
        (0..runs).map(move |run| (run * count / runs, (run + 1) * count / runs))
    }

    /// Whether what the pixels see lies in the image as it would be gathered.
    fn lies_ready(&self) -> bool {
        self.taps == [[0, 0]] && self.step == [1, 1] && self.grid == self.size
    }

    /// Writes what the pixels of rows `range` see through `taps`, of `channels` each, to `to`, `stride` values from pixel to pixel.
    fn gather(
        &self,
        images: &[f32],
        range: (usize, usize),
        taps: (usize, usize),
        channels: (usize, usize),
        to: &mut [f32],
        stride: usize,
    ) {
        let depth = channels.1 - channels.0;
        let [height, width] = self.size;
        let mut pixels = to.chunks_exact_mut(stride);
        for row in range.0..range.1 {
            let (image, y) = (row / self.grid[0], row % self.grid[0]);
            let image = &images[image * height * width * self.channels..][..height * width * self.channels];
            for (x, pixel) in (0..self.grid[1]).zip(&mut pixels) {
                for (tap, to) in self.taps[taps.0..taps.1].iter().zip(pixel.chunks_exact_mut(depth)) {
                    let place = [
                        (y * self.step[0]) as isize + tap[0],
                        (x * self.step[1]) as isize + tap[1],
                    ];
                    if (0..height as isize).contains(&place[0]) && (0..width as isize).contains(&place[1]) {
                        let first = (place[0] as usize * width + place[1] as usize) * self.channels;
                        to.copy_from_slice(&image[first + channels.0..first + channels.1]);
                    } else {
                        to.fill(0.0);
                    }
                }
            }
        }
    }

    /// Taps and channels in slices of at most [`DEPTH`] values: ranges of both, and the values before them.
    fn slices(&self) -> Vec<Slice> {
        let (taps, channels) = (self.taps.len(), self.channels);
        let together = (DEPTH / channels).max(1);
        let parts = channels.div_ceil(DEPTH);
        let ranges = (0..taps).step_by(together).flat_map(|tap| {
            (0..parts).map(move |part| Slice {
                taps: (tap, (tap + together).min(taps)),
                channels: (part * channels / parts, (part + 1) * channels / parts),
            })
        });
        ranges.collect()
    }
}

/// Some taps, or some channels of one.
struct Slice {
    taps: (usize, usize),
    channels: (usize, usize),
}

impl Slice {
    /// Values that a pixel sees.
    fn depth(&self) -> usize {
        (self.taps.1 - self.taps.0) * (self.channels.1 - self.channels.0)
    }
}

/// As [`conv2d`](super::conv2d), for shapes that [`pays`] accepts; and what `after` says to each run of pixels just written.
pub(super) fn conv2d_gathered<P: Send>(
    x: &[f32],
    w: &[f32],
    shape: &Conv2dShape,
    terms: usize,
    after: impl Fn(&mut [f32]) -> P + Sync,
) -> (Buffer, Vec<P>) {
    let field = Field::of_output(shape);
    let co = shape.channels_out;
    let panels = Panels::of_rows(w, field.taps.len() * field.channels, co);
    let mut out = Unwritten::<f32>::new(shape.output_dims().iter().product());
    let (start, line) = (Shared(out.as_mut_ptr()), field.grid[1] * co);
    let runs: Vec<_> = field.runs(shape.batch).collect();
    let said = runs.into_par_iter().map(|range| {
        // SAFETY: `out` has room for the output, of which the rows of this run, no one else's, are `line` values each: the kernel has written them when they
        // become a slice. The panels have a row for each channel of each tap, and the caller asserted the length of `x`.
        unsafe {
            let part = start.get().add(range.0 * line);
            dispatch(Run {
                images: x,
                field: &field,
                range,
                panels: &panels,
                terms,
                out: part,
                columns: co,
            });
            after(std::slice::from_raw_parts_mut(part, (range.1 - range.0) * line))
        }
    });
    let said = said.collect();
    // SAFETY: the runs are all rows of all images, and each was written.
    (unsafe { out.assume_written() }, said)
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad), for shapes that [`pays_input_grad`] accepts. Input pixels whose places have the same remainders by the
/// stride see the output through the same taps: for each pair of remainders a convolution of `g`.
pub(super) fn input_grad_gathered(g: &[f32], w: &[f32], shape: &Conv2dShape, terms: usize) -> Buffer {
    let (ci, co, [height, width]) = (shape.channels_in, shape.channels_out, shape.input);
    let mut out = Unwritten::<f32>::new(shape.input_dims().iter().product());
    let start = Shared(out.as_mut_ptr());
    // Along an axis, the taps that pixels of a remainder see, and the output pixel that the first of them sees through each.
    let seen = |axis: usize, remainder: usize| -> Vec<(usize, isize)> {
        let stride = shape.stride[axis] as isize;
        let place = |k: usize| (remainder + shape.padding[axis]) as isize - (k * shape.dilation[axis]) as isize;
        let taps = (0..shape.kernel[axis]).filter(|&k| place(k) % stride == 0);
        taps.map(|k| (k, place(k) / stride)).collect()
    };
    for down in 0..shape.stride[0].min(height) {
        for across in 0..shape.stride[1].min(width) {
            let pairs: Vec<_> = seen(0, down)
                .into_iter()
                .flat_map(|y| seen(1, across).into_iter().map(move |x| (y, x)))
                .collect();
            let field = Field {
                size: shape.output(),
                channels: co,
                grid: [
                    (height - down).div_ceil(shape.stride[0]),
                    (width - across).div_ceil(shape.stride[1]),
                ],
                step: [1, 1],
                taps: pairs.iter().map(|(y, x)| [y.1, x.1]).collect(),
            };
            let taps: Vec<usize> = pairs.iter().map(|(y, x)| y.0 * shape.kernel[1] + x.0).collect();
            let weight = exchanged(w, &taps, ci, co);
            let panels = Panels::of_rows(&weight, taps.len() * co, ci);
            let runs: Vec<_> = field.runs(shape.batch).collect();
            runs.into_par_iter().for_each(|range| {
                let pixels = (range.1 - range.0) * field.grid[1];
                // SAFETY: `values` has room for the pixels of the run, which the kernel writes, or zeros where no tap sees them. `g` has the length
                // that the caller asserted, and the panels a row for each channel of each tap.
                let values = unsafe {
                    let mut values = Unwritten::<f32>::zeroed(pixels * ci);
                    dispatch(Run {
                        images: g,
                        field: &field,
                        range,
                        panels: &panels,
                        terms,
                        out: values.as_mut_ptr(),
                        columns: ci,
                    });
                    values.assume_written()
                };
                let mut values = values.chunks_exact(ci);
                for row in range.0..range.1 {
                    let (image, y) = (row / field.grid[0], row % field.grid[0] * shape.stride[0] + down);
                    for (x, values) in (0..field.grid[1]).zip(&mut values) {
                        let x = x * shape.stride[1] + across;
                        // SAFETY: (y, x) is a pixel of the image, as the grid has no more of these remainders; no other run or pair of remainders has it.
                        unsafe {
                            let to = start.get().add(((image * height + y) * width + x) * ci);
                            std::ptr::copy_nonoverlapping(values.as_ptr(), to, ci);
                        }
                    }
                }
            });
        }
    }
    // SAFETY: every pixel has a pair of remainders below the strides, so that it was written with these.
    unsafe { out.assume_written() }
}

/// The taps of a weight with input and output channels exchanged.
fn exchanged(w: &[f32], taps: &[usize], ci: usize, co: usize) -> Buffer {
    // SAFETY: a chunk is a tap of `co` rows of `ci` values, which has as many in `w` as `ci` rows of `co`; all are written.
    unsafe {
        Buffer::filled(taps.len(), ci * co, |index, to| {
            dispatch(Turn {
                from: w[taps[index] * ci * co..][..ci * co].as_ptr(),
                step: co,
                to,
                to_step: ci,
                size: [ci, co],
            });
        })
    }
}

/// `out[pixel][column] = Σ_tap Σ_channel image[what the pixel sees through the tap][channel] · panels[tap, channel][column]` for all pixels of a range of rows;
/// nothing is written if there is no tap. `images` must be whole images of the field, `range` among all rows, and `out` valid for writes of `columns`
/// values for each of their pixels; the panels must have a row for each channel of each tap.
struct Run<'a> {
    images: &'a [f32],
    field: &'a Field,
    range: (usize, usize),
    panels: &'a Panels,
    terms: usize,
    out: *mut f32,
    columns: usize,
}

impl Kernel for Run<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { field, range, .. } = self;
        let pixels = (range.1 - range.0) * field.grid[1];
        let ready = field.lies_ready();
        // Rows of a power of two would crowd few sets of the cache.
        let stride = DEPTH + 16;
        let mut gathered = Buffer::<f32>::zeroed(if ready { 0 } else { pixels * stride });
        for slice in field.slices() {
            let (depth, first) = (slice.depth(), slice.taps.0 * field.channels + slice.channels.0);
            let (input, pixel_stride) = if ready {
                let first = range.0 * field.grid[1] * field.channels;
                (
                    self.images[first..].as_ptr().wrapping_add(slice.channels.0),
                    field.channels,
                )
            } else {
                field.gather(self.images, range, slice.taps, slice.channels, &mut gathered, stride);
                (gathered.as_ptr(), stride)
            };
            for panel in self.panels.iter() {
                // SAFETY: `input` has `depth` values of each of the pixels: gathered at most DEPTH, less than the stride, or lying in the image, one pixel of
                // all channels after the other. The panel has as many rows from `first` on, and its columns are among the `columns`. The
                // first slice writes what the others add to.
                unsafe {
                    let reads = Reads {
                        input,
                        pixel_stride,
                        row_stride: 0,
                        rows: 1,
                        groups: 1,
                        group_stride: 0,
                        taps: depth,
                        tap_stride: 1,
                    };
                    let out = self.out.add(panel.start);
                    row_in_parts::<S>(reads, self.terms, pixels, &panel, first, out, self.columns, first > 0);
                }
            }
        }
    }
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad), for shapes that [`pays_weight_grad`] accepts: a task is some channels of a tap, summed over all images.
pub(super) fn weight_grad_gathered(x: &[f32], g: &[f32], shape: &Conv2dShape) -> Buffer {
    let field = Field::of_output(shape);
    let (ci, co) = (shape.channels_in, shape.channels_out);
    let cotangents = Panels::of_rows(g, shape.batch * field.grid[0] * field.grid[1], co);
    let blocks = ci.div_ceil(CHANNELS);
    let mut out = Unwritten::<f32>::new(field.taps.len() * ci * co);
    let start = Shared(out.as_mut_ptr());
    (0..field.taps.len() * blocks).into_par_iter().for_each(|task| {
        let (tap, block) = (task / blocks, task % blocks);
        let channels = (block * ci / blocks, (block + 1) * ci / blocks);
        // SAFETY: `out` has `co` values for each of these channels of the tap, no other task's, and the kernel writes them all. The panels are those of
        // all pixels, and the caller asserted the length of `x`.
        unsafe {
            dispatch(Sums {
                x,
                field: &field,
                batch: shape.batch,
                tap,
                channels,
                cotangents: &cotangents,
                out: start.get().add((tap * ci + channels.0) * co),
                columns: co,
            });
        }
    });
    // SAFETY: the tasks are all channels of all taps, and each wrote its own.
    unsafe { out.assume_written() }
}

/// `out[channel][column] = Σ_pixel image[what the pixel sees through the tap][channel] · cotangents[pixel][column]`. `x` must be `batch` images of the field, the
/// panels have a row for each of their pixels, and `out` be valid for writes of `columns` values for each of the channels.
struct Sums<'a> {
    x: &'a [f32],
    field: &'a Field,
    batch: usize,
    tap: usize,
    channels: (usize, usize),
    cotangents: &'a Panels,
    out: *mut f32,
    columns: usize,
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let Self { field, channels, .. } = self;
        let depth = channels.1 - channels.0;
        let stride = depth.next_multiple_of(16) + 16;
        let mut gathered = Vec::new();
        for range in field.runs(self.batch) {
            let pixels = (range.1 - range.0) * field.grid[1];
            let first = range.0 * field.grid[1];
            gathered.resize(pixels * stride, 0.0);
            field.gather(self.x, range, (self.tap, self.tap + 1), channels, &mut gathered, stride);
            for panel in self.cotangents.iter() {
                // SAFETY: `gathered` has `depth` values, read as columns, of each of the pixels, and the panel a row for each from `first` on; its columns are
                // among the `columns`. The first run writes what the others add to.
                unsafe {
                    let reads = Reads {
                        input: gathered.as_ptr(),
                        pixel_stride: 1,
                        row_stride: 0,
                        rows: 1,
                        groups: 1,
                        group_stride: 0,
                        taps: pixels,
                        tap_stride: stride,
                    };
                    let out = self.out.add(panel.start);
                    row::<S>(reads, depth, &panel, first, out, self.columns, first > 0);
                }
            }
        }
    }
}
