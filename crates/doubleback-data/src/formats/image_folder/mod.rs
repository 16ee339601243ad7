//! Folders of images, one sub-folder a class.
//!
//! Files that are no whole images are passed over, counted and named; nothing else is: sizes that differ, classes without images and folders
//! that cannot be read are errors. Below a class nothing is descended into, so links in circles lead nowhere.

mod collected;
mod found;
mod listing;
mod notes;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::error::{DataError, FolderProblem};
use crate::formats::picture::Picture;
use crate::limits::MAX_CLASSES;
use crate::words::{count, escaped, first_few, shown};
pub(crate) use collected::Collected;
pub(crate) use found::{ImageFolder, MAX_VALUES, One, Skipped, Wanted};
pub(crate) use listing::{SubFolder, sub_folders};
pub(crate) use notes::PassedOver;
pub(crate) use notes::within;

/// Most bytes of one image file.
const MAX_FILE: u64 = 1 << 28;

/// Reads all images of a folder.
pub(crate) fn read(folder: &Path, wanted: Wanted<'_>) -> Result<ImageFolder, DataError> {
    let refuse = |problem| DataError::Folder {
        path: folder.to_owned(),
        problem,
    };
    let found = sub_folders(folder)?;
    if found.is_empty() {
        return Err(refuse(FolderProblem::NoClasses));
    }
    let classes = match wanted.classes {
        Some(classes) => classes.to_vec(),
        None => found.iter().map(|class| class.name.clone()).collect(),
    };
    if classes.len() > MAX_CLASSES {
        return Err(refuse(FolderProblem::TooManyClasses { classes: classes.len() }));
    }
    let labels: HashMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
    let (mut files, mut passed) = (Vec::new(), PassedOver::default());
    let mut seen: Vec<Option<&str>> = vec![None; classes.len()];
    for class in &found {
        let label = match wanted.names {
            Some((_, names)) => names.label(&class.name),
            None => labels.get(class.name.as_str()).copied(),
        };
        let Some(label) = label else {
            return Err(refuse(unknown(class.name.clone(), wanted)));
        };
        match seen[label].replace(&class.name) {
            Some(first) if first == class.name => {
                let class = class.name.clone();
                return Err(refuse(FolderProblem::SameName { class }));
            }
            Some(first) => {
                let (first, second) = (first.to_owned(), class.name.clone());
                return Err(refuse(FolderProblem::TwoOfOneClass { first, second }));
            }
            None => {}
        }
        // There are at most `MAX_CLASSES`.
        let label = label as u32;
        let content = listing::content(&class.path)?;
        if content.images.is_empty() && wanted.classes.is_none() {
            return Err(refuse(without_images(class, &content)));
        }
        files.extend(content.images.into_iter().map(|path| (label, path)));
        passed.folders.extend(content.folders);
        passed.others.extend(content.others);
    }
    passed.order = notes::Order::of(&found, wanted.classes.is_none());
    collect(folder, wanted, files).finish(classes, passed)
}

/// Reads the images that lie in a folder itself, as one class, and gives their files too.
pub(crate) fn read_flat(folder: &Path, wanted: Wanted<'_>) -> Result<(ImageFolder, Vec<PathBuf>), DataError> {
    let content = listing::content(folder)?;
    if content.images.is_empty() {
        let problem = match content.folders.first().and_then(|inner| inner.file_name()) {
            Some(inner) => format!(
                "it has no images but folders, such as `{}`. If these are classes, give `--dataset folder:{}`",
                escaped(inner),
                shown(folder)
            ),
            None => "it has no images. Put .png or .jpg files there".to_owned(),
        };
        return Err(DataError::Unlabelled {
            path: folder.to_owned(),
            problem,
        });
    }
    let passed = PassedOver {
        folders: content.folders,
        others: content.others,
        ..PassedOver::default()
    };
    let one_class = [String::new()];
    let wanted = Wanted {
        classes: Some(&one_class),
        ..wanted
    };
    let files = content.images.into_iter().map(|path| (0, path)).collect();
    let collected = collect(folder, wanted, files);
    let kept = collected.files().map(Path::to_owned).collect();
    Ok((collected.finish(one_class.to_vec(), passed)?, kept))
}

fn collect<'a>(folder: &'a Path, wanted: Wanted<'a>, files: Vec<(u32, PathBuf)>) -> Collected<'a> {
    let taken = AtomicUsize::new(0);
    let read: Vec<_> = files
        .par_iter()
        .map(|(_, path)| read_one(path, &wanted, &taken))
        .collect();
    let mut collected = Collected::new(folder, wanted);
    for ((label, path), one) in files.into_iter().zip(read) {
        match one {
            Ok(one) => collected.keep(label, path, one),
            Err(NotRead::No(why)) => collected.skipped.push(Skipped { file: path, why }),
            Err(NotRead::TooMuch) => collected.is_too_large = true,
        }
    }
    collected
}

/// Why the folder of a class that is none is refused.
fn unknown(class: String, wanted: Wanted<'_>) -> FolderProblem {
    match wanted.names {
        Some((file, _)) => FolderProblem::UnnamedClass {
            class,
            names: file.to_owned(),
        },
        None => FolderProblem::UnknownClass { class },
    }
}

/// Why a class without a file that is named like an image is refused.
fn without_images(class: &SubFolder, content: &listing::Content) -> FolderProblem {
    if let Some(inner) = content.folders.first() {
        return FolderProblem::NestedClass {
            class: class.name.clone(),
            inner: inner.file_name().map(escaped).unwrap_or_default(),
            folder: class.path.clone(),
        };
    }
    let names = content.others.iter().map(|path| notes::within(&class.path, path));
    FolderProblem::EmptyClass {
        class: class.name.clone(),
        instead: (!content.others.is_empty()).then(|| {
            format!(
                "but {} not named .png, .jpg or .jpeg: {}",
                count(content.others.len(), "file"),
                first_few(names)
            )
        }),
    }
}

/// Why one was not.
enum NotRead {
    /// It is no image, for this reason.
    No(String),
    /// There are too many pixels already.
    TooMuch,
}

/// `taken` counts the pixel values of all images.
fn read_one(path: &Path, wanted: &Wanted<'_>, taken: &AtomicUsize) -> Result<One, NotRead> {
    if taken.load(Ordering::Relaxed) > MAX_VALUES {
        return Err(NotRead::TooMuch);
    }
    let said = |cause: io::Error| NotRead::No(cause.to_string());
    let found = fs::metadata(path).map_err(said)?;
    // To read a pipe would wait for ever.
    if !found.is_file() {
        return Err(NotRead::No("it is not a file".to_owned()));
    }
    if found.len() > MAX_FILE {
        return Err(NotRead::No(format!("it has more than {MAX_FILE} bytes")));
    }
    let bytes = fs::read(path).map_err(said)?;
    let picture = Picture::decode_with(&bytes, wanted.size, wanted.preprocess, wanted.background);
    let picture = picture.map_err(NotRead::No)?;
    let size = [picture.shape.height, picture.shape.width];
    if let Some(only) = wanted.only.filter(|only| *only != size) {
        return Err(NotRead::No(format!(
            "it is {}x{}, and the others are {}x{}",
            size[0], size[1], only[0], only[1]
        )));
    }
    taken.fetch_add(picture.pixels.len(), Ordering::Relaxed);
    Ok(One {
        picture,
        sha256: Sha256::digest(&bytes).into(),
        bytes: bytes.len() as u64,
    })
}
