//! Train image classifiers with input gradient regularization, attack them, evaluate them.
//!
//! Data flows one way: [`data`] → [`nn`] → [`mod@batch`] → [`attack`] → [`train`] → [`diagnose`] → [`evaluate`] → [`reproduce`] → [`sweep`].
//!
//! - [`data`]: images and labels, checked and in memory.
//! - [`nn`]: networks that return their logits with a pullback, so that the input gradient is an ordinary value.
//! - [`mod@batch`]: images of a data set on a device, with their labels.
//! - [`attack`]: FGSM, TGSM, their iterated forms, PGD and JSMA; an attack says how many images it could not move.
//! - [`train`]: one objective a defense, and a loop that can be interrupted and resumed to the same bits.
//! - [`diagnose`]: what each layer contributes to a model's vulnerability, and what it loses of the image.
//! - [`evaluate`]: accuracy of all models on the examples of all, intervals, masking, the paper's claims.
//! - [`reproduce`]: the paper's main experiment.
//! - [`pooling`]: max against average pooling.
//! - [`sweep`]: a grid of trainings on this machine or a cluster, and the paper's rule to choose by.
//! - [`progress`]: how long work tells how far it is, and is stopped.
//! - [`random`]: random streams by purpose.
//! - [`statistics`]: means, proportions and rank correlations, with intervals.
//! - [`mod@bench`]: how long training steps and attacks take.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod attack;
pub mod batch;
pub mod bench;
pub mod diagnose;
mod error;
pub mod evaluate;
pub mod nn;
pub mod pooling;
pub mod progress;
pub mod random;
pub mod reproduce;
pub mod statistics;
mod store;
pub mod sweep;
mod tensor_file;
pub mod train;
pub mod write;

pub use doubleback_data as data;
pub use doubleback_ops as ops;
pub use error::{Error, Result};
