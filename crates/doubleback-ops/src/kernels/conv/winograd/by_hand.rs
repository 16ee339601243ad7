//! The transforms as types: by their matrices, and those with six points that run on every tile written out. At A and -A even powers are the
//! same and odd ones opposite, so their sums are computed once, and so at B and -B.

use super::points::{self, A, B};
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
            if N != 6 {
                return by_matrix::<S, I, O>(&points::of::<N, R>().input, x);
            }
            // x⁴ - B² x² and x³ - B² x, whose zeros are the other points; likewise with A.
            let (even_a, odd_a) = (with::<S>(-B * B, x[2], x[4]), with::<S>(-B * B, x[1], x[3]));
            let (even_b, odd_b) = (with::<S>(-A * A, x[2], x[4]), with::<S>(-A * A, x[1], x[3]));
            let y = [
                all_but_one::<S>(x[0], x[2], x[4]),
                with::<S>(A, odd_a, even_a),
                with::<S>(-A, odd_a, even_a),
                with::<S>(B, odd_b, even_b),
                with::<S>(-B, odd_b, even_b),
                all_but_one::<S>(x[1], x[3], x[5]),
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
            let (even_a, odd_a) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
            let (even_b, odd_b) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
            let y = [
                S::add(m[0], S::add(even_a, even_b)),
                two::<S>(A, B, odd_a, odd_b),
                two::<S>(A * A, B * B, even_a, even_b),
                S::add(two::<S>(A * A * A, B * B * B, odd_a, odd_b), m[5]),
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
            let (even_a, odd_a) = (with::<S>(A * A, g[2], g[0]), with::<S>(A * A, g[3], g[1]));
            let (even_b, odd_b) = (with::<S>(B * B, g[2], g[0]), with::<S>(B * B, g[3], g[1]));
            let y = [
                g[0],
                with::<S>(A, odd_a, even_a),
                with::<S>(-A, odd_a, even_a),
                with::<S>(B, odd_b, even_b),
                with::<S>(-B, odd_b, even_b),
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

/// `(x² - A²) (x² - B²)` from the coefficients of x⁰, x² and x⁴: zero at all finite points but 0.
#[inline(always)]
unsafe fn all_but_one<S: Simd>(low: S::Vector, middle: S::Vector, high: S::Vector) -> S::Vector {
    // SAFETY: no memory but constants; the caller says that the processor has `S`.
    unsafe { with::<S>(A * A * B * B, low, with::<S>(-A * A - B * B, middle, high)) }
}

/// `a · x + b · y`.
#[inline(always)]
unsafe fn two<S: Simd>(a: f32, b: f32, x: S::Vector, y: S::Vector) -> S::Vector {
    // SAFETY: reads the factors; the caller says that the processor has `S`.
    unsafe { with::<S>(a, x, S::mul(S::splat(&b), y)) }
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
