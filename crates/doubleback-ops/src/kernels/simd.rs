//! One small SIMD trait, an implementation for each instruction set, and the choice among them at run time.

use std::sync::OnceLock;

/// Instruction sets that the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// 16 lanes.
    Avx512,
    /// 8 lanes, with fused multiply-add.
    Avx2,
    /// 4 lanes of whatever the target guarantees.
    Portable,
}

impl Isa {
    /// `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Portable => "portable",
        }
    }

    /// Values a vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Isa::Avx512 => 16,
            Isa::Avx2 => 8,
            Isa::Portable => 4,
        }
    }

    fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// Names of the instruction sets that this build and this processor have.
pub fn available() -> Vec<&'static str> {
    let all = [Isa::Avx512, Isa::Avx2, Isa::Portable];
    all.into_iter().filter(|isa| isa.available()).map(Isa::name).collect()
}

/// The instruction set in use: the widest that this processor has, or the one named by `DOUBLEBACK_ISA` if it has that.
pub fn isa() -> Isa {
    static CHOICE: OnceLock<Isa> = OnceLock::new();
    *CHOICE.get_or_init(|| {
        let all = [Isa::Avx512, Isa::Avx2, Isa::Portable];
        let wanted = std::env::var("DOUBLEBACK_ISA").ok();
        let named = all
            .into_iter()
            .find(|isa| Some(isa.name()) == wanted.as_deref() && isa.available());
        named
            .or_else(|| all.into_iter().find(|isa| isa.available()))
            .unwrap_or(Isa::Portable)
    })
}

/// Vectors of `f32`.
///
/// # Safety
/// Every function needs a processor that has the instruction set, and pointers valid for what they say they touch.
pub(crate) unsafe trait Simd: Copy {
    /// Values a vector.
    const LANES: usize;
    /// Rows of a register tile that is two vectors wide: as many as the registers hold.
    const TILE: usize;
    type Vector: Copy;
    /// One bit a lane.
    type Mask: Copy;
    /// One byte a lane, widened.
    type Bits: Copy;

    /// Runs a kernel as a function of its own. Register tiles need that: inlined into one big function, all their variants together
    /// leave the register allocator no way to keep any of them in registers.
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output;

    unsafe fn zero() -> Self::Vector;
    /// Reads `LANES` values.
    unsafe fn load(p: *const f32) -> Self::Vector;
    /// Reads `n < LANES` values, zeros behind them.
    unsafe fn load_partial(p: *const f32, n: usize) -> Self::Vector;
    /// Writes `LANES` values.
    unsafe fn store(p: *mut f32, v: Self::Vector);
    /// Writes the first `n < LANES` values.
    unsafe fn store_partial(p: *mut f32, v: Self::Vector, n: usize);
    /// Reads one value into every lane.
    unsafe fn splat(p: *const f32) -> Self::Vector;
    /// Copies a block of `LANES` rows of `LANES` values with rows and columns exchanged; steps between rows are given in values.
    unsafe fn transpose(from: *const f32, step: usize, to: *mut f32, to_step: usize);
    /// `a + b`.
    unsafe fn add(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a - b`.
    unsafe fn sub(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b`.
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`.
    unsafe fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Sum of the lanes, in a fixed order.
    unsafe fn sum(v: Self::Vector) -> f32;
    /// Adds the first `n` lanes to `n` values of f64.
    unsafe fn add_to_f64(to: *mut f64, v: Self::Vector, n: usize);

    /// Every lane, or none.
    unsafe fn all(yes: bool) -> Self::Mask;
    /// Where `a > b`, or either is NaN.
    unsafe fn not_le(a: Self::Vector, b: Self::Vector) -> Self::Mask;
    /// Where `a` is not NaN.
    unsafe fn ordered(a: Self::Vector) -> Self::Mask;
    unsafe fn and(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// `a` without `b`.
    unsafe fn without(a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// `v` in the lanes of the mask, zero elsewhere.
    unsafe fn keep(mask: Self::Mask, v: Self::Vector) -> Self::Vector;
    /// `yes` in the lanes of the mask, `no` elsewhere.
    unsafe fn select(mask: Self::Mask, yes: Self::Vector, no: Self::Vector) -> Self::Vector;
    /// Reads `n` bytes, at most `LANES`.
    unsafe fn load_bits(p: *const u8, n: usize) -> Self::Bits;
    /// Where bit `k` is set.
    unsafe fn bit(bits: Self::Bits, k: usize) -> Self::Mask;
    /// Writes `n` bytes, at most `LANES`: bit `k` of each says whether its lane is in mask `k`.
    unsafe fn store_bits<const K: usize>(p: *mut u8, masks: [Self::Mask; K], n: usize);
}

/// Work that is compiled once for every instruction set.
pub(crate) trait Kernel {
    type Output;
    /// # Safety
    /// As [`Simd`], and what the kernel itself asks. Implementations are `#[inline(always)]`, so that their code is compiled
    /// with the features of the function that [`dispatch`] calls.
    unsafe fn run<S: Simd>(self) -> Self::Output;
}

/// Runs a kernel with the instruction set in use.
///
/// # Safety
/// What the kernel asks of its caller.
pub(crate) unsafe fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: `isa()` only names instruction sets that this processor was seen to have.
    unsafe {
        match isa() {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => x86::run_avx512(kernel),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => x86::run_avx2(kernel),
            _ => kernel.run::<Portable>(),
        }
    }
}

/// Four lanes in plain Rust.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

// SAFETY: needs no particular instruction set; each function touches what the trait says.
unsafe impl Simd for Portable {
    const LANES: usize = 4;
    const TILE: usize = 6;
    type Vector = [f32; 4];
    type Mask = [u32; 4];
    type Bits = [u32; 4];

    #[inline(never)]
    unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: what the kernel asks is the caller's.
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
            for i in 0..4 {
                *to.add(i * to_step).cast() = [rows[0][i], rows[1][i], rows[2][i], rows[3][i]];
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
            let byte = (0..K).fold(0, |byte, k| byte | (masks[k][i] & (1 << k)) as u8);
            // SAFETY: only indices below n are written.
            unsafe { *p.add(i) = byte }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Kernel, Simd};

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
    pub unsafe fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the features are enabled here; the rest is the caller's.
        unsafe { kernel.run::<Avx512>() }
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    pub unsafe fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
        // SAFETY: the features are enabled here; the rest is the caller's.
        unsafe { kernel.run::<Avx2>() }
    }

    #[derive(Clone, Copy)]
    pub struct Avx512;

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
            unsafe { run_avx512(kernel) }
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

    #[derive(Clone, Copy)]
    pub struct Avx2;

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
            unsafe { run_avx2(kernel) }
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
}
