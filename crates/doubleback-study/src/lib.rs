//! The human study of Ross & Doshi-Velez 2018 (Table 1), ready to run with people: do they find the adversarial examples of gradient-regularized models
//! more convincing than those of others?
//!
//! A study is one folder. Data flows one way through it:
//!
//! - [`stimuli`] makes the folder from models: adversarial examples, verified to be misclassified as their target, with a manifest.
//! - [`folder`] reads and writes it: [`Manifest`](folder::Manifest), images, the texts that participants read.
//! - [`assignment`] says which images a participant sees, and in what order.
//! - [`store`] keeps who takes part and what they answer, in one SQLite file of the folder.
//! - [`web`] is the server: pages for participants, and others for the researcher.
//! - [`analysis`] makes rates, intervals, tests, agreement and power of the answers; [`report`] draws its page.
//!
//! [`stimuli`] and [`report`] need the feature `networks`, which is on by default.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod analysis;
pub mod answer;
pub mod assignment;
mod error;
pub mod folder;
#[cfg(feature = "networks")]
pub mod report;
#[cfg(feature = "networks")]
pub mod stimuli;
pub mod store;
pub mod web;

pub use error::{Error, Result};
