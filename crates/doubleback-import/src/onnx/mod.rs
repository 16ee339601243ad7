//! ONNX: reading a file, folding what is constant, and translating the rest node by node into layers.
//!
//! `read/` → [`model`] → `fold/` → `translate/`. A graph is read as what it does with one image (a batch of one), and every layer does so to
//! each image of a batch: no image can influence another, whatever the file says of its batch.
//!
//! `write/` is the way back, from a network to a file.
mod attributes;
mod branch;
mod constant;
mod element;
mod fold;
mod help;
mod image;
mod import;
mod logits;
mod model;
mod normalization;
mod operators;
mod patterns;
mod read;
mod refusal;
mod sklearn;
mod translate;
mod walk;
mod write;

pub(crate) use import::{import, import_bytes, unsupported};
pub use operators::{Operator, OperatorFate, newest_onnx, onnx_operators};
pub(crate) use read::files_beside;
pub use write::save_onnx;
