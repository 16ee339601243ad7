//! Readers of file formats. What a file says of itself is not believed.
pub(crate) mod cifar;
pub(crate) mod class_names;
pub mod idx;
pub(crate) mod image_folder;
pub mod mat;
pub(crate) mod npy;
pub(crate) mod npz;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod pickle;
pub(crate) mod picture;
