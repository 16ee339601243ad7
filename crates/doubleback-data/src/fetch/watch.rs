//! How far it is.

use std::ops::ControlFlow;

/// How far it is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum FetchEvent<'a> {
    /// So much of a file is here.
    Received {
        /// Its name.
        file: &'a str,
        /// Bytes that are here.
        bytes: u64,
        /// Its bytes, if the server or the catalog says so.
        total: Option<u64>,
    },
    /// So many files of an archive are unpacked.
    Unpacked {
        /// The archive's name.
        file: &'a str,
        /// Files.
        members: usize,
    },
    /// A pause before the next try.
    Waiting,
}

/// Is told how far it is, and may stop it: what is here is kept.
pub type FetchWatch<'a> = &'a mut dyn FnMut(FetchEvent<'_>) -> ControlFlow<()>;
