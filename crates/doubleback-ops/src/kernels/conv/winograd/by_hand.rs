//! The transforms as types: by their matrices, and those of F(4, 3) that run on every tile written out, with what its rows share computed
//! once: 14 and 12 operations rather than 26 and 18.

use super::points;
use super::transform::{Transform, by_matrix, each};
use crate::kernels::simd::Simd;

/// `Bᵀ`: image tile to values at the points.
pub(super) struct InputTransform<const N: usize, const R: usize>;

/// `G`: kernel to values at the points.
pub(super) struct KernelTransform<const N: usize, const R: usize>;

/// `Aᵀ`: products at the points to output pixels.
pub(super) struct OutputTransform<const N: usize, const R: usize>;

/// For the weight gradient, tile of output gradients to values at the points.
pub(super) struct CotangentTransform<const N: usize, const R: usize>;

/// For the weight gradient, sums of products at the points to taps.
pub(super) struct TapsTransform<const N: usize, const R: usize>;

impl<const N: usize, const R: usize> Transform for InputTransform<N, R> {
    #[inline(always)]
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(x: [S::Vector; I]) -> [S::Vector; O] {
        // SAFETY: no memory but constants; the caller says that the processor has `S`.
        unsafe {
            if (N, R) != (6, 3) {
                return by_matrix::<S, I, O>(&points::of::<N, R>().input, x);
            }
            // x² - 1, of the points 1 and -1, and x² + 3/2 x - 1, of 1/2 and -2, from each of the first values on.
            let step = [
                S::sub(x[2], x[0]),
                S::sub(x[3], x[1]),
                S::sub(x[4], x[2]),
                S::sub(x[5], x[3]),
            ];
            let other = [
                with::<S>(1.5, x[1], step[0]),
                with::<S>(1.5, x[2], step[1]),
                with::<S>(1.5, x[3], step[2]),
                with::<S>(1.5, x[4], step[3]),
            ];
            let two = S::splat(&2.0);
            let y = [
                S::sub(other[2], other[0]),
                S::add(other[1], other[2]),
                S::sub(other[1], other[2]),
                S::mul_add(two, step[1], step[2]),
                S::sub(S::mul(two, step[2]), step[1]),
                S::sub(other[3], other[1]),
            ];
            first::<S, 6, O>(y)
        }
    }
}

impl<const N: usize, const R: usize> Transform for OutputTransform<N, R> {
    #[inline(always)]
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(m: [S::Vector; I]) -> [S::Vector; O] {
        // SAFETY: no memory but constants; the caller says that the processor has `S`.
        unsafe {
            if (N, R) != (6, 3) {
                return by_matrix::<S, I, O>(&points::of::<N, R>().output, m);
            }
            // At the points 1 and -1 even powers are the same, odd ones opposite.
            let (even, odd) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
            let y = [
                S::add(S::add(m[0], even), S::add(m[3], m[4])),
                with::<S>(-2.0, m[4], with::<S>(0.5, m[3], odd)),
                with::<S>(4.0, m[4], with::<S>(0.25, m[3], even)),
                with::<S>(-8.0, m[4], with::<S>(0.125, m[3], S::add(odd, m[5]))),
            ];
            first::<S, 4, O>(y)
        }
    }
}

impl<const N: usize, const R: usize> Transform for CotangentTransform<N, R> {
    #[inline(always)]
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(g: [S::Vector; I]) -> [S::Vector; O] {
        // SAFETY: no memory but constants; the caller says that the processor has `S`.
        unsafe {
            if (N, R) != (6, 3) {
                return by_matrix::<S, I, O>(&points::of::<N, R>().cotangent, g);
            }
            let (even, odd) = (S::add(g[0], g[2]), S::add(g[1], g[3]));
            let y = [
                g[0],
                S::add(even, odd),
                S::sub(even, odd),
                with::<S>(0.5, with::<S>(0.25, g[3], g[1]), with::<S>(0.25, g[2], g[0])),
                with::<S>(-2.0, with::<S>(4.0, g[3], g[1]), with::<S>(4.0, g[2], g[0])),
                g[3],
            ];
            first::<S, 6, O>(y)
        }
    }
}

impl<const N: usize, const R: usize> Transform for KernelTransform<N, R> {
    #[inline(always)]
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(w: [S::Vector; I]) -> [S::Vector; O] {
        // SAFETY: asked of the caller in the same words.
        unsafe { by_matrix::<S, I, O>(&points::of::<N, R>().kernel, w) }
    }
}

impl<const N: usize, const R: usize> Transform for TapsTransform<N, R> {
    #[inline(always)]
    unsafe fn apply<S: Simd, const I: usize, const O: usize>(sums: [S::Vector; I]) -> [S::Vector; O] {
        // SAFETY: asked of the caller in the same words.
        unsafe { by_matrix::<S, I, O>(&points::of::<N, R>().taps, sums) }
    }
}

/// `factor · x + sum`.
#[inline(always)]
unsafe fn with<S: Simd>(factor: f32, x: S::Vector, sum: S::Vector) -> S::Vector {
    // SAFETY: reads the factor; the caller says that the processor has `S`.
    unsafe { S::mul_add(S::splat(&factor), x, sum) }
}

/// The same vectors in an array of the length that is asked for: `L` wherever this is reached.
#[inline(always)]
unsafe fn first<S: Simd, const L: usize, const O: usize>(y: [S::Vector; L]) -> [S::Vector; O] {
    // SAFETY: touches no memory; the caller says that the processor has `S`.
    let mut out = [unsafe { S::zero() }; O];
    each!(i < O, out[i] = y[i.min(L - 1)]);
    out
}
