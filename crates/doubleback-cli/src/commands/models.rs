//! What commands that take models share.

use std::path::Path;

use doubleback::attack::Attack;
use doubleback::data::Dataset;
use doubleback::evaluate::{self, Chosen, FileModel, Sample, TestSet};
use doubleback::nn::{self, Classifier, Network};

use crate::context::Context;
use crate::exit::{Failure, Result};

/// A model that fits a data set, and the data set with its classes in the model's order.
pub fn load(path: &Path, dataset: Dataset, context: &Context) -> Result<(Network, Dataset)> {
    let (network, card) = nn::load(path, &context.device)?;
    let model = FileModel {
        path,
        model: &network,
        card: &card,
    };
    let dataset = fit(&[model], dataset)?;
    Ok((network, dataset))
}

/// Models that fit a data set, and the data set with its classes in their order.
pub fn load_all(paths: &[&Path], dataset: Dataset, context: &Context) -> Result<(Vec<Network>, Dataset)> {
    let read = paths.iter().map(|path| nn::load(path, &context.device));
    let read = read.collect::<doubleback::Result<Vec<_>>>()?;
    let models: Vec<FileModel<'_>> = paths
        .iter()
        .zip(&read)
        .map(|(&path, (network, card))| FileModel {
            path,
            model: network,
            card,
        })
        .collect();
    let dataset = fit(&models, dataset)?;
    Ok((read.into_iter().map(|(network, _)| network).collect(), dataset))
}

/// The data set with its classes in the order of models that fit it; what to know of that is said.
pub fn fit(models: &[FileModel<'_>], dataset: Dataset) -> Result<Dataset> {
    let fitted = evaluate::fit(models, dataset)?;
    for note in &fitted.notes {
        tracing::warn!("{note}");
    }
    Ok(fitted.dataset)
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

/// A sample of `count` test images; none if all are asked for.
pub fn sample(dataset: &Dataset, count: Option<usize>, seed: u64) -> Result<Option<Sample>> {
    let all = dataset.test.len();
    match count {
        Some(count) if count > all => Err(Failure::Input(format!(
            "count: {count} is more than the {all} test images of {}. Give at most {all}, or leave it out",
            dataset.name
        ))),
        Some(count) if count < all => Ok(Some(Sample::stratified(dataset.test.labels(), count, seed))),
        _ => Ok(None),
    }
}

/// The test images of a sample, or all.
pub fn test_set<'a>(dataset: &'a Dataset, sample: Option<&'a Sample>, context: &'a Context) -> TestSet<'a> {
    TestSet {
        split: &dataset.test,
        shape: dataset.shape,
        chosen: sample.map_or(Chosen::ALL, Chosen::Sample),
        device: &context.device,
    }
}
