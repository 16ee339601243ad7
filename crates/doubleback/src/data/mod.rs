//! Data sets: images, labels, and where they came from.
//!
//! [`load`] gives a [`Dataset`] by name, checked and in memory; [`catalog`] lists the names; [`verify`] compares files with
//! the published ones; [`save_contact_sheet`] shows what is in them. One file a data set, plain values, no tensors.
mod catalog;
mod checksum;
pub mod cifar10;
mod contact_sheet;
mod dataset;
mod decolorize;
mod duplicates;
mod error;
mod fashion_mnist;
pub mod fetch;
mod folder;
mod four_files;
mod frame;
mod grayscale;
pub mod idx;
mod image_folder;
mod labelled;
pub mod mat;
mod mnist;
mod mnist_mini;
mod notmnist;
mod options;
mod pickle;
mod picture;
mod pixels;
mod shuffle;
mod split;
pub mod svhn;
mod words;

pub use catalog::{DatasetInfo, FileState, FileStatus, Presence, catalog, load, verify};
pub(crate) use checksum::sha256;
pub use cifar10::Cifar10Problem;
pub use contact_sheet::{MAX_PER_CLASS, contact_sheet, save_contact_sheet};
pub use dataset::{Bounds, Dataset, Preparation, Source};
pub use duplicates::{DuplicatePolicy, PartDuplicates, duplicates};
pub use error::{DataError, FolderProblem, IdxProblem};
pub use frame::Frame;
pub use grayscale::Grayscale;
pub use mat::MatProblem;
pub use options::LoadOptions;
pub use pickle::PickleProblem;
pub use picture::{MAX_DECODED, MAX_SIDE, Picture};
pub use split::{ImageShape, Part, Split};
