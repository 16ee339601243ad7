//! The walk over an activation that all passes share: rows of windows, each window's values in registers.

use rayon::prelude::*;

/// Most parts that sums over rows are split in; fixed, so that results do not depend on the number of threads.
const PARTS: usize = 64;

/// Values of a row or of several that a task of an elementwise pass works on.
const TASK: usize = 1 << 13;

/// Sizes of an activation `[batch, height, width, channels]` and of the square windows it is cut in. Rows and columns that are left over
/// at the end belong to no window.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// Images.
    pub batch: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
    /// Height and width of a window, 1 or 2.
    pub size: usize,
}

impl Windows {
    /// Values in all.
    pub fn values(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Pixels in all.
    pub fn pixels(&self) -> usize {
        self.batch * self.height * self.width
    }

    /// Values in all windows, one a window and channel.
    pub fn pooled_values(&self) -> usize {
        self.batch * self.down() * self.across() * self.channels
    }

    /// Whether every pixel is in a row of windows or left over after one, so that a pass over all rows meets all values.
    pub(super) fn cover(&self) -> bool {
        self.down() > 0 || self.values() == 0
    }

    /// Rows of windows in an image.
    pub fn down(&self) -> usize {
        self.height / self.size
    }

    /// Windows in a row.
    pub fn across(&self) -> usize {
        self.width / self.size
    }

    /// Runs `task` on runs of rows of windows, numbered through all images: together all of `0..batch * down()`, each row once.
    pub(super) fn each_run(&self, task: impl Fn(usize, usize) + Sync) {
        let rows = self.batch * self.down();
        let run = (TASK / (self.width * self.size * self.channels).max(1)).max(1);
        (0..rows.div_ceil(run))
            .into_par_iter()
            .for_each(|i| task(i * run, ((i + 1) * run).min(rows)));
    }

    /// Adds up what `sum` finds in at most [`PARTS`] runs of rows, in order: `N` sums a channel.
    pub(super) fn summed<const N: usize>(
        &self,
        sum: impl Fn(usize, usize, &mut [Vec<f64>; N]) + Sync,
    ) -> [Vec<f64>; N] {
        let rows = self.batch * self.down();
        let run = rows.div_ceil(PARTS).max(1);
        let parts: Vec<[Vec<f64>; N]> = (0..rows.div_ceil(run))
            .into_par_iter()
            .map(|part| {
                let mut sums = std::array::from_fn(|_| vec![0.0; self.channels]);
                sum(part * run, ((part + 1) * run).min(rows), &mut sums);
                sums
            })
            .collect();
        let mut total: [Vec<f64>; N] = std::array::from_fn(|_| vec![0.0; self.channels]);
        for part in &parts {
            for (to, from) in total.iter_mut().zip(part) {
                for (t, f) in to.iter_mut().zip(from) {
                    *t += f;
                }
            }
        }
        total
    }

    /// First value of row `row` of windows in the pooled activation.
    #[inline(always)]
    pub(super) fn pooled_row(&self, row: usize) -> usize {
        row * self.across() * self.channels
    }

    /// First value of row `row` of windows in the activation, and rows of pixels that belong to it: the last one of an image has those
    /// that are left over too.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> (usize, usize) {
        let (image, y) = (row / self.down(), row % self.down());
        let top = y * self.size;
        let rows = if y + 1 == self.down() {
            self.height - top
        } else {
            self.size
        };
        ((image * self.height + top) * self.width * self.channels, rows)
    }

    /// Calls `visit` with each pixel, counted in values from the first of a row of windows, that belongs to no window.
    #[inline(always)]
    pub(super) fn left_over(&self, rows: usize, mut visit: impl FnMut(usize)) {
        let covered = self.across() * self.size;
        for y in 0..rows {
            let first = if y < self.size { covered } else { 0 };
            for x in first..self.width {
                visit((y * self.width + x) * self.channels);
            }
        }
    }
}

/// Values from the first of a window to value `k` of it.
#[inline(always)]
pub(super) fn place<const W: usize>(k: usize, width: usize, channels: usize) -> usize {
    (k / W * width + k % W) * channels
}
