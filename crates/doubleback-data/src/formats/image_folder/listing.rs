//! What is in a folder of classes, and in one class, by name: nothing is opened.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::DataError;
use crate::words::escaped;

/// What systems leave beside pictures. Names that begin with a dot are passed over as well.
const OF_SYSTEMS: [&str; 6] = [
    "__MACOSX",
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "Desktop.ini",
    "@eaDir",
];

/// A folder in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubFolder {
    /// Its path.
    pub path: PathBuf,
    /// Its name. Bytes that are not UTF-8 are written `\xe9`.
    pub name: String,
}

/// The sub-folders of `folder` that are not hidden, in the order of their names: as numbers if all are numbers, otherwise by their bytes. Links are
/// followed.
pub(crate) fn sub_folders(folder: &Path) -> Result<Vec<SubFolder>, DataError> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        // A link that leads nowhere, or in a circle.
        let is_folder = fs::metadata(&path)
            .map_err(|cause| DataError::Io {
                path: path.clone(),
                cause,
            })?
            .is_dir();
        if let Some(name) = path.file_name().filter(|_| is_folder).map(escaped) {
            found.push(SubFolder { path, name });
        }
    }
    if are_numbers(&found) {
        found.sort_by(|one, other| by_number(&one.name, &other.name));
    }
    Ok(found)
}

/// Whether all names are whole numbers.
pub(super) fn are_numbers(folders: &[SubFolder]) -> bool {
    folders.iter().all(|folder| {
        let digits = folder.name.strip_prefix('-').unwrap_or(&folder.name);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The order of two whole numbers of any length; of equal ones, that of their text.
fn by_number(one: &str, other: &str) -> Ordering {
    let size = |name: &str| {
        let digits = name.trim_start_matches(['-', '0']).to_owned();
        (digits.len(), digits)
    };
    let is_negative = |name: &str| name.starts_with('-');
    let order = match (is_negative(one), is_negative(other)) {
        (false, false) => size(one).cmp(&size(other)),
        (true, true) => size(other).cmp(&size(one)),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    };
    order.then_with(|| one.cmp(other))
}

/// What is in the folder of a class, each in the order of the names.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Names that end as those of pictures do.
    pub images: Vec<PathBuf>,
    /// Folders, which are not looked into.
    pub folders: Vec<PathBuf>,
    /// Anything else.
    pub others: Vec<PathBuf>,
}

/// What is in the folder of a class.
pub(super) fn content(class: &Path) -> Result<Content, DataError> {
    let mut content = Content::default();
    for path in entries(class)? {
        let list = if has_image_name(&path) {
            &mut content.images
        } else if path.is_dir() {
            &mut content.folders
        } else {
            &mut content.others
        };
        list.push(path);
    }
    Ok(content)
}

/// Paths in a folder in the order of their names, without hidden ones.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |cause| DataError::Io {
        path: folder.to_owned(),
        cause,
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !is_hidden(&entry.file_name()) {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || OF_SYSTEMS.iter().any(|hidden| name == *hidden)
}

fn has_image_name(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ["png", "jpg", "jpeg"].contains(&ending.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        sub_folders(folder.path())
            .unwrap()
            .into_iter()
            .map(|found| found.name)
            .collect()
    }

    #[test]
    fn numbers_are_in_their_order_and_other_names_are_not() {
        assert_eq!(sorted(&["10", "2", "1", "0"]), ["0", "1", "2", "10"]);
        assert_eq!(sorted(&["-2", "3", "-10", "03", "0"]), ["-10", "-2", "0", "03", "3"]);
        let long = "123456789012345678901234567890123456789012345";
        assert_eq!(sorted(&[long, "9", "10"]), ["9", "10", long]);
        // Labels of models that exist hold on.
        assert_eq!(sorted(&["10", "2", "x"]), ["10", "2", "x"]);
        assert_eq!(sorted(&["n10", "n2"]), ["n10", "n2"]);
        assert_eq!(sorted(&["1.5", "10", "2"]), ["1.5", "10", "2"]);
    }

    #[test]
    fn what_systems_leave_is_passed_over() {
        assert_eq!(sorted(&["a", ".git", "__MACOSX", "@eaDir"]), ["a"]);
    }
}
