//! A kernel compiled for every instruction set, run with the one in use.

#[cfg(target_arch = "x86_64")]
use super::avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512;
use super::isa::{Isa, isa};
#[cfg(target_arch = "aarch64")]
use super::neon;
use super::portable::Portable;
use super::vector::Kernel;

/// Runs a kernel with the instruction set in use.
///
/// # Safety
/// What the kernel asks of its caller.
pub(crate) unsafe fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    // SAFETY: `isa()` only names instruction sets that this processor was seen to have; the caller vouches for what the kernel asks.
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
