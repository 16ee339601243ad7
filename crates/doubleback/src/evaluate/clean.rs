//! Accuracy on unperturbed images.

use super::confusion::{Confusion, share};
use super::measurements::CleanAccuracy;
use super::{Named, TestSet};
use crate::Result;
use crate::statistics::wilson;

/// Right answers among predictions.
pub(super) fn hits(predictions: &[usize], labels: &[usize]) -> usize {
    predictions.iter().zip(labels).filter(|(p, l)| p == l).count()
}

/// What each model takes unperturbed images for.
///
/// # Errors
/// When the images do not fit a model.
pub fn clean_confusion(models: &[Named<'_>], test: &TestSet<'_>) -> Result<Vec<Confusion>> {
    let mut found = vec![Confusion::default(); models.len()];
    for (images, labels, range) in test.batches() {
        for (confusion, named) in found.iter_mut().zip(models) {
            confusion.add(&labels, &named.predict(&images, |row| test.index(range.start + row))?);
        }
    }
    Ok(found)
}

/// Accuracy of each model on unperturbed images.
///
/// # Errors
/// When the images do not fit a model.
pub fn clean_accuracy(models: &[Named<'_>], test: &TestSet<'_>) -> Result<Vec<CleanAccuracy>> {
    let found = clean_confusion(models, test)?;
    let found = models.iter().zip(&found);
    Ok(found
        .map(|(named, found)| CleanAccuracy::of(named.name, found))
        .collect())
}

impl CleanAccuracy {
    /// Of what a model of this name takes unperturbed images for.
    pub fn of(model: &str, found: &Confusion) -> Self {
        let (hits, count) = (found.right(), found.images());
        let (low, high) = wilson(hits, count);
        Self {
            model: model.into(),
            accuracy: share(hits, count),
            low,
            high,
            count,
        }
    }
}
