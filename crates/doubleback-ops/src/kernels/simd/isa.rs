//! Which instruction set is used.

use std::sync::OnceLock;

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
