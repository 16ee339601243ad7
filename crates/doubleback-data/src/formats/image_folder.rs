//! Folders of images, one sub-folder a class.
//!
//! Files that are no images are passed over and counted; nothing else is: sizes that differ, classes without images and folders that cannot
//! be read are errors. Below a class nothing is descended into, so links in circles lead nowhere.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::checksum::hex;
use crate::dataset::Source;
use crate::error::{DataError, FolderProblem};
use crate::formats::picture::Picture;
use crate::image_shape::ImageShape;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle::Hash;
use crate::words::count;

/// Labels are bytes.
const MAX_CLASSES: usize = 256;
/// Most bytes of one image file.
const MAX_FILE: u64 = 1 << 28;
/// Most pixel values of all images of a folder: four GiB once they are numbers.
const MAX_VALUES: usize = 1 << 30;

/// What a folder is to hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// Rows and columns to resize to.
    pub size: Option<[usize; 2]>,
    /// 1 for gray; without it, gray unless an image has colors.
    pub channels: Option<usize>,
    /// The classes of the data set, of which the folder may have fewer.
    pub classes: Option<&'a [String]>,
}

/// The images of a folder.
#[derive(Debug)]
pub(crate) struct ImageFolder {
    /// Names of the classes: those wanted, or the sub-folders in the order of their names.
    pub classes: Vec<String>,
    /// Images in the order of their classes, then of their files' names.
    pub pixels: Pixels,
    /// SHA-256 of the file of each image.
    pub hashes: Vec<Hash>,
    /// Files that are no images, and why.
    pub skipped: Vec<Skipped>,
    /// What was passed over or changed, in sentences.
    pub notes: Vec<String>,
    /// All files together.
    pub source: Source,
}

/// A file that is no image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Its path.
    pub file: PathBuf,
    /// A few words on what is wrong with it.
    pub why: String,
}

