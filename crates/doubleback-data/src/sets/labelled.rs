//! Images and labels in two IDX files that belong together.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::checksum::Checksummed;
use crate::dataset::Source;
use crate::error::DataError;
use crate::formats::idx;
use crate::formats::idx::Idx;
use crate::image_shape::ImageShape;
use crate::preparation::pixels::Pixels;
use crate::sets::file_state::{FileState, FileStatus};
use crate::split::check_labels_from;

/// A file as its makers published it.
#[derive(Debug)]
pub(crate) struct Published {
    /// Its name, which ends in `.gz`; without that it is the name of the unpacked file.
    pub name: &'static str,
    /// SHA-256 of the file.
    pub packed: &'static str,
    /// SHA-256 of the unpacked file.
    pub unpacked: &'static str,
}

impl Published {
    /// The checksum of a file of which its makers published none.
    pub const UNKNOWN: &str = "";

    /// A file of which no checksums are known.
    pub const fn unknown(name: &'static str) -> Self {
        Self {
            name,
            packed: Self::UNKNOWN,
            unpacked: Self::UNKNOWN,
        }
    }

    /// What the file may be called: as published or unpacked; a `.bin` in its other form, without that ending; an IDX file with a dot before
    /// `idx`, as some programs and systems write it.
    fn names(&self) -> Vec<String> {
        let unpacked = self.name.strip_suffix(".gz").unwrap_or(self.name);
        let other = unpacked.strip_suffix(".bin").unwrap_or(unpacked);
        let names = [self.name, unpacked, other].map(str::to_owned);
        let dotted = names
            .iter()
            .filter(|name| name.contains("-idx"))
            .map(|name| name.replace("-idx", ".idx"));
        let dotted: Vec<String> = dotted.collect();
        names.into_iter().chain(dotted).collect()
    }

    /// Whether a file of this name is meant.
    pub fn is_called(&self, name: &str) -> bool {
        self.names().iter().any(|known| known == name)
    }

    /// Where the file is in `folder`, under any of its names; or in a folder of its own name, as some archives are unpacked.
    pub fn find(&self, folder: &Path) -> Option<PathBuf> {
        let names = self.names();
        let nested = names.iter().map(|name| folder.join(name).join(name));
        let places = names.iter().map(|name| folder.join(name)).chain(nested);
        places.into_iter().find(|path| path.is_file())
    }
}

/// A file to read, and what it should be.
pub(crate) struct Input {
    published: &'static Published,
    place: Place,
}

enum Place {
    Disk(PathBuf),
    Embedded(&'static [u8]),
    /// Of an archive, whose path is given.
    Member(PathBuf, Vec<u8>),
}

impl Input {
    /// The file in `folder`, packed or unpacked.
    pub fn in_folder(folder: &Path, published: &'static Published) -> Self {
        let path = published.find(folder).unwrap_or_else(|| folder.join(published.name));
        Self {
            published,
            place: Place::Disk(path),
        }
    }

    /// The file whose content is `bytes`.
    pub fn embedded(bytes: &'static [u8], published: &'static Published) -> Self {
        Self {
            published,
            place: Place::Embedded(bytes),
        }
    }

    /// The file with these bytes in the archive at `path`.
    pub fn member(path: &Path, bytes: Vec<u8>, published: &'static Published) -> Self {
        Self {
            published,
            place: Place::Member(path.to_owned(), bytes),
        }
    }

    /// The embedded bytes, if this is no file on disk.
    #[cfg(test)]
    pub fn embedded_content(&self) -> Option<(&'static [u8], &'static Published)> {
        match self.place {
            Place::Embedded(bytes) => Some((bytes, self.published)),
            _ => None,
        }
    }

    /// Whether this is the checksum of the published file, packed or unpacked.
    pub fn is_published(&self, sha256: &str) -> bool {
        [self.published.packed, self.published.unpacked].contains(&sha256)
    }

    /// The file's path, for messages.
    pub fn path(&self) -> String {
        match &self.place {
            Place::Disk(path) => path.display().to_string(),
            Place::Embedded(_) => format!("embedded {}", self.published.name),
            Place::Member(archive, _) => format!("{}: {}", archive.display(), self.published.name),
        }
    }

