//! Data sets: images, labels, and where they came from.
//!
//! [`load`] gives a [`Dataset`] by name, checked and in memory; [`catalog`] lists the names; [`verify`] compares files with
//! the published ones; [`fetch`] gets them; [`save_contact_sheet`] shows what is in them. Plain values, no tensors.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod arrays;
pub mod atomic_file;
mod checksum;
mod class_name;
mod content;
mod coverage;
mod dataset;
mod error;
pub mod fetch;
mod formats;
mod image_shape;
mod limits;
mod part;
mod pictures;
mod preparation;
mod sets;
mod split;
mod stored;
mod unknown_name;
pub mod words;

pub use checksum::sha256;
pub use class_name::class_index;
pub use dataset::{Bounds, Dataset, Preparation, Source};
pub use doubleback_error::ErrorKind;
pub use error::{
    CifarProblem, DataError, FolderProblem, IdxProblem, MatProblem, NpyProblem, NpzProblem, ParquetProblem,
    PickleProblem,
};
pub use formats::class_names::ClassNames;
pub use formats::picture::{MAX_DECODED, MAX_SIDE, Picture};
pub use formats::{idx, mat};
pub use image_shape::ImageShape;
pub use limits::{MAX_PER_CLASS, MAX_SHOWN_CLASSES};
pub use part::Part;
pub use pictures::contact_sheet::{contact_sheet, contact_sheet_of, save_contact_sheet};
pub use pictures::frame::Frame;
pub use pictures::png::png;
pub use pictures::sheet::Sheet;
pub use preparation::background::{Background, NoColor};
pub use preparation::duplicates::{DuplicatePolicy, PartDuplicates, duplicates};
pub use preparation::grayscale::Grayscale;
pub use preparation::preprocess::{Preprocess, Resize};
pub use preparation::resample::Interpolation;
pub use sets::catalog::{catalog, load, location, verify};
pub use sets::file_state::{FileState, FileStatus};
pub use sets::folder::path as image_folder;
pub use sets::info::{DatasetInfo, Presence};
pub use sets::options::LoadOptions;
pub use sets::unlabelled::{Unlabelled, unlabelled};
pub use sets::{cifar10, npz, parquet, svhn};
pub use split::Split;
pub use unknown_name::UnknownName;
