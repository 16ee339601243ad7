//! One small SIMD trait, an implementation for each instruction set, and the choice among them at run time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;

use std::sync::OnceLock;

use portable::Portable;

/// Instruction sets that the kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// 16 lanes.
    Avx512,
    /// 8 lanes, with fused multiply-add.
    Avx2,
    /// 4 lanes, with fused multiply-add; part of every 64-bit ARM processor.
    Neon,
    /// 4 lanes of whatever the target guarantees.
    Portable,
}

impl Isa {
    /// All, the widest first.
    const ALL: [Isa; 4] = [Isa::Avx512, Isa::Avx2, Isa::Neon, Isa::Portable];

    /// `avx512`, `avx2`, `neon` or `portable`.
    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx512 => "avx512",
            Isa::Avx2 => "avx2",
            Isa::Neon => "neon",
            Isa::Portable => "portable",
        }
    }

    /// Values a vector.
    pub(crate) fn lanes(self) -> usize {
        match self {
            Isa::Avx512 => 16,
            Isa::Avx2 => 8,
            Isa::Neon | Isa::Portable => 4,
        }
    }

    fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => true,
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }
}

/// Names of the instruction sets that this build and this processor have.
pub fn available() -> Vec<&'static str> {
    Isa::ALL
        .into_iter()
        .filter(|isa| isa.available())
        .map(Isa::name)
        .collect()
}

/// The instruction set in use: the widest that this processor has, or the one named by `DOUBLEBACK_ISA` if it has that.
pub fn isa() -> Isa {
    static CHOICE: OnceLock<Isa> = OnceLock::new();
    *CHOICE.get_or_init(|| {
        let wanted = std::env::var("DOUBLEBACK_ISA").ok();
        let named = Isa::ALL
            .into_iter()
            .find(|isa| Some(isa.name()) == wanted.as_deref() && isa.available());
        named
            .or_else(|| Isa::ALL.into_iter().find(|isa| isa.available()))
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
            Isa::Avx512 => avx512::run(kernel),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => avx2::run(kernel),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => kernel.run::<neon::Neon>(),
            _ => kernel.run::<Portable>(),
        }
    }
}
