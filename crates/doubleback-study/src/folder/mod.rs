//! The folder of a study: `study.json`, `images/`, `texts/`, and, once it is served, `answers.sqlite`.
mod manifest;

pub use manifest::{Attack, Candidate, Confusion, Data, Manifest, Model, Practice, Protocol, Role, Short};
