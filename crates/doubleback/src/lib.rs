//! Train image classifiers with input gradient regularization, attack them, evaluate them.
//!
//! Data flows one way: [`data`] → [`nn`] → [`mod@batch`] → [`attack`] → [`explain`] → [`faithfulness`] → [`train`] → [`diagnose`] → [`evaluate`] → [`audit`].
//!
//! - [`data`]: images and labels, checked and in memory; a crate of its own, `doubleback-data`.
//! - [`nn`]: networks that return their logits with a pullback, so that the input gradient is an ordinary value.
//! - [`mod@batch`]: images of a data set on a device, with their labels.
//! - [`attack`]: goals, and one attack a file; the table of their names and options; an attack says how many images it could not move.
//! - [`explain`]: what speaks for a class, one method a file.
//! - [`faithfulness`]: how far to believe an explanation, one metric a file.
//! - [`train`]: one objective a defense, and a loop that can be interrupted and resumed to the same bits.
//! - [`diagnose`]: what each layer contributes to a model's vulnerability, and what it loses of the image.
//! - [`evaluate`]: accuracy of all models on the examples of all, intervals, masking.
//! - [`audit`]: an ensemble of attacks, and what of its robust accuracy is to be trusted.
//! - [`device`]: where to compute.
//! - [`energy`]: what the processors used meanwhile, where they count it.
//! - [`progress`]: how long work tells how far it is, and is stopped.
//! - [`random`]: random streams by purpose.
//! - [`mod@stop`]: work that is stopped from outside while it computes.
//! - [`statistics`]: means, proportions and rank correlations, with intervals.
//! - [`work`]: how much was computed.
//! - [`mod@write`]: files that are either complete or not there.
//! - [`ops`]: the ops that all this is made of, closed under differentiation; a crate of its own, `doubleback-ops`.
//!
//! The experiments that run for minutes to hours are in `doubleback-experiments`.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod attack;
pub mod audit;
pub mod batch;
pub mod device;
pub mod diagnose;
pub mod energy;
mod error;
pub mod evaluate;
pub mod explain;
pub mod faithfulness;
pub mod nn;
mod not_finite;
mod npz_file;
pub mod progress;
pub mod random;
pub mod statistics;
pub mod stop;
mod tensor_file;
pub mod train;
pub mod work;
pub mod write;

pub use doubleback_data as data;
pub use doubleback_error::ErrorKind;
pub use doubleback_ops as ops;
pub use error::{Error, Result};
pub use not_finite::{NotFinite, Quantity};
