//! One small SIMD trait, an implementation for each instruction set, and the choice among them at run time.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod dispatch;
mod isa;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
mod vector;

pub(crate) use dispatch::dispatch;
pub use isa::{Isa, available, isa};
pub(crate) use vector::{Kernel, Simd};
