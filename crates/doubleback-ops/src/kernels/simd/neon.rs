use std::arch::aarch64::*;

use super::vector::{Kernel, Simd};

/// 4 lanes, with fused multiply-add.
#[derive(Clone, Copy)]
pub(super) struct Neon;

// SAFETY: every aarch64 processor has it; each function touches what the trait says, partial ones through an array of 4.
#[allow(clippy::undocumented_unsafe_blocks)]
unsafe impl Simd for Neon {
    const LANES: usize = 4;
    // 32 registers: 24 sums, two weights, a value.
    const TILE: usize = 12;
    type Vector = float32x4_t;
    type Mask = uint32x4_t;
    type Bits = uint32x4_t;

    #[inline(never)]
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
        unsafe { kernel.run::<Self>() }
    }
    #[inline(always)]
    unsafe fn zero() -> float32x4_t {
        unsafe { vdupq_n_f32(0.0) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> float32x4_t {
        let values: [f32; 4] = std::array::from_fn(|i| if i < n { unsafe { *p.add(i) } } else { 0.0 });
        unsafe { vld1q_f32(values.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: float32x4_t) {
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, v: float32x4_t, n: usize) {
        let mut values = [0f32; 4];
        unsafe {
            vst1q_f32(values.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(values.as_ptr(), p, n.min(4));
        }
    }
    #[inline(always)]
    unsafe fn splat(p: *const f32) -> float32x4_t {
        unsafe { vld1q_dup_f32(p) }
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        unsafe {
            let row = |i: usize| vld1q_f32(from.add(i * step));
            let (even, odd) = (vtrn1q_f32(row(0), row(1)), vtrn2q_f32(row(0), row(1)));
            let (even2, odd2) = (vtrn1q_f32(row(2), row(3)), vtrn2q_f32(row(2), row(3)));
            let join = |a, b| vcombine_f32(vget_low_f32(a), vget_low_f32(b));
            let join_high = |a, b| vcombine_f32(vget_high_f32(a), vget_high_f32(b));
            vst1q_f32(to, join(even, even2));
            vst1q_f32(to.add(to_step), join(odd, odd2));
            vst1q_f32(to.add(2 * to_step), join_high(even, even2));
            vst1q_f32(to.add(3 * to_step), join_high(odd, odd2));
        }
    }
    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul_add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn sum(v: float32x4_t) -> f32 {
        let mut values = [0f32; 4];
        unsafe { vst1q_f32(values.as_mut_ptr(), v) };
        (values[0] + values[2]) + (values[1] + values[3])
    }
    #[inline(always)]
    unsafe fn add_to_f64(to: *mut f64, v: float32x4_t, n: usize) {
        unsafe {
            let mut values = [0f32; 4];
            vst1q_f32(values.as_mut_ptr(), v);
            for (i, &value) in values.iter().enumerate().take(n) {
                *to.add(i) += f64::from(value);
            }
        }
    }
    #[inline(always)]
    unsafe fn all(yes: bool) -> uint32x4_t {
        unsafe { vdupq_n_u32(if yes { u32::MAX } else { 0 }) }
    }
    #[inline(always)]
    unsafe fn not_le(a: float32x4_t, b: float32x4_t) -> uint32x4_t {
        unsafe { vmvnq_u32(vcleq_f32(a, b)) }
    }
    #[inline(always)]
    unsafe fn ordered(a: float32x4_t) -> uint32x4_t {
        unsafe { vceqq_f32(a, a) }
    }
    #[inline(always)]
    unsafe fn and(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
        unsafe { vandq_u32(a, b) }
    }
    #[inline(always)]
    unsafe fn without(a: uint32x4_t, b: uint32x4_t) -> uint32x4_t {
        unsafe { vbicq_u32(a, b) }
    }
    #[inline(always)]
    unsafe fn keep(mask: uint32x4_t, v: float32x4_t) -> float32x4_t {
        unsafe { vreinterpretq_f32_u32(vandq_u32(mask, vreinterpretq_u32_f32(v))) }
    }
    #[inline(always)]
    unsafe fn select(mask: uint32x4_t, yes: float32x4_t, no: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(mask, yes, no) }
    }
    #[inline(always)]
    unsafe fn load_bits(p: *const u8, n: usize) -> uint32x4_t {
        let bytes: [u32; 4] = std::array::from_fn(|i| if i < n { u32::from(unsafe { *p.add(i) }) } else { 0 });
        unsafe { vld1q_u32(bytes.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn bit(bits: uint32x4_t, k: usize) -> uint32x4_t {
        unsafe { vtstq_u32(bits, vdupq_n_u32(1 << k)) }
    }
    #[inline(always)]
    unsafe fn store_bits<const K: usize>(p: *mut u8, masks: [uint32x4_t; K], n: usize) {
        unsafe {
            let mut bits = vdupq_n_u32(0);
            for (k, mask) in masks.into_iter().enumerate() {
                bits = vorrq_u32(bits, vandq_u32(mask, vdupq_n_u32(1 << k)));
            }
            let mut lanes = [0u32; 4];
            vst1q_u32(lanes.as_mut_ptr(), bits);
            for (i, &lane) in lanes.iter().enumerate().take(n) {
                *p.add(i) = lane as u8;
            }
        }
    }
}
