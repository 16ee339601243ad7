use std::arch::x86_64::*;

use super::vector::{Kernel, Simd};

/// Runs a kernel with these features on.
///
/// # Safety
/// The processor must have them; the rest is what the kernel asks.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller says that the processor has the features, and vouches for what the kernel asks.
    unsafe { kernel.run::<Avx2>() }
}

/// 8 lanes, with fused multiply-add.
#[derive(Clone, Copy)]
pub(super) struct Avx2;

// SAFETY: each function touches what the trait says: full loads and stores 8 values, partial ones go through an array of 8.
#[allow(clippy::undocumented_unsafe_blocks)]
unsafe impl Simd for Avx2 {
    const LANES: usize = 8;
    const TILE: usize = 6;
    type Vector = __m256;
    type Mask = __m256;
    type Bits = __m256i;

    #[inline(always)]
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
        unsafe { run(kernel) }
    }
    #[inline(always)]
    unsafe fn zero() -> __m256 {
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> __m256 {
        let values: [f32; 8] = std::array::from_fn(|i| if i < n { unsafe { *p.add(i) } } else { 0.0 });
        unsafe { _mm256_loadu_ps(values.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, v: __m256, n: usize) {
        let mut values = [0f32; 8];
        unsafe {
            _mm256_storeu_ps(values.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(values.as_ptr(), p, n);
        }
    }
    #[inline(always)]
    unsafe fn splat(p: *const f32) -> __m256 {
        unsafe { _mm256_set1_ps(*p) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        unsafe {
            let mut quads = [_mm256_setzero_ps(); 8];
            for i in (0..8).step_by(4) {
                let row = |j: usize| _mm256_loadu_ps(from.add((i + j) * step));
                let low = _mm256_unpacklo_ps(row(0), row(1));
                let high = _mm256_unpackhi_ps(row(0), row(1));
                let low2 = _mm256_unpacklo_ps(row(2), row(3));
                let high2 = _mm256_unpackhi_ps(row(2), row(3));
                quads[i] = _mm256_shuffle_ps::<0x44>(low, low2);
                quads[i + 1] = _mm256_shuffle_ps::<0xee>(low, low2);
                quads[i + 2] = _mm256_shuffle_ps::<0x44>(high, high2);
                quads[i + 3] = _mm256_shuffle_ps::<0xee>(high, high2);
            }
            for j in 0..4 {
                _mm256_storeu_ps(
                    to.add(j * to_step),
                    _mm256_permute2f128_ps::<0x20>(quads[j], quads[4 + j]),
                );
                _mm256_storeu_ps(
                    to.add((4 + j) * to_step),
                    _mm256_permute2f128_ps::<0x31>(quads[j], quads[4 + j]),
                );
            }
        }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn sum(v: __m256) -> f32 {
        let mut values = [0f32; 8];
        unsafe { _mm256_storeu_ps(values.as_mut_ptr(), v) };
        let half: [f32; 4] = std::array::from_fn(|i| values[i] + values[i + 4]);
        (half[0] + half[2]) + (half[1] + half[3])
    }
    #[inline(always)]
    unsafe fn add_to_f64(to: *mut f64, v: __m256, n: usize) {
        unsafe {
            if n >= 8 {
                let low = _mm256_cvtps_pd(_mm256_castps256_ps128(v));
                let high = _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(v));
                _mm256_storeu_pd(to, _mm256_add_pd(_mm256_loadu_pd(to), low));
                _mm256_storeu_pd(to.add(4), _mm256_add_pd(_mm256_loadu_pd(to.add(4)), high));
                return;
            }
            let mut values = [0f32; 8];
            _mm256_storeu_ps(values.as_mut_ptr(), v);
            for (i, &value) in values.iter().enumerate().take(n) {
                *to.add(i) += f64::from(value);
            }
        }
    }
    #[inline(always)]
    unsafe fn all(yes: bool) -> __m256 {
        unsafe { _mm256_castsi256_ps(_mm256_set1_epi32(if yes { -1 } else { 0 })) }
    }
    #[inline(always)]
    unsafe fn not_le(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_cmp_ps::<_CMP_NLE_UQ>(a, b) }
    }
    #[inline(always)]
    unsafe fn ordered(a: __m256) -> __m256 {
        unsafe { _mm256_cmp_ps::<_CMP_ORD_Q>(a, a) }
    }
    #[inline(always)]
    unsafe fn and(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_and_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn without(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_andnot_ps(b, a) }
    }
    #[inline(always)]
    unsafe fn keep(mask: __m256, v: __m256) -> __m256 {
        unsafe { _mm256_and_ps(mask, v) }
    }
    #[inline(always)]
    unsafe fn select(mask: __m256, yes: __m256, no: __m256) -> __m256 {
        unsafe { _mm256_blendv_ps(no, yes, mask) }
    }
    #[inline(always)]
    unsafe fn load_bits(p: *const u8, n: usize) -> __m256i {
        unsafe {
            let mut bytes = [0u8; 8];
            std::ptr::copy_nonoverlapping(p, bytes.as_mut_ptr(), n.min(8));
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes.as_ptr().cast()))
        }
    }
    #[inline(always)]
    unsafe fn bit(bits: __m256i, k: usize) -> __m256 {
        unsafe {
            let one = _mm256_set1_epi32(1 << k);
            _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(bits, one), one))
        }
    }
    #[inline(always)]
    unsafe fn store_bits<const K: usize>(p: *mut u8, masks: [__m256; K], n: usize) {
        unsafe {
            let mut bits = _mm256_setzero_si256();
            for (k, mask) in masks.into_iter().enumerate() {
                let mask = _mm256_and_si256(_mm256_castps_si256(mask), _mm256_set1_epi32(1 << k));
                bits = _mm256_or_si256(bits, mask);
            }
            let halves = _mm_packus_epi32(_mm256_castsi256_si128(bits), _mm256_extracti128_si256::<1>(bits));
            let mut bytes = [0u8; 8];
            _mm_storel_epi64(bytes.as_mut_ptr().cast(), _mm_packus_epi16(halves, halves));
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), p, n.min(8));
        }
    }
}
