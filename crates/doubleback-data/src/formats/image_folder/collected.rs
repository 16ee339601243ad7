//! Images of a folder as they come, until they are one array.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::found::{ImageFolder, MAX_VALUES, One, Skipped, Wanted};
use super::notes::{Changes, PassedOver, notes};
use crate::checksum::hex;
use crate::dataset::{Preparation, Source};
use crate::error::{DataError, FolderProblem};
use crate::formats::picture::Picture;
use crate::image_shape::ImageShape;
use crate::preparation::pixels::Pixels;
use crate::preparation::shuffle::Hash;
use crate::words::escaped;

/// Images that were read, in their order.
pub struct Collected<'a> {
    folder: &'a Path,
    wanted: Wanted<'a>,
    images: Vec<(u32, PathBuf, Picture)>,
    hashes: Vec<Hash>,
    /// Files that are no images.
    pub skipped: Vec<Skipped>,
    /// Reading stopped, as there were more pixels than can be held.
    pub is_too_large: bool,
    hash: Sha256,
    bytes: u64,
}

impl<'a> Collected<'a> {
    /// None yet; `folder` is named where something is said about all of them.
    pub fn new(folder: &'a Path, wanted: Wanted<'a>) -> Self {
        Self {
            folder,
            wanted,
            images: Vec::new(),
            hashes: Vec::new(),
            skipped: Vec::new(),
            is_too_large: false,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// Adds an image. The checksum of the whole is that of the names and the contents.
    pub fn keep(&mut self, label: u32, path: PathBuf, one: One) {
        let name = path.strip_prefix(self.folder).unwrap_or(&path);
        self.hash.update(name.to_string_lossy().as_bytes());
        self.hash.update([0]);
        self.hash.update(one.sha256);
        if one.picture.orientation != 1 {
            // Before it was applied, the same files gave other images: their results must not pass for those of these.
            self.hash.update([one.picture.orientation]);
        }
        self.hashes.push(one.sha256);
        self.bytes += one.bytes;
        self.images.push((label, path, one.picture));
    }

    /// The files of the images, in their order.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.images.iter().map(|(_, path, _)| path.as_path())
    }

    /// All of them as one array, and what is to be said about them.
    pub fn finish(self, classes: Vec<String>, passed: PassedOver) -> Result<ImageFolder, DataError> {
        let shape = self.check(&classes)?;
        let Self {
            folder,
            wanted,
            images,
            hashes,
            skipped,
            hash,
            bytes,
            ..
        } = self;
        let mut changes = Changes::of(&wanted);
        let mut preparation = Preparation::default();
        let mut labels = Vec::with_capacity(images.len());
        let mut values = Vec::with_capacity(shape.len() * images.len());
        let gray = wanted.grayscale.converter(shape.height, shape.width);
        for (label, _, picture) in images {
            changes.add(&picture);
            if wanted.channels_asked && picture.shape.channels != shape.channels {
                preparation.channels = wanted.channels;
            }
            if shape.channels == 1 && picture.is_colored() {
                preparation.grayscale = Some(wanted.grayscale);
            }
            if picture.transparent {
                preparation.background = wanted.background;
            }
            labels.push(label);
            values.extend(picture.with_channels(shape.channels, &gray).pixels);
        }
        preparation.preprocess = wanted.preprocess;
        changes.preparation = preparation;
        changes.gray_in_color = shape.channels == 3 && wanted.channels.is_none() && changes.colored == 0;
        let source = Source {
            file: folder
                .file_name()
                .map_or_else(|| folder.display().to_string(), |name| format!("{}/", escaped(name))),
            sha256: hex(&hash.finalize()),
            bytes,
            official: false,
            notice: String::new(),
        };
        let notes = notes(folder, &skipped, &passed, &changes);
        Ok(ImageFolder {
            pixels: Pixels {
                shape,
                bytes: values.into(),
                labels,
            },
            hashes,
            skipped,
            notes,
            preparation,
            source,
            classes,
        })
    }

    /// The shape of the array, if all images have one size and each class has some.
    fn check(&self, classes: &[String]) -> Result<ImageShape, DataError> {
        let refuse = |problem| {
            Err(DataError::Folder {
                path: self.folder.to_owned(),
                problem,
            })
        };
        let Some((_, first_file, first)) = self.images.first() else {
            return refuse(self.no_images(classes.first()));
        };
        let size = [first.shape.height, first.shape.width];
        let colored = self.images.iter().any(|(.., picture)| picture.shape.channels == 3);
        let shape = ImageShape {
            channels: self.wanted.channels.unwrap_or(if colored { 3 } else { 1 }),
            height: size[0],
            width: size[1],
        };
        if self.is_too_large || shape.len().saturating_mul(self.images.len()) > MAX_VALUES {
            return refuse(FolderProblem::TooLarge {
                images: self.images.len(),
                shape,
            });
        }
        if self.wanted.classes.is_none() {
            let mut has_images = vec![false; classes.len()];
            for (label, ..) in &self.images {
                has_images[*label as usize] = true;
            }
            if let Some(empty) = has_images.iter().position(|has| !has) {
                return refuse(self.no_images(classes.get(empty)));
            }
        }
        let odd = self
            .images
            .iter()
            .find(|(.., picture)| [picture.shape.height, picture.shape.width] != size);
        match odd {
            None => Ok(shape),
            Some((_, file, other)) => refuse(FolderProblem::Sizes {
                file: file.clone(),
                found: [other.shape.height, other.shape.width],
                first: first_file.clone(),
                expected: size,
            }),
        }
    }

    /// A class of which no file could be read.
    fn no_images(&self, class: Option<&String>) -> FolderProblem {
        let is_in = |file: &Path, class: &str| {
            let name = file.parent().and_then(Path::file_name);
            name.is_some_and(|name| escaped(name) == class)
        };
        let of_class = |class: &&String| self.skipped.iter().any(|skipped| is_in(&skipped.file, class));
        match class.filter(of_class) {
            None => FolderProblem::NoClasses,
            Some(class) => FolderProblem::EmptyClass {
                class: class.clone(),
                instead: self
                    .skipped
                    .iter()
                    .find(|skipped| is_in(&skipped.file, class))
                    .map(|skipped| format!("that can be read, such as {skipped}")),
            },
        }
    }
}
