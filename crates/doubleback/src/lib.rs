//! Train image classifiers with input gradient regularization, attack them, evaluate them.
//!
//! Data flows one way: [`data`] → [`nn`] → [`train`] → [`attack`] → [`evaluate`] → [`reproduce`].
//!
//! - [`data`]: images and labels, checked and in memory.
//! - [`nn`]: networks that return their logits with a pullback, so that the input gradient is an ordinary value.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod data;
mod error;
pub mod evaluate;
pub mod nn;
pub mod write;

pub use error::{Error, Result};
