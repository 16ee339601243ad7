//! What commands that take models share.

use std::path::Path;

use doubleback::attack::Attack;
use doubleback::data::Dataset;
use doubleback::evaluate::{TestSet, load_fitting};
use doubleback::nn::{Classifier, Network};

use crate::context::Context;
use crate::exit::{Failure, Result};

/// A model that fits a data set.
pub fn load(path: &Path, dataset: &Dataset, context: &Context) -> Result<Network> {
    Ok(load_fitting(path, dataset, &context.device)?.0)
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
