//! Writing: from a network to an ONNX file of version 17 of the operators, in which images are `[batch, channels, height, width]`.
//!
//! `kinds` finds the family of a layer; each family is a file, and gives nodes to [`out`]; `save` makes the file.
mod attribute;
mod binary;
mod elementwise;
mod kinds;
mod layer;
mod linear;
mod local_contrast;
mod normalization;
mod out;
mod places;
mod pooling;
mod quantize;
mod resize;
mod save;
mod value;

pub use save::save_onnx;
