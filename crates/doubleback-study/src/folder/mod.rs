//! The folder of a study: `study.json`, `images/`, `texts/`, and, once it is served, `answers.sqlite`.
mod check;
mod create;
mod default_texts;
#[cfg(test)]
mod fixture;
mod images;
mod manifest;
mod open;
mod texts;

pub use create::{Contents, check_free, create};
pub use default_texts::{PLACE_TO_FILL, Texts};
pub use manifest::{Attack, Candidate, Confusion, Data, Manifest, Model, Practice, Protocol, Role, Short};
pub use open::{Study, read_manifest};
pub use texts::{StudyTexts, Text, Values};
