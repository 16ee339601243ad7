//! The kernel at the points, as the panels that the products read.

use rayon::prelude::*;

use super::by_hand::KernelTransform;
use super::transform::{Grid, transform};
use crate::kernels::buffer::{Shared, Unwritten};
use crate::kernels::pack::{Panels, Places};
use crate::kernels::simd::{Kernel, Simd, dispatch, isa};

/// Input channels of a task.
const CHANNELS: usize = 16;

/// `G w Gᵀ` for all pairs of channels: panels of output channels, with a row for each point and input channel.
pub(super) fn transformed_kernel<const N: usize, const R: usize>(w: &[f32], ci: usize, co: usize) -> Panels {
    assert_eq!(w.len(), R * R * ci * co);
    let places = Places::new(N * N * ci, co);
    // Vectors that are not full leave the zeros that are to stand behind the last channel.
    let mut kernel: Unwritten = match co % isa().lanes() {
        0 => Unwritten::new(places.values()),
        _ => Unwritten::zeroed(places.values()),
    };
    let (start, blocks) = (Shared(kernel.as_mut_ptr()), ci.div_ceil(CHANNELS));
    (0..places.count() * blocks).into_par_iter().for_each(|task| {
        let place = places.at(task / blocks);
        let first = task % blocks * CHANNELS;
        // SAFETY: channels first..last of the input have a row at each point in the panel, which no other task touches, and the panel's columns are
        // among the `co` output channels, of which `w` has as many in each of its planes.
        unsafe {
            dispatch(KernelOf::<N, R> {
                w: w.as_ptr().add(place.start),
                out: start.get().add(place.first),
                sizes: [ci, co],
                channels: (first, (first + CHANNELS).min(ci)),
                columns: place.columns,
                width: place.width,
            });
        }
    });
    // SAFETY: the tasks are all input channels of all panels. Each wrote all output channels at all points; behind the last are zeros.
    let kernel = unsafe { kernel.assume_written() };
    Panels::of(kernel, places)
}

/// The kernel's values from some input channels to the output channels of a panel. `w` is the first of these in the first plane, `out` the
/// panel's first value: both must be valid for `columns` output channels of all input channels, in each plane of the kernel and at each point.
struct KernelOf<const N: usize, const R: usize> {
    w: *const f32,
    out: *mut f32,
    /// Input and output channels.
    sizes: [usize; 2],
    channels: (usize, usize),
    columns: usize,
    width: usize,
}

impl<const N: usize, const R: usize> Kernel for KernelOf<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let [ci, co] = self.sizes;
        for channel in self.channels.0..self.channels.1 {
            for column in (0..self.columns).step_by(S::LANES) {
                // SAFETY: valid for all `columns` output channels by its own contract, so for the `columns - column` from `column` on.
                unsafe {
                    S::call(KernelTile::<N, R> {
                        w: self.w.add(channel * co + column),
                        plane: ci * co,
                        out: self.out.add(channel * self.width + column),
                        point: ci * self.width,
                        lanes: self.columns - column,
                    });
                }
            }
        }
    }
}

/// As [`KernelOf`], for one input channel and at most a vector of `lanes` output channels: `w` valid in each plane, `out` at each point.
struct KernelTile<const N: usize, const R: usize> {
    w: *const f32,
    plane: usize,
    out: *mut f32,
    point: usize,
    lanes: usize,
}

impl<const N: usize, const R: usize> Kernel for KernelTile<N, R> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<S: Simd>(self) {
        let from = Grid {
            start: self.w,
            row: R * self.plane,
            column: self.plane,
        };
        let to = Grid {
            start: self.out,
            row: N * self.point,
            column: self.point,
        };
        // SAFETY: the grids are the R by R planes of the kernel and the N by N points, for which `w` and `out` are valid by contract.
        unsafe { transform::<S, KernelTransform<N, R>, R, N>(from, to, [N, N], self.lanes) }
    }
}
