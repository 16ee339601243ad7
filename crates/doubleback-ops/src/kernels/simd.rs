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
    /// `a * b`.
    unsafe fn mul(a: Self::Vector, b: Self::Vector) -> Self::Vector;
    /// `a * b + c`.
    unsafe fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
    /// Sum of the lanes, in a fixed order.
    unsafe fn sum(v: Self::Vector) -> f32;
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
    }

    #[derive(Clone, Copy)]
    pub struct Avx2;

    // SAFETY: each function touches what the trait says: full loads and stores 8 values, partial ones go through an array of 8.
    #[allow(clippy::undocumented_unsafe_blocks)]
    unsafe impl Simd for Avx2 {
        const LANES: usize = 8;
        const TILE: usize = 6;
        type Vector = __m256;

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
    }
}
