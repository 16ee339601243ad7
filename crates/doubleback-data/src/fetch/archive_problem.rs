//! What an archive may hold, and what is wrong with one.

use std::io;

use crate::words::grouped64;

/// How much an archive may hold.
#[derive(Clone, Copy, Debug)]
pub struct ArchiveLimits {
    /// Most entries of any kind.
    pub entries: usize,
    /// Most bytes of all of it, unpacked.
    pub bytes: u64,
}

impl Default for ArchiveLimits {
    /// A million entries, 4 GiB: twice what the largest known archive has.
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            bytes: 1 << 32,
        }
    }
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveProblem {
    /// It is damaged or no archive.
    #[error("it is damaged, or no tar archive: {0}. Remove it and fetch it again")]
    Damaged(io::Error),
    /// A name that leads out of the folder.
    #[error("it holds a file named {0:?}, which does not stay in its folder. Do not trust it: get it from elsewhere")]
    Name(String),
    /// It holds too much.
    #[error("it holds more than {} files or {} bytes. Do not trust it: get it from elsewhere", grouped64(limits.entries as u64), grouped64(limits.bytes))]
    TooLarge {
        /// What it may hold.
        limits: ArchiveLimits,
    },
    /// What should be in it is not.
    #[error("it has no {0}. It is another archive: remove it and fetch it again")]
    Lacks(String),
    /// The visitor stopped.
    #[error("unpacking was stopped")]
    Stopped,
    /// The visitor could not take a file.
    #[error("{0}")]
    Visitor(io::Error),
}
