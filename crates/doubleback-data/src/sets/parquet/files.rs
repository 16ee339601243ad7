//! Which files are of which part.

use std::fs;
use std::path::{Path, PathBuf};

use super::shards::check;
use crate::error::{DataError, ParquetProblem};
use crate::formats::image_folder::sub_folders;
use crate::part::Part;
use crate::words::{count, first_few, shown};

/// Folders within folders that are looked into.
const DEPTH: usize = 2;

/// The files of each part, in the order of their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// Those of [`Part::ALL`], in that order.
    pub parts: [Vec<PathBuf>; Part::ALL.len()],
    /// What is to be said about files, in sentences.
    pub notes: Vec<String>,
}

impl Files {
    /// Those in a folder, or in the one of its sub-folders that has some.
    pub fn find(folder: &Path) -> Result<Self, DataError> {
        let refuse = |problem| DataError::Parquet {
            file: shown(folder),
            problem: Box::new(problem),
        };
        let found = fs::metadata(folder).map_err(|cause| DataError::Io {
            path: folder.to_owned(),
            cause,
        })?;
        if !found.is_dir() {
            return Err(refuse(ParquetProblem::NotAFolder));
        }
        let mut level = vec![folder.to_owned()];
        for _ in 0..=DEPTH {
            let mut with_files = Vec::new();
            let mut below = Vec::new();
            for folder in &level {
                let files = Self::in_folder(folder)?;
                if files.parts.iter().any(|part| !part.is_empty()) {
                    with_files.push((folder.clone(), files));
                }
                below.extend(sub_folders(folder)?.into_iter().map(|folder| folder.path));
            }
            if with_files.len() > 1 {
                let folders = with_files.into_iter().map(|(folder, _)| folder).collect();
                return Err(refuse(ParquetProblem::SeveralFolders { folders }));
            }
            if let Some((_, files)) = with_files.pop() {
                for (part, paths) in Part::ALL.iter().zip(&files.parts) {
                    let part = part.name();
                    check(paths).map_err(|why| refuse(ParquetProblem::Shards { part, why }))?;
                }
                return Ok(files);
            }
            level = below;
        }
        Err(refuse(ParquetProblem::NoFiles))
    }

    /// Those of a folder, and of its sub-folders that are called as parts are.
    fn in_folder(folder: &Path) -> Result<Self, DataError> {
        let mut files = Self::default();
        let mut others = Vec::new();
        for path in parquet_files(folder)? {
            match part_of(&path) {
                Some(part) => files.parts[part as usize].push(path),
                None => others.push(path),
            }
        }
        for inner in sub_folders(folder)? {
            if let Some(part) = part_of(&inner.path) {
                files.parts[part as usize].extend(parquet_files(&inner.path)?);
            }
        }
        if others.is_empty() {
            return Ok(files);
        }
        let names = others
            .iter()
            .map(|path| shown(Path::new(path.file_name().unwrap_or_default())));
        let named = format!(
            "{}: {} called after no part: {}",
            shown(folder),
            count(others.len(), "file"),
            first_few(names)
        );
        if files.parts.iter().all(Vec::is_empty) {
            files.notes.push(format!(
                "{named}; all images are training images, of which the other parts are dealt out"
            ));
            files.parts[Part::Train as usize] = others;
        } else {
            files.notes.push(format!("{named}; left out"));
        }
        Ok(files)
    }
}

/// The files of a folder, in the order of their names.
fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |cause| DataError::Io {
        path: folder.to_owned(),
        cause,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        let is_hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if ending.is_some_and(|ending| ending == "parquet") && !is_hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The part that a file or folder is for: the hub's words for them, at the beginning of the name.
fn part_of(path: &Path) -> Option<Part> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let word = name.split(|c: char| !c.is_alphabetic()).next()?;
    match word {
        "train" | "training" => Some(Part::Train),
        "validation" | "valid" | "val" | "dev" => Some(Part::Validation),
        "test" | "testing" | "eval" | "evaluation" => Some(Part::Test),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_by_the_first_word() {
        let part = |name: &str| part_of(Path::new(name));
        assert_eq!(
            part("data/train-00000-of-00001-5b19d4539d508aa0.parquet"),
            Some(Part::Train)
        );
        assert_eq!(part("Validation.parquet"), Some(Part::Validation));
        assert_eq!(part("dev_0.parquet"), Some(Part::Validation));
        assert_eq!(part("eval"), Some(Part::Test));
        assert_eq!(
            [
                part("trainer.parquet"),
                part("extra-00000-of-00002.parquet"),
                part("0000.parquet")
            ],
            [None; 3]
        );
    }
}