    fn file(&self) -> String {
        let name = match &self.place {
            Place::Disk(path) => path.file_name(),
            Place::Embedded(_) | Place::Member(..) => None,
        };
        name.map_or_else(
            || self.published.name.to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    fn read<const RANK: usize>(&self) -> Result<Stored<Idx<RANK>>, DataError> {
        self.read_with(|name, reader| idx::decode(name, reader))
    }

    /// What `decode` makes of the file; it is given the file's name for messages, and should read to the end.
    pub fn read_with<T>(
        &self,
        decode: impl FnOnce(&str, &mut dyn Read) -> Result<T, DataError>,
    ) -> Result<Stored<T>, DataError> {
        match &self.place {
            Place::Embedded(bytes) => self.decode(*bytes, decode),
            Place::Member(_, bytes) => self.decode(&bytes[..], decode),
            Place::Disk(path) => {
                let file = File::open(path).map_err(|cause| DataError::Io {
                    path: path.clone(),
                    cause,
                })?;
                self.decode(file, decode)
            }
        }
    }

    fn decode<T>(
        &self,
        reader: impl Read,
        decode: impl FnOnce(&str, &mut dyn Read) -> Result<T, DataError>,
    ) -> Result<Stored<T>, DataError> {
        let mut reader = Checksummed::new(reader);
        let content = decode(&self.path(), &mut reader)?;
        let (sha256, bytes) = reader.finish();
        let official = self.is_published(&sha256);
        Ok(Stored {
            path: self.path(),
            file: self.file(),
            content,
            sha256,
            bytes,
            official,
        })
    }
}

/// What a file holds.
pub(crate) struct Stored<T> {
    /// The file's path.
    pub path: String,
    file: String,
    /// What was read from it.
    pub content: T,
    sha256: String,
    bytes: u64,
    /// Whether it is what its makers published.
    pub official: bool,
}

impl<T> Stored<T> {
    /// Where the content is from.
    pub fn source(&self, notice: &str) -> Source {
        let (file, sha256, notice) = (self.file.clone(), self.sha256.clone(), notice.to_owned());
        Source {
            file,
            sha256,
            bytes: self.bytes,
            official: self.official,
            notice,
        }
    }

    /// How the file compares with the published one.
    pub fn state(&self) -> FileState {
        if self.official {
            FileState::Official
        } else {
            FileState::NotOfficial {
                sha256: self.sha256.clone(),
            }
        }
    }
}

/// Gray images of unsigned bytes and their labels, one to one.
pub(crate) struct Labelled {
    /// The label of the first class.
    first: usize,
    images: Stored<Idx<3>>,
    labels: Stored<Idx<1>>,
}

impl Labelled {
    /// Reads both files and checks that they belong together: as many labels as images, images of the given shape, labels within
    /// the classes.
    pub fn read(images: Input, labels: Input, shape: ImageShape, classes: usize) -> Result<Self, DataError> {
        Self::read_from(0, images, labels, shape, classes)
    }

    /// Reads both files and checks that they belong together; labels begin at `first`.
    pub fn read_from(
        first: usize,
        images: Input,
        labels: Input,
        shape: ImageShape,
        classes: usize,
    ) -> Result<Self, DataError> {
        let pair = Self {
            first,
            images: images.read()?,
            labels: labels.read()?,
        };
        pair.check_images(shape)?;
        pair.check_labels(classes)?;
        Ok(pair)
    }

    /// How both files are; what is wrong with one does not hide the other.
    pub fn verify(images: Input, labels: Input, shape: ImageShape, classes: usize) -> [FileStatus; 2] {
        Self::verify_from(0, images, labels, shape, classes)
    }

    /// How both files are; labels begin at `first`.
    pub fn verify_from(
        first: usize,
        images: Input,
        labels: Input,
        shape: ImageShape,
        classes: usize,
    ) -> [FileStatus; 2] {
        let (images_file, labels_file) = (images.path(), labels.path());
        let states = match (images.read(), labels.read()) {
            (Ok(images), Ok(labels)) => {
                let pair = Self { first, images, labels };
                let (of_images, of_labels) = (pair.check_images(shape), pair.check_labels(classes));
                [
                    of_images.map(|()| pair.images.state()),
                    of_labels.map(|()| pair.labels.state()),
                ]
            }
            (images, labels) => [images.map(|read| read.state()), labels.map(|read| read.state())],
        };
        let [of_images, of_labels] = states.map(|state| state.unwrap_or_else(FileState::from));
        [
            FileStatus::new(images_file, Ok(of_images)),
            FileStatus::new(labels_file, Ok(of_labels)),
        ]
    }

    fn check_images(&self, shape: ImageShape) -> Result<(), DataError> {
        let [_, height, width] = self.images.content.dims;
        if [height, width] == [shape.height, shape.width] {
            return Ok(());
        }
        let file = self.images.path.clone();
        Err(DataError::ImageSize {
            file,
            found: [height, width],
            expected: [shape.height, shape.width],
        })
    }

    fn check_labels(&self, classes: usize) -> Result<(), DataError> {
        let ([images, ..], [labels]) = (self.images.content.dims, self.labels.content.dims);
        if images != labels {
            let (images_file, labels_file) = (self.images.path.clone(), self.labels.path.clone());
            return Err(DataError::LabelCount {
                labels_file,
                labels,
                images_file,
                images,
            });
        }
        check_labels_from(self.first, &self.labels.content.data, classes, || {
            self.labels.path.clone()
        })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.content.data.len()
    }

    /// Whether both files are what their makers published.
    pub fn is_official(&self) -> bool {
        self.images.official && self.labels.official
    }

    /// An error unless there are so many images.
    ///
    /// # Errors
    /// [`DataError::TooFewImages`].
    pub fn require(&self, expected: usize) -> Result<(), DataError> {
        if self.len() >= expected {
            return Ok(());
        }
        Err(DataError::TooFewImages {
            file: self.images.path.clone(),
            found: self.len(),
            expected,
        })
    }

    /// Images and labels as bytes.
    pub fn into_pixels(self, shape: ImageShape) -> Pixels {
        let labels = self.labels.content.data.into_iter();
        Pixels {
            shape,
            bytes: self.images.content.data.into(),
            // No label is less than that of the first class.
            labels: labels.map(|label| u32::from(label) - self.first as u32).collect(),
        }
    }

    /// Where the images and the labels are from.
    pub fn sources(&self, notice: &str) -> [Source; 2] {
        [self.images.source(notice), self.labels.source(notice)]
    }
}
