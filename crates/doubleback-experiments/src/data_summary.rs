//! What results say of the data of a run.

use std::collections::BTreeMap;

use doubleback::data::{Dataset, catalog};
use serde::{Deserialize, Serialize};

/// Sizes, bounds and checksums of the data of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSummary {
    /// Training images.
    pub train: usize,
    /// Validation images.
    pub validation: usize,
    /// Test images.
    pub test: usize,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// Least and greatest pixel value; adversarial examples are clipped to it.
    pub bounds: [f32; 2],
    /// Class names in the order of the labels.
    pub classes: Vec<String>,
    /// What was done to the images beyond scaling, such as `grayscale luma, global contrast normalization`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preparation: Option<String>,
    /// Whether of equal images all but one were left out.
    #[serde(default)]
    pub deduplicated: bool,
    /// SHA-256 of each source file, in hexadecimal.
    pub checksums: BTreeMap<String, String>,
    /// SHA-256 of all images with their labels, as they were trained on and measured; results of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What a reader should know of these data, a sentence each: a subset, how they were prepared, what was skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What results say of the data of a run.
pub(crate) fn data_summary(dataset: &Dataset) -> DataSummary {
    DataSummary {
        train: dataset.train.len(),
        validation: dataset.validation.len(),
        test: dataset.test.len(),
        shape: [dataset.shape.channels, dataset.shape.height, dataset.shape.width],
        bounds: [dataset.bounds.low, dataset.bounds.high],
        classes: dataset.classes.clone(),
        preparation: (!dataset.preparation.is_none()).then(|| dataset.preparation.to_string()),
        deduplicated: dataset.deduplicated,
        checksums: checksums(dataset),
        content: Some(dataset.content_sha256()),
        notes: notes(dataset),
    }
}

/// SHA-256 of each file of a data set.
pub(crate) fn checksums(dataset: &Dataset) -> BTreeMap<String, String> {
    dataset
        .sources
        .iter()
        .map(|source| (source.file.clone(), source.sha256.clone()))
        .collect()
}

/// What a reader should know of the data.
fn notes(dataset: &Dataset) -> Vec<String> {
    let mut notes = Vec::new();
    let published = catalog().iter().find(|info| info.name == dataset.name);
    if let Some(info) = published.filter(|info| dataset.train.len() < info.train || dataset.test.len() < info.test) {
        notes.push(format!(
            "A subset: {} training and {} test images, where all published files give {} and {}.",
            dataset.train.len(),
            dataset.test.len(),
            info.train,
            info.test
        ));
    }
    let others: Vec<&str> = dataset
        .sources
        .iter()
        .filter(|source| !source.official)
        .map(|source| source.file.as_str())
        .collect();
    if !others.is_empty() {
        notes.push(format!("Not the published bytes: {}.", others.join(", ")));
    }
    notes.extend(dataset.notes.iter().cloned());
    notes
}
