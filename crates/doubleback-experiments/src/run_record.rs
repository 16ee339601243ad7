//! What results say of the program and the machine that made them.

use doubleback_ops::kernels::isa;
use serde::{Deserialize, Serialize};

/// The program and the machine of a run: with the same of both, a run gives the same numbers. In files its fields stand among those of the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Version of doubleback that made the results.
    pub version: String,
    /// `cpu`, `cuda:0`, …
    pub device: String,
    /// Worker threads.
    pub threads: usize,
    /// Instruction set of the native kernels, such as `avx512`.
    pub isa: String,
}

impl RunRecord {
    /// Of this program on this machine.
    pub fn here(device: &str, threads: usize) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").into(),
            device: device.into(),
            threads,
            isa: isa().name().into(),
        }
    }
}

/// That several machines made the results, in a sentence.
pub(crate) fn machines_in_words(machines: &[RunRecord]) -> String {
    let each: Vec<String> = machines
        .iter()
        .map(|one| {
            let threads = if one.threads == 1 { "thread" } else { "threads" };
            format!("{}, {} {threads}, {}", one.device, one.threads, one.isa)
        })
        .collect();
    format!(
        "Parts of this run were made on different machines, whose numbers may differ in the last digits: {}.",
        each.join("; ")
    )
}
