//! Readers of data sets and pictures: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod archive;
mod data_sets;
mod fetch;
mod folder_layouts;
mod idx_reader;
mod image_folders;
mod layouts;
mod mat_files;
mod npz;
mod only_part;
mod parquet;
mod pickles;
mod picture_files;
mod preprocess;
mod support;
mod svhn_and_cifar10;
