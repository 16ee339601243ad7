//! Operations and their derivatives: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod central_differences;
mod common;
mod mixed_types;
mod native_kernels;
mod page;
mod pytorch_values;
mod sizes;
mod wide_kernels;
