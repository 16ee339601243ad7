//! Accuracy on unperturbed images.

use burn::tensor::Tensor;

use super::measurements::CleanAccuracy;
use super::{Named, TestSet};
use crate::Result;
use crate::nn::{Classifier, predictions};
use crate::statistics::wilson;

/// Right answers of a model.
pub(super) fn right(model: &dyn Classifier, images: &Tensor<4>, labels: &[usize]) -> Result<usize> {
    Ok(hits(&predictions(&model.logits(images.clone())?)?, labels))
}

/// Right answers among predictions.
pub(super) fn hits(predictions: &[usize], labels: &[usize]) -> usize {
    predictions.iter().zip(labels).filter(|(p, l)| p == l).count()
}

/// Accuracy of each model on unperturbed images.
///
/// # Errors
/// When the images do not fit a model.
pub fn clean_accuracy(models: &[Named<'_>], test: &TestSet<'_>) -> Result<Vec<CleanAccuracy>> {
    let mut totals = vec![0; models.len()];
    for (images, labels, _) in test.batches() {
        for (total, named) in totals.iter_mut().zip(models) {
            *total += right(named.model, &images, &labels)?;
        }
    }
    let count = test.count();
    Ok(models
        .iter()
        .zip(totals)
        .map(|(named, hits)| {
            let (low, high) = wilson(hits, count);
            CleanAccuracy {
                model: named.name.into(),
                accuracy: share(hits, count),
                low,
                high,
                count,
            }
        })
        .collect())
}

/// A part of `count`; of nothing, 0.
pub(super) fn share(hits: usize, count: usize) -> f64 {
    if count == 0 { 0.0 } else { hits as f64 / count as f64 }
}
