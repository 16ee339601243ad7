//! What a kernel may do with a vector, whatever the instruction set.

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
