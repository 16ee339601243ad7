//! Fetching a data set by its name.

use std::fs;
use std::path::Path;

use super::download::download;
use super::error::FetchError;
use super::fetched::{Fetched, Outcome};
use super::options::FetchOptions;
use super::sites::{self, Item, Unpack};
use super::watch::FetchWatch;
use crate::sets::options::LoadOptions;
use crate::sets::{catalog, folder, npz, parquet};

/// Checks that the data set `name` is one that can be fetched.
///
/// # Errors
/// [`FetchError::Data`] if there is no such data set, [`FetchError::Local`] for `folder:PATH`, `npz:FILE` and `parquet:PATH`.
pub fn check(name: &str) -> Result<(), FetchError> {
    let own = folder::path(name).or_else(|| npz::path(name));
    if own.or_else(|| parquet::path(name)).is_some() {
        return Err(FetchError::Local { name: name.to_owned() });
    }
    catalog::find(name)?;
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
