use super::vector::{Kernel, Simd};

/// Four lanes in plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Portable;

// SAFETY: needs no particular instruction set; each function touches what the trait says.
unsafe impl Simd for Portable {
    const LANES: usize = 4;
    const TILE: usize = 6;
    type Vector = [f32; 4];
    type Mask = [u32; 4];
    type Bits = [u32; 4];

    #[inline(never)]
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: any processor does; the caller vouches for what the kernel asks.
        unsafe { kernel.run::<Self>() }
    }
    #[inline(always)]
    unsafe fn zero() -> [f32; 4] {
        [0.0; 4]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> [f32; 4] {
        // SAFETY: four values are readable; arrays of f32 need no more alignment than f32.
        unsafe { *p.cast() }
    }
    #[inline(always)]
    unsafe fn load_partial(p: *const f32, n: usize) -> [f32; 4] {
        // SAFETY: only indices below n are read.
        std::array::from_fn(|i| if i < n { unsafe { *p.add(i) } } else { 0.0 })
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: [f32; 4]) {
        // SAFETY: four values are writable.
        unsafe { *p.cast() = v }
    }
    #[inline(always)]
    unsafe fn store_partial(p: *mut f32, v: [f32; 4], n: usize) {
        for (i, value) in v.into_iter().enumerate().take(n) {
            // SAFETY: only indices below n are written.
            unsafe { *p.add(i) = value }
        }
    }
    #[inline(always)]
    unsafe fn splat(p: *const f32) -> [f32; 4] {
        // SAFETY: one value is readable.
        [unsafe { *p }; 4]
    }
    #[inline(always)]
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize) {
        // SAFETY: four rows of four values on both sides.
        unsafe {
            let rows: [[f32; 4]; 4] = std::array::from_fn(|i| *from.add(i * step).cast());
            for (i, column) in [0, 1, 2, 3].map(|i| rows.map(|row| row[i])).into_iter().enumerate() {
                *to.add(i * to_step).cast() = column;
            }
        }
    }
    #[inline(always)]
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn mul_add(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn sum(v: [f32; 4]) -> f32 {
        (v[0] + v[2]) + (v[1] + v[3])
    }
    #[inline(always)]
    unsafe fn add_to_f64(to: *mut f64, v: [f32; 4], n: usize) {
        for (i, value) in v.into_iter().enumerate().take(n) {
            // SAFETY: only indices below n are touched.
            unsafe { *to.add(i) += f64::from(value) }
        }
    }
    #[inline(always)]
    unsafe fn all(yes: bool) -> [u32; 4] {
        [if yes { u32::MAX } else { 0 }; 4]
    }
    #[inline(always)]
    unsafe fn not_le(a: [f32; 4], b: [f32; 4]) -> [u32; 4] {
        std::array::from_fn(|i| if a[i] <= b[i] { 0 } else { u32::MAX })
    }
    #[inline(always)]
    unsafe fn ordered(a: [f32; 4]) -> [u32; 4] {
        std::array::from_fn(|i| if a[i].is_nan() { 0 } else { u32::MAX })
    }
    #[inline(always)]
    unsafe fn and(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
        std::array::from_fn(|i| a[i] & b[i])
    }
    #[inline(always)]
    unsafe fn without(a: [u32; 4], b: [u32; 4]) -> [u32; 4] {
        std::array::from_fn(|i| a[i] & !b[i])
    }
    #[inline(always)]
    unsafe fn keep(mask: [u32; 4], v: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| f32::from_bits(v[i].to_bits() & mask[i]))
    }
    #[inline(always)]
    unsafe fn select(mask: [u32; 4], yes: [f32; 4], no: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| f32::from_bits((yes[i].to_bits() & mask[i]) | (no[i].to_bits() & !mask[i])))
    }
    #[inline(always)]
    unsafe fn load_bits(p: *const u8, n: usize) -> [u32; 4] {
        // SAFETY: only indices below n are read.
        std::array::from_fn(|i| if i < n { u32::from(unsafe { *p.add(i) }) } else { 0 })
    }
    #[inline(always)]
    unsafe fn bit(bits: [u32; 4], k: usize) -> [u32; 4] {
        bits.map(|b| if b & (1 << k) == 0 { 0 } else { u32::MAX })
    }
    #[inline(always)]
    unsafe fn store_bits<const K: usize>(p: *mut u8, masks: [[u32; 4]; K], n: usize) {
        for i in 0..n.min(4) {
            let bits = masks.iter().enumerate().map(|(k, mask)| (mask[i] & (1 << k)) as u8);
            // SAFETY: only indices below n are written.
            unsafe { *p.add(i) = bits.fold(0, |byte, bit| byte | bit) }
        }
    }
}
