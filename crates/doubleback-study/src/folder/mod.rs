//! The folder of a study: `study.json`, `images/`, `texts/`, and, once it is served, `answers.sqlite`.
mod images;
mod manifest;
mod open;
mod texts;

pub use manifest::{Attack, Candidate, Confusion, Data, Manifest, Model, Practice, Protocol, Role, Short};
pub use open::{Study, read_manifest};
pub use texts::{Text, Texts, Values};
