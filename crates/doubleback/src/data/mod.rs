//! Data sets: images, labels, and where they came from.
//!
//! [`load`] gives a [`Dataset`] by name, checked and in memory; [`catalog`] lists the names; [`verify`] compares files with
//! the published ones; [`save_contact_sheet`] shows what is in them. One file a data set, plain values, no tensors.
mod catalog;
mod checksum;
mod contact_sheet;
mod dataset;
mod duplicates;
mod error;
mod fashion_mnist;
pub mod fetch;
mod folder;
mod four_files;
pub mod idx;
mod image_folder;
mod labelled;
mod mnist;
mod mnist_mini;
mod notmnist;
mod options;
mod picture;
mod pixels;
mod shuffle;
mod split;
mod words;

pub use catalog::{DatasetInfo, FileState, FileStatus, Presence, catalog, load, verify};
pub use contact_sheet::{MAX_PER_CLASS, contact_sheet, save_contact_sheet};
pub use dataset::{Bounds, Dataset, Source};
pub use duplicates::{DuplicatePolicy, PartDuplicates, duplicates};
pub use error::{DataError, FolderProblem, IdxProblem};
pub use options::LoadOptions;
pub use picture::{MAX_DECODED, MAX_SIDE, Picture};
pub use split::{ImageShape, Part, Split};
