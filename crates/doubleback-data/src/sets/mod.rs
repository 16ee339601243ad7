//! The data sets, one file each, and the catalog that names them.
pub(crate) mod catalog;
pub mod cifar10;
pub(crate) mod cifar100;
mod cifar_batches;
pub(crate) mod emnist;
pub(crate) mod fashion_mnist;
pub(crate) mod file_state;
pub(crate) mod folder;
pub(crate) mod four_files;
pub(crate) mod info;
pub(crate) mod labelled;
pub(crate) mod mnist;
mod mnist_mini;
mod notmnist;
pub mod npz;
pub(crate) mod options;
mod part_folders;
pub mod svhn;