/// Names of the sub-folders of `folder` that are not hidden, in order. Links are followed.
pub(crate) fn sub_folders(folder: &Path) -> Result<Vec<String>, DataError> {
    let mut names = Vec::new();
    for path in entries(folder)? {
        // A link that leads nowhere, or in a circle.
        let found = fs::metadata(&path).map_err(|cause| DataError::Io {
            path: path.clone(),
            cause,
        })?;
        match path.file_name() {
            Some(name) if found.is_dir() => names.push(name.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    Ok(names)
}

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
        None => found.clone(),
    };
    if classes.len() > MAX_CLASSES {
        return Err(refuse(FolderProblem::TooManyClasses { classes: classes.len() }));
    }
    let (mut files, mut others) = (Vec::new(), 0);
    for class in found {
        let Some(label) = classes.iter().position(|known| *known == class) else {
            return Err(refuse(FolderProblem::UnknownClass { class }));
        };
        let entries = entries(&folder.join(&class))?;
        let before = files.len();
        let total = entries.len();
        let images = entries.into_iter().filter(|path| has_image_name(path));
        // There are at most 256 classes.
        files.extend(images.map(|path| (label as u32, path)));
        others += total - (files.len() - before);
    }
    let read: Vec<_> = files.par_iter().map(|(_, path)| read_one(path, wanted.size)).collect();
    let mut collected = Collected::default();
    for ((label, path), one) in files.into_iter().zip(read) {
        match one {
            Ok(one) => collected.keep(folder, label, path, one),
            Err(why) => collected.skipped.push(Skipped { file: path, why }),
        }
    }
    collected.finish(folder, classes, wanted, others)
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
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

fn has_image_name(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ["png", "jpg", "jpeg"].contains(&ending.as_str()))
}

struct One {
    picture: Picture,
    sha256: Hash,
    bytes: u64,
}

fn read_one(path: &Path, size: Option<[usize; 2]>) -> Result<One, String> {
    let said = |cause: io::Error| cause.to_string();
    let found = fs::metadata(path).map_err(said)?;
    // To read a pipe would wait for ever.
    if !found.is_file() {
        return Err("it is not a file".to_owned());
    }
    if found.len() > MAX_FILE {
        return Err(format!("it has more than {MAX_FILE} bytes"));
    }
    let bytes = fs::read(path).map_err(said)?;
    let picture = Picture::decode(&bytes, size)?;
    Ok(One {
        picture,
        sha256: Sha256::digest(&bytes).into(),
        bytes: bytes.len() as u64,
    })
}

#[derive(Default)]
struct Collected {
    images: Vec<(u32, PathBuf, Picture)>,
    hashes: Vec<Hash>,
    skipped: Vec<Skipped>,
    hash: Sha256,
    bytes: u64,
}

impl Collected {
    fn keep(&mut self, folder: &Path, label: u32, path: PathBuf, one: One) {
        let name = path.strip_prefix(folder).unwrap_or(&path);
        self.hash.update(name.to_string_lossy().as_bytes());
        self.hash.update([0]);
        self.hash.update(one.sha256);
        self.hashes.push(one.sha256);
        self.bytes += one.bytes;
        self.images.push((label, path, one.picture));
    }

    fn finish(
        self,
        folder: &Path,
        classes: Vec<String>,
        wanted: Wanted<'_>,
        others: usize,
    ) -> Result<ImageFolder, DataError> {
        let refuse = |problem| DataError::Folder {
            path: folder.to_owned(),
            problem,
        };
        for (label, class) in classes.iter().enumerate() {
            if wanted.classes.is_none() && !self.images.iter().any(|(of, ..)| *of as usize == label) {
                return Err(refuse(FolderProblem::EmptyClass {
                    class: class.clone(),
                    skipped: self
                        .skipped
                        .iter()
                        .find(|skipped| is_in(&skipped.file, class))
                        .map(Skipped::to_string),
                }));
            }
        }
        let Some((_, first_file, first)) = self.images.first() else {
            return Err(refuse(FolderProblem::NoClasses));
        };
        let size = [first.shape.height, first.shape.width];
        if let Some((_, file, other)) = self
            .images
            .iter()
            .find(|(.., picture)| [picture.shape.height, picture.shape.width] != size)
        {
            return Err(refuse(FolderProblem::Sizes {
                file: file.clone(),
                found: [other.shape.height, other.shape.width],
                first: first_file.clone(),
                expected: size,
            }));
        }
        let colored = self.images.iter().any(|(.., picture)| picture.shape.channels == 3);
        let shape = ImageShape {
            channels: wanted.channels.unwrap_or(if colored { 3 } else { 1 }),
            height: size[0],
            width: size[1],
        };
        if shape.len().saturating_mul(self.images.len()) > MAX_VALUES {
            return Err(refuse(FolderProblem::TooLarge {
                images: self.images.len(),
                shape,
            }));
        }
        let alpha = self.images.iter().filter(|(.., picture)| picture.alpha).count();
        let source = Source {
            file: folder.file_name().map_or_else(
                || folder.display().to_string(),
                |name| format!("{}/", name.to_string_lossy()),
            ),
            sha256: hex(&self.hash.finalize()),
            bytes: self.bytes,
            official: false,
            notice: String::new(),
        };
        let mut pixels = Pixels {
            shape,
            bytes: Vec::with_capacity(shape.len() * self.images.len()),
            labels: Vec::with_capacity(self.images.len()),
        };
        for (label, _, picture) in self.images {
            pixels.labels.push(label);
            pixels.bytes.extend(picture.with_channels(shape.channels).pixels);
        }
        let notes = notes(folder, &self.skipped, others, alpha);
        Ok(ImageFolder {
            classes,
            pixels,
            hashes: self.hashes,
            skipped: self.skipped,
            notes,
            source,
        })
    }
}

/// Says what was passed over: in the log, and in the sentences that it returns.
fn notes(folder: &Path, skipped: &[Skipped], others: usize, alpha: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(first) = skipped.first() {
        notes.push(format!(
            "{}: {} could not be read and {} left out; the first is {first}",
            folder.display(),
            count(skipped.len(), "image file"),
            if skipped.len() == 1 { "was" } else { "were" },
        ));
    }
    if others > 0 {
        notes.push(format!(
            "{}: {} not named .png, .jpg or .jpeg, left out",
            folder.display(),
            count(others, "thing"),
        ));
    }
    if alpha > 0 {
        notes.push(format!(
            "{}: {} transparency, which was left out",
            folder.display(),
            if alpha == 1 {
                "1 image has".to_owned()
            } else {
                count(alpha, "image") + " have"
            },
        ));
    }
    for note in &notes {
        tracing::warn!("{note}");
    }
    notes
}

fn is_in(file: &Path, class: &str) -> bool {
    file.parent()
        .and_then(Path::file_name)
        .is_some_and(|name| name.to_string_lossy() == class)
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.file.display(), self.why)
    }
}
