//! Pictures of many candidates: the contact sheet for the researcher's eyes, and a matrix of images for each model.

use std::collections::BTreeMap;

use doubleback::data::{Bounds, Dataset, Sheet};

use super::attempts::by_class;
use super::levels::{Drawn, Scale};
use crate::Result;
use crate::folder::Manifest;

/// Classes that are shown, and targets, at most.
const CLASSES: usize = 20;

/// The candidates of a study, with what they were made from.
pub(super) struct Sheets<'a> {
    pub manifest: &'a Manifest,
    /// By file name.
    pub drawn: &'a BTreeMap<String, Drawn>,
    pub dataset: &'a Dataset,
    pub scale: Scale,
}

impl Sheets<'_> {
    /// A PNG with a row for each cell, by model and then by class: the original image of its first candidate, and the first candidate of each target in label
    /// order. Places without a candidate stay empty.
    pub fn contact_sheet(&self) -> Result<Vec<u8>> {
        let classes = self.classes();
        let mut sheet = Sheet::new(self.manifest.models.len() * classes, classes + 1, self.dataset.shape)?;
        for model in 0..self.manifest.models.len() {
            for original in 0..classes {
                let row = model * classes + original;
                for (target, candidate) in self.first(model, original) {
                    self.place(&mut sheet, [row, target + 1], &candidate.file)?;
                }
                if let Some((_, candidate)) = self.first(model, original).next() {
                    self.place_original(&mut sheet, [row, 0], candidate.index)?;
                }
            }
        }
        Ok(sheet.png()?)
    }

    /// By model a PNG with a row for each class and a column for each target: the first candidate, and on the diagonal the class's first image, unchanged. So
    /// the authors draw their grids of JSMA and TGSM examples.
    pub fn matrices(&self) -> Result<Vec<Vec<u8>>> {
        let classes = self.classes();
        let places = by_class(self.dataset);
        let of_model = |model: usize| {
            let mut sheet = Sheet::new(classes, classes, self.dataset.shape)?;
            for (original, places) in places.iter().enumerate().take(classes) {
                if let Some(&index) = places.first() {
                    self.place_original(&mut sheet, [original, original], index)?;
                }
                for (target, candidate) in self.first(model, original) {
                    self.place(&mut sheet, [original, target], &candidate.file)?;
                }
            }
            Ok(sheet.png()?)
        };
        (0..self.manifest.models.len()).map(of_model).collect()
    }

    fn classes(&self) -> usize {
        self.manifest.classes.len().min(CLASSES)
    }

    /// The first candidates of a cell by target, those of the first image before others.
    fn first(
        &self,
        model: usize,
        original: usize,
    ) -> impl Iterator<Item = (usize, &crate::folder::Candidate)> + use<'_> {
        let mut first = BTreeMap::new();
        let candidates = self.manifest.candidates.iter();
        let of_cell =
            candidates.filter(|one| (one.model, one.original) == (model, original) && one.target < self.classes());
        for candidate in of_cell {
            first.entry(candidate.target).or_insert(candidate);
        }
        first.into_iter()
    }

    fn place(&self, sheet: &mut Sheet, at: [usize; 2], file: &str) -> Result<()> {
        match self.drawn.get(file) {
            Some(drawn) => place(sheet, at, &drawn.bytes),
            None => Ok(()),
        }
    }

    fn place_original(&self, sheet: &mut Sheet, at: [usize; 2], index: usize) -> Result<()> {
        let image = Drawn::of(&self.dataset.test.image(index), self.scale, self.dataset.shape)?;
        place(sheet, at, &image.bytes)
    }
}

fn place(sheet: &mut Sheet, at: [usize; 2], bytes: &[u8]) -> Result<()> {
    let pixels: Vec<f32> = bytes.iter().copied().map(f32::from).collect();
    let bounds = Bounds { low: 0.0, high: 255.0 };
    Ok(sheet.place(at, &pixels, bounds)?)
}
