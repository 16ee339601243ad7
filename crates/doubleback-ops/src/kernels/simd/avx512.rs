use std::arch::x86_64::*;

use super::vector::{Kernel, Simd};

/// Runs a kernel with these features on.
///
/// # Safety
/// The processor must have them; the rest is what the kernel asks.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: the caller says that the processor has the features, and vouches for what the kernel asks.
    unsafe { kernel.run::<Avx512>() }
}

/// 16 lanes.
#[derive(Clone, Copy)]
pub(super) struct Avx512;

// SAFETY: each function touches what the trait says: full loads and stores 16 values, masked ones the lanes of their mask.
#[allow(clippy::undocumented_unsafe_blocks)]
unsafe impl Simd for Avx512 {
    const LANES: usize = 16;
    const TILE: usize = 14;
    type Vector = __m512;
    type Mask = __mmask16;
    type Bits = __m512i;

    #[inline(always)]
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
        unsafe { run(kernel) }
    }
    #[inline(always)]
    unsafe fn zero() -> __m512 {
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> __m512 {
        unsafe { _mm512_maskz_loadu_ps((1u16 << n) - 1, p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, v: __m512, n: usize) {
        unsafe { _mm512_mask_storeu_ps(p, (1u16 << n) - 1, v) }
    }
    #[inline(always)]
    unsafe fn splat(p: *const f32) -> __m512 {
        unsafe { _mm512_set1_ps(*p) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        unsafe {
            // Pairs of rows, then of pairs: 4x4 blocks within the four quarters of a vector; then the quarters.
            let mut rows = [_mm512_setzero_ps(); 16];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = _mm512_loadu_ps(from.add(i * step));
            }
            let mut quads = [_mm512_setzero_ps(); 16];
            for i in (0..16).step_by(4) {
                let low = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
                let high = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
                let low2 = _mm512_unpacklo_ps(rows[i + 2], rows[i + 3]);
                let high2 = _mm512_unpackhi_ps(rows[i + 2], rows[i + 3]);
                quads[i] = _mm512_shuffle_ps::<0x44>(low, low2);
                quads[i + 1] = _mm512_shuffle_ps::<0xee>(low, low2);
                quads[i + 2] = _mm512_shuffle_ps::<0x44>(high, high2);
                quads[i + 3] = _mm512_shuffle_ps::<0xee>(high, high2);
            }
            // quads[4 g + j]: in quarter q the column 4 q + j of rows 4 g to 4 g + 3.
            for j in 0..4 {
                let low = _mm512_shuffle_f32x4::<0x88>(quads[j], quads[4 + j]);
                let high = _mm512_shuffle_f32x4::<0xdd>(quads[j], quads[4 + j]);
                let low2 = _mm512_shuffle_f32x4::<0x88>(quads[8 + j], quads[12 + j]);
                let high2 = _mm512_shuffle_f32x4::<0xdd>(quads[8 + j], quads[12 + j]);
                _mm512_storeu_ps(to.add(j * to_step), _mm512_shuffle_f32x4::<0x88>(low, low2));
                _mm512_storeu_ps(to.add((4 + j) * to_step), _mm512_shuffle_f32x4::<0x88>(high, high2));
                _mm512_storeu_ps(to.add((8 + j) * to_step), _mm512_shuffle_f32x4::<0xdd>(low, low2));
                _mm512_storeu_ps(to.add((12 + j) * to_step), _mm512_shuffle_f32x4::<0xdd>(high, high2));
            }
        }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn sum(v: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(v) }
    }
    #[inline(always)]
    unsafe fn add_to_f64(to: *mut f64, v: __m512, n: usize) {
        unsafe {
            let low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
            let high = _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(v))));
            let lanes = ((1u32 << n.min(16)) - 1) as u16;
            let (first, second) = (lanes as u8, (lanes >> 8) as u8);
            let low = _mm512_add_pd(_mm512_maskz_loadu_pd(first, to), low);
            _mm512_mask_storeu_pd(to, first, low);
            let to = to.wrapping_add(8);
            let high = _mm512_add_pd(_mm512_maskz_loadu_pd(second, to), high);
            _mm512_mask_storeu_pd(to, second, high);
        }
    }
    #[inline(always)]
    unsafe fn all(yes: bool) -> __mmask16 {
        if yes { u16::MAX } else { 0 }
    }
    #[inline(always)]
    unsafe fn not_le(a: __m512, b: __m512) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(a, b) }
    }
    #[inline(always)]
    unsafe fn ordered(a: __m512) -> __mmask16 {
        unsafe { _mm512_cmp_ps_mask::<_CMP_ORD_Q>(a, a) }
    }
    #[inline(always)]
    unsafe fn and(a: __mmask16, b: __mmask16) -> __mmask16 {
        a & b
    }
    #[inline(always)]
    unsafe fn without(a: __mmask16, b: __mmask16) -> __mmask16 {
        a & !b
    }
    #[inline(always)]
    unsafe fn keep(mask: __mmask16, v: __m512) -> __m512 {
        unsafe { _mm512_maskz_mov_ps(mask, v) }
    }
    #[inline(always)]
    unsafe fn select(mask: __mmask16, yes: __m512, no: __m512) -> __m512 {
        unsafe { _mm512_mask_mov_ps(no, mask, yes) }
    }
    #[inline(always)]
    unsafe fn load_bits(p: *const u8, n: usize) -> __m512i {
        unsafe {
            if n >= 16 {
                return _mm512_cvtepu8_epi32(_mm_loadu_si128(p.cast()));
            }
            let mut bytes = [0u8; 16];
            std::ptr::copy_nonoverlapping(p, bytes.as_mut_ptr(), n);
            _mm512_cvtepu8_epi32(_mm_loadu_si128(bytes.as_ptr().cast()))
        }
    }
    #[inline(always)]
    unsafe fn bit(bits: __m512i, k: usize) -> __mmask16 {
        unsafe { _mm512_test_epi32_mask(bits, _mm512_set1_epi32(1 << k)) }
    }
    #[inline(always)]
    unsafe fn store_bits<const K: usize>(p: *mut u8, masks: [__mmask16; K], n: usize) {
        unsafe {
            let mut bits = _mm512_setzero_si512();
            for (k, mask) in masks.into_iter().enumerate() {
                bits = _mm512_mask_or_epi32(bits, mask, bits, _mm512_set1_epi32(1 << k));
            }
            let bytes = _mm512_cvtepi32_epi8(bits);
            if n >= 16 {
                return _mm_storeu_si128(p.cast(), bytes);
            }
            let mut array = [0u8; 16];
            _mm_storeu_si128(array.as_mut_ptr().cast(), bytes);
            std::ptr::copy_nonoverlapping(array.as_ptr(), p, n);
        }
    }
}
