//! How many candidates there are of each class and model.

use crate::folder::{Manifest, Short};

/// A class and a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the model.
    pub model: usize,
    /// The original class.
    pub original: usize,
    /// Candidates that there are.
    pub found: usize,
}

/// All cells of a study, by model and then by class.
pub fn cells(manifest: &Manifest) -> Vec<Cell> {
    let classes = manifest.classes.len();
    let mut found = vec![0; manifest.models.len() * classes];
    for candidate in &manifest.candidates {
        if let Some(count) = found.get_mut(candidate.model * classes + candidate.original) {
            *count += 1;
        }
    }
    let cell = |(place, found)| Cell {
        model: place / classes,
        original: place % classes,
        found,
    };
    found.into_iter().enumerate().map(cell).collect()
}

/// Those with fewer candidates than are wanted.
pub(super) fn short(manifest: &Manifest) -> Vec<Short> {
    let wanted = manifest.protocol.candidates;
    let cells = cells(manifest).into_iter().filter(|cell| cell.found < wanted);
    cells
        .map(|Cell { model, original, found }| Short { model, original, found })
        .collect()
}

/// These cells in words: `normal: class 3 has 40, class 5 has 0; distilled: class 3 has 44`.
pub(super) fn in_words(manifest: &Manifest, short: &[Short]) -> String {
    let of_model = |(place, model): (usize, &crate::folder::Model)| {
        let cells = short.iter().filter(|cell| cell.model == place);
        let cells: Vec<String> = cells
            .map(|cell| format!("class {} has {}", manifest.classes[cell.original], cell.found))
            .collect();
        (!cells.is_empty()).then(|| format!("{}: {}", model.name, cells.join(", ")))
    };
    let models: Vec<String> = manifest.models.iter().enumerate().filter_map(of_model).collect();
    models.join("; ")
}
