//! Data sets from the sites of their makers, or from mirrors of these.
//!
//! [`fetch`] gets a data set by name, [`download`] any file. A file appears under its name only when it is whole and is what it should be;
//! until then it is `NAME.part`, from which the next run goes on.
mod archive;
mod download;
mod error;
mod part;
mod sites;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use archive::{ArchiveLimits, ArchiveProblem, Member, read_archive};
pub use download::download;
pub use error::{FetchError, ServerFailure, ServerProblem};
use sites::{Item, Unpack};

use super::LoadOptions;

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    /// Folder on a server that has the files, in place of the official sites.
    pub mirror: Option<String>,
    /// Fetch optional files too, such as SVHN's extra images.
    pub extra: bool,
    /// Fetch files again that are here but are not the published ones.
    pub replace: bool,
    /// How long a server may take to connect, to answer, and from one piece of data to the next.
    pub timeout: Duration,
    /// Tries in a row for each file and server that bring nothing new; at least 1.
    pub tries: usize,
    /// Pause after the first failed try; it doubles with each, up to a minute.
    pub backoff: Duration,
    /// Use the proxy of the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, except for `NO_PROXY`), if it names one.
    pub proxy: bool,
}

impl Default for FetchOptions {
    /// The official sites, 30 seconds, 5 tries after pauses of 1, 2, 4 and 8 seconds, the environment's proxy.
    fn default() -> Self {
        Self {
            mirror: None,
            extra: false,
            replace: false,
            timeout: Duration::from_secs(30),
            tries: 5,
            backoff: Duration::from_secs(1),
            proxy: true,
        }
    }
}

/// A file on servers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    /// Its name, which it is to have here as well.
    pub name: String,
    /// Where it is, best first.
    pub urls: Vec<String>,
    /// Its SHA-256 in lower-case hexadecimal, if it is known.
    pub sha256: Option<String>,
    /// SHA-256 of the unpacked file, which may be here in place of a `.gz`.
    pub unpacked_sha256: Option<String>,
    /// Its size, if it is known.
    pub bytes: Option<u64>,
}

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

/// A file, or what an archive held, that is here now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file or folder.
    pub path: PathBuf,
    /// Whether it had to be fetched.
    pub outcome: Outcome,
    /// Whether a published SHA-256 says that it is right.
    pub checked: bool,
}

/// Whether something had to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not here, or not as published.
    Fetched,
    /// It was here.
    AlreadyHere,
}

/// Checks that the data set `name` is one that can be fetched.
///
/// # Errors
/// [`FetchError::Data`] if there is no such data set, [`FetchError::Local`] for `folder:PATH`.
pub fn check(name: &str) -> Result<(), FetchError> {
    if super::folder::path(name).is_some() {
        return Err(FetchError::Local { name: name.to_owned() });
    }
    super::catalog::find(name)?;
    Ok(())
}

/// Fetches the files of the data set `name` into its folder, those that are not there. A data set within the program has none.
///
/// # Errors
/// [`FetchError`]: no server has a file, or the right one; the disk is full; the work was stopped.
pub fn fetch(
    name: &str,
    options: &LoadOptions,
    how: &FetchOptions,
    watch: FetchWatch<'_>,
) -> Result<Vec<Fetched>, FetchError> {
    check(name)?;
    let mut fetched = Vec::new();
    let items = sites::items(name, how)?;
    if items.is_empty() {
        return Ok(fetched);
    }
    let folder = options.folder(name)?;
    for item in items {
        fetched.push(match &item.unpack {
            None => download(&item.file, &folder, how, watch)?,
            Some(unpack) => fetch_archive(&item, unpack, &folder, how, watch)?,
        });
    }
    Ok(fetched)
}

/// Downloads an archive, unpacks it, and removes it.
fn fetch_archive(
    item: &Item,
    unpack: &Unpack,
    folder: &Path,
    how: &FetchOptions,
    watch: FetchWatch<'_>,
) -> Result<Fetched, FetchError> {
    let checked = item.file.sha256.is_some();
    let path = unpack.place(folder);
    if unpack.is_here(folder) && !how.replace {
        let outcome = Outcome::AlreadyHere;
        return Ok(Fetched { path, outcome, checked });
    }
    let archive = download(&item.file, folder, how, watch)?;
    unpack.unpack(&archive.path, folder, watch)?;
    fs::remove_file(&archive.path).map_err(|cause| FetchError::Write {
        path: archive.path.clone(),
        cause,
    })?;
    let outcome = Outcome::Fetched;
    Ok(Fetched { path, outcome, checked })
}
