//! The rows of files, one after the other, to pictures with labels.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::classes::Classes;
use super::features::Features;
use crate::error::{DataError, ParquetProblem};
use crate::formats::class_names::ClassNames;
use crate::formats::image_folder::{Collected, MAX_VALUES, One, Wanted};
use crate::formats::parquet::{Rows, Table};
use crate::formats::picture::Picture;
use crate::limits::MAX_CLASSES;
use crate::words::{first_few, grouped, shown};

/// How a file of Git begins that stands for a large one.
const LFS: &[u8] = b"version https://git-lfs";

/// A problem of a file or folder.
pub(super) fn refused(file: &Path, problem: ParquetProblem) -> DataError {
    DataError::Parquet {
        file: shown(file),
        problem: Box::new(problem),
    }
}

/// A reader of files that have the same classes.
pub(super) struct Labelled<'a> {
    /// A file of names of classes.
    given: Option<(&'a Path, &'a ClassNames)>,
    /// The first file, and its columns.
    first: Option<(PathBuf, Features)>,
    /// Values of pixels so far.
    taken: usize,
}

impl<'a> Labelled<'a> {
    /// Nothing is read yet.
    pub fn new(given: Option<(&'a Path, &'a ClassNames)>) -> Self {
        Self {
            given,
            first: None,
            taken: 0,
        }
    }

    /// Reads all rows of a file.
    pub fn read(
        &mut self,
        file: &Path,
        bytes: Bytes,
        wanted: &Wanted<'_>,
        collected: &mut Collected<'_>,
    ) -> Result<(), DataError> {
        let refuse = |problem| refused(file, problem);
        if bytes.starts_with(LFS) {
            return Err(refuse(ParquetProblem::LfsPointer));
        }
        let table = Table::open(bytes).map_err(refuse)?;
        let features = Features::of(&table).map_err(refuse)?;
        let (first, expected) = self.first.get_or_insert_with(|| (file.to_owned(), features.clone()));
        if (&features.label, &features.classes) != (&expected.label, &expected.classes) {
            return Err(refuse(ParquetProblem::Classes(format!(
                "its labels are of other classes than those of {}, or of another column. Write all files with the same features",
                shown(first)
            ))));
        }
        let classes = match (&features.classes, self.given) {
            (Some(names), _) => names.len(),
            (None, Some((_, names))) => names.names().len(),
            (None, None) => MAX_CLASSES,
        };
        let taken = &mut self.taken;
        let place = file.display().to_string();
        let read = table.rows(features.pictures, features.labels, |rows| {
            if *taken > MAX_VALUES {
                collected.is_too_large = true;
                return Ok(());
            }
            let labels = labels(&rows, classes)?;
            let path = |row| features.paths.and_then(|paths| table.text(paths, row));
            let pictures = pictures(&rows, wanted, path)?;
            for ((row, label), one) in (rows.first..).zip(labels).zip(pictures) {
                *taken += one.picture.pixels.len();
                collected.keep(label, PathBuf::from(format!("{place}, row {}", grouped(row))), one);
            }
            Ok(())
        });
        read.map_err(refuse)
    }

    /// The classes of all files, where these are all labels.
    pub fn classes(&self, labels: &[u32]) -> Result<Classes, ParquetProblem> {
        let named = self.first.as_ref().and_then(|(_, features)| features.classes.clone());
        match (named, self.given) {
            (Some(names), given) => Classes::named(names, given),
            (None, Some((_, names))) => Ok(Classes::given(names)),
            (None, None) => Classes::numbered(labels),
        }
    }

    /// What is to be said about columns, in a sentence; a warning in the log as well.
    pub fn note(&self, folder: &Path) -> Option<String> {
        let (
            _,
            Features {
                label, other_labels, ..
            },
        ) = self.first.as_ref()?;
        if other_labels.is_empty() {
            return None;
        }
        let others = first_few(other_labels.iter().map(|name| format!("`{name}`")));
        let note = format!(
            "{}: labels are those of the column `{label}`; not read: {others}",
            shown(folder)
        );
        tracing::warn!("{note}");
        Some(note)
    }
}

/// The labels of rows, each below `classes`.
fn labels(rows: &Rows, classes: usize) -> Result<Vec<u32>, ParquetProblem> {
    let label = |(row, label): (usize, &Option<i64>)| {
        let class = label.and_then(|label| u32::try_from(label).ok());
        match (class.filter(|&class| (class as usize) < classes), *label) {
            (Some(class), _) => Ok(class),
            (None, label @ (None | Some(-1))) => Err(ParquetProblem::NoLabel { row, label }),
            (None, Some(label)) => Err(ParquetProblem::Label {
                row,
                label,
                of: classes,
            }),
        }
    };
    (rows.first..).zip(&rows.labels).map(label).collect()
}

/// The pictures of rows; `path` says where that of a row was.
fn pictures(
    rows: &Rows,
    wanted: &Wanted<'_>,
    path: impl Fn(usize) -> Option<String>,
) -> Result<Vec<One>, ParquetProblem> {
    if let Some(none) = rows.pictures.iter().position(Option::is_none) {
        let row = rows.first + none;
        return Err(ParquetProblem::NoPicture { row, path: path(row) });
    }
    let decode = |(at, bytes): (usize, &Option<Vec<u8>>)| {
        let bytes = bytes.as_deref().unwrap_or_default();
        let picture = Picture::decode_with(bytes, wanted.size, wanted.preprocess, wanted.background);
        match picture {
            Ok(picture) => Ok(One {
                picture,
                sha256: Sha256::digest(bytes).into(),
                bytes: bytes.len() as u64,
            }),
            Err(why) => Err(ParquetProblem::Picture {
                row: rows.first + at,
                why,
            }),
        }
    };
    // The first problem in the order of the rows, whichever thread finds one first.
    let decoded: Vec<Result<One, ParquetProblem>> = rows.pictures.par_iter().enumerate().map(decode).collect();
    decoded.into_iter().collect()
}
