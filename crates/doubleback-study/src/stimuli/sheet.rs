//! The contact sheet of a study, for the researcher's eyes.

use std::collections::{BTreeMap, BTreeSet};

use doubleback::data::{Bounds, Dataset, Sheet};

use super::levels::{Drawn, Scale};
use crate::Result;
use crate::folder::Manifest;

/// Classes that are shown, and targets, at most.
const CLASSES: usize = 20;

/// A PNG with a row for each cell, by model and then by class: the original image of its first candidate, and the first candidate of each target in label
/// order. Places without a candidate stay empty.
pub(super) fn sheet(
    manifest: &Manifest,
    drawn: &BTreeMap<&str, &Drawn>,
    dataset: &Dataset,
    scale: Scale,
) -> Result<Vec<u8>> {
    let classes = manifest.classes.len().min(CLASSES);
    let mut sheet = Sheet::new(manifest.models.len() * classes, classes + 1, dataset.shape)?;
    let mut place = |at: [usize; 2], bytes: &[u8]| {
        let pixels: Vec<f32> = bytes.iter().copied().map(f32::from).collect();
        let bounds = Bounds { low: 0.0, high: 255.0 };
        sheet.place(at, &pixels, bounds)
    };
    let mut filled: BTreeSet<[usize; 2]> = BTreeSet::new();
    for candidate in &manifest.candidates {
        if candidate.original >= classes || candidate.target >= classes {
            continue;
        }
        let row = candidate.model * classes + candidate.original;
        if filled.insert([row, 0]) {
            let original = Drawn::of(&dataset.test.image(candidate.index), scale, dataset.shape)?;
            place([row, 0], &original.bytes)?;
        }
        let at = [row, candidate.target + 1];
        if let (true, Some(drawn)) = (filled.insert(at), drawn.get(candidate.file.as_str())) {
            place(at, &drawn.bytes)?;
        }
    }
    Ok(sheet.png()?)
}
