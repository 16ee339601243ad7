//! ONNX: reading a file, folding what is constant, and translating the rest node by node into layers.
//!
//! `read/` → [`model`] → `fold/` → `translate/`. A graph is read as what it does with one image (a batch of one), and every layer does so to
//! each image of a batch: no image can influence another, whatever the file says of its batch.
#[allow(dead_code)]
mod attributes;
#[allow(dead_code)]
mod branch;
#[allow(dead_code)]
mod constant;
#[allow(dead_code)]
mod element;
#[allow(dead_code)]
mod fold;
#[allow(dead_code)]
mod help;
mod image;
mod import;
mod logits;
#[allow(dead_code)]
mod model;
mod normalization;
#[allow(dead_code)]
mod patterns;
#[allow(dead_code)]
mod read;
#[allow(dead_code)]
mod refusal;
mod sklearn;
#[allow(dead_code)]
mod translate;
mod walk;

pub(crate) use import::{import, unsupported};
pub(crate) use read::files_beside;
