//! What commands that take models share.

use std::path::Path;

use doubleback::attack::Attack;
use doubleback::data::Dataset;
use doubleback::evaluate::TestSet;
use doubleback::nn::{self, Classifier, ModelCard, Network};

use crate::context::Context;
use crate::exit::{Failure, Result};

/// A model that fits a data set.
pub fn load(path: &Path, dataset: &Dataset, context: &Context) -> Result<Network> {
    let (network, card) = nn::load(path, &context.device)?;
    check_preparation(path, &card, dataset)?;
    let (shape, classes, bounds) = (network.shape(), network.classes(), network.bounds());
    if (shape, classes, bounds) == (dataset.shape, dataset.classes.len(), dataset.bounds) {
        return Ok(network);
    }
    Err(Failure::Input(format!(
        "{}: takes images of {shape} between {} and {} and has {classes} classes; {} has images of {} between {} and {} and {} classes. \
         Give a model that was trained on {}",
        path.display(),
        bounds.low,
        bounds.high,
        dataset.name,
        dataset.shape,
        dataset.bounds.low,
        dataset.bounds.high,
        dataset.classes.len(),
        dataset.name,
    )))
}

/// Refuses images that were made gray in another way than those that the model was trained on: it would see others than it knows.
fn check_preparation(path: &Path, card: &ModelCard, dataset: &Dataset) -> Result<()> {
    let same_name = card.get("dataset") == Some(&dataset.name);
    let found = dataset.preparation.to_string();
    match card.get("preparation") {
        Some(trained) if same_name && *trained != found => Err(Failure::Input(format!(
            "{}: was trained on {} with {trained}, and these images have {found}. Give the same `--grayscale`",
            path.display(),
            dataset.name
        ))),
        _ => Ok(()),
    }
}

/// Checks perturbation sizes of an attack: within what the data leaves room for, and none twice.
pub fn check_all_eps(attack: &Attack, eps: &[f64], model: &dyn Classifier) -> Result<()> {
    attack.check_eps(eps, model)?;
    for (place, value) in eps.iter().enumerate() {
        if eps[..place].contains(value) {
            return Err(Failure::Input(format!("eps: {value} is given twice. Give it once")));
        }
    }
    Ok(())
}

/// The first `count` test images, or all.
pub fn test_set<'a>(dataset: &'a Dataset, count: Option<usize>, context: &'a Context) -> Result<TestSet<'a>> {
    let all = dataset.test.len();
    let count = count.unwrap_or(all);
    if count > all {
        return Err(Failure::Input(format!(
            "count: {count} is more than the {all} test images of {}. Give at most {all}, or leave it out",
            dataset.name
        )));
    }
    Ok(TestSet {
        split: &dataset.test,
        shape: dataset.shape,
        count,
        device: &context.device,
    })
}
