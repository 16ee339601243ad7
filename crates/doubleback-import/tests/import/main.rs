//! Models of other programs, in and out: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod export;
mod onnx;
mod onnx_elementwise;
mod onnx_files;
mod onnx_values;
mod spatial;
mod structure;
mod torch;
