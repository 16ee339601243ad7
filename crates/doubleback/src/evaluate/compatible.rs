//! Whether a model and a data set belong together.

use std::path::Path;

use burn::tensor::Device;

use crate::data::Dataset;
use crate::nn::{self, Classifier, ModelCard, Network};
use crate::{Error, Result};

/// Reads a model that fits a data set.
///
/// # Errors
/// When the file cannot be read, or the model does not fit.
pub fn load_fitting(path: &Path, dataset: &Dataset, device: &Device) -> Result<(Network, ModelCard)> {
    let (network, card) = nn::load(path, device)?;
    check_fits(path, &network, &card, dataset)?;
    Ok((network, card))
}

/// Refuses a model whose images, bounds or classes are not those of the data set, or that was trained on images of this data set that were
/// made gray in another way: it would see others than it knows. `path` is the file that the message names.
///
/// # Errors
/// Says what the model takes and what the data set has.
pub fn check_fits(path: &Path, model: &dyn Classifier, card: &ModelCard, dataset: &Dataset) -> Result<()> {
    check_preparation(path, card, dataset)?;
    let (shape, classes, bounds) = (model.shape(), model.classes(), model.bounds());
    if (shape, classes, bounds) == (dataset.shape, dataset.classes.len(), dataset.bounds) {
        return Ok(());
    }
    Err(Error::file(
        path,
        format!(
            "takes images of {shape} between {} and {} and has {classes} classes; {} has images of {} between {} and {} and {} classes. \
             Give a model that was trained on {}",
            bounds.low,
            bounds.high,
            dataset.name,
            dataset.shape,
            dataset.bounds.low,
            dataset.bounds.high,
            dataset.classes.len(),
            dataset.name,
        ),
    ))
}

fn check_preparation(path: &Path, card: &ModelCard, dataset: &Dataset) -> Result<()> {
    if card.get("dataset") != Some(&dataset.name) {
        return Ok(());
    }
    let found = dataset.preparation.to_string();
    // The images of a folder are prepared only if one asks for it.
    let unasked = dataset.name.starts_with("folder:").then_some("none");
    match card.get("preparation").map(String::as_str).or(unasked) {
        Some(trained) if trained != found => Err(Error::file(
            path,
            format!(
                "was trained on {} with the preparation {trained}, and these images have {found}. Give the same `--grayscale`, \
                 `--channels` and `--background`",
                dataset.name
            ),
        )),
        _ => Ok(()),
    }
}
