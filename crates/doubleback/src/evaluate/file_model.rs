use std::path::Path;

use crate::nn::{Classifier, ModelCard};

/// A model that was read from a file.
#[derive(Clone, Copy)]
pub struct FileModel<'a> {
    /// The file, which messages name.
    pub path: &'a Path,
    /// The model.
    pub model: &'a dyn Classifier,
    /// What the file says of it.
    pub card: &'a ModelCard,
}
