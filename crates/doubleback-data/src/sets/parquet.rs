//! `parquet:PATH`: images and labels as Hugging Face's hub and its library `datasets` store them.
//!
//! The folder holds `train-00000-of-00001.parquet` and perhaps files of the other parts, itself or in a sub-folder such as `data`. Of each file a
//! column of pictures and one of labels is read. Parts that are not there are dealt out of the training images as those of `folder:PATH` are. Read
//! with the feature `parquet` alone.

#[cfg(feature = "parquet")]
mod classes;
#[cfg(feature = "parquet")]
mod features;
#[cfg(feature = "parquet")]
mod files;
#[cfg(feature = "parquet")]
mod read;
#[cfg(feature = "parquet")]
mod rows;
#[cfg(feature = "parquet")]
mod shards;

use std::path::{Path, PathBuf};

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::sets::file_state::FileStatus;
use crate::sets::options::LoadOptions;

/// What names of such data sets begin with.
pub(crate) const PREFIX: &str = "parquet:";

/// Whether this build reads such data sets.
pub const IS_READ: bool = cfg!(feature = "parquet");

/// The folder, if `name` names one.
pub(crate) fn path(name: &str) -> Option<PathBuf> {
    let path = name.strip_prefix(PREFIX)?;
    // A shell leaves `parquet:~/images` as it is.
    match (path.strip_prefix("~/"), etcetera::home_dir()) {
        (Some(rest), Ok(home)) => Some(home.join(rest)),
        _ => Some(path.into()),
    }
}

/// Reads the files in the folder `path`; `name` becomes the data set's.
pub(crate) fn load(name: &str, path: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    #[cfg(feature = "parquet")]
    return read::load(name, path, options);
    #[cfg(not(feature = "parquet"))]
    {
        let _ = (path, options);
        Err(not_read(name))
    }
}

/// The state of each file.
pub(crate) fn verify(name: &str, path: &Path, options: &LoadOptions) -> Result<Vec<FileStatus>, DataError> {
    #[cfg(feature = "parquet")]
    return read::verify(name, path, options);
    #[cfg(not(feature = "parquet"))]
    {
        let _ = (path, options);
        Err(not_read(name))
    }
}

/// The images in the bytes of one file in their order, as a test part; `name` stands for the file in messages.
///
/// # Errors
/// [`DataError`] if there are none, or not of one size, or the file is damaged; [`DataError::NoParquet`] without the feature `parquet`.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Dataset, DataError> {
    #[cfg(feature = "parquet")]
    return read::decode(name, bytes);
    #[cfg(not(feature = "parquet"))]
    {
        drop(bytes);
        Err(not_read(name))
    }
}

/// Whether this thread is within the library that takes such files apart. It panics at some that are damaged; that is caught and becomes an error, so a
/// panic hook need not speak of it.
///
/// ```
/// assert!(!doubleback_data::parquet::is_reading());
/// ```
pub fn is_reading() -> bool {
    #[cfg(feature = "parquet")]
    return crate::formats::parquet::is_reading();
    #[cfg(not(feature = "parquet"))]
    false
}

#[cfg(not(feature = "parquet"))]
fn not_read(name: &str) -> DataError {
    DataError::NoParquet {
        dataset: name.to_owned(),
    }
}
