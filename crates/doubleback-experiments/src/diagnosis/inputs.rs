//! What a diagnosis is of, checked before it begins.

use super::model_file::ModelFile;
use super::options::Options;
use super::oracle::check_oracle;
use crate::run_folder::described;
use doubleback::attack::{Attack, check_eps};
use doubleback::data::Dataset;
use doubleback::nn::{Classifier, Staged, stage_indices};
use doubleback::{Error, Result};

/// Everything that can be wrong before work begins; the stages to study of each model.
pub(super) fn check(
    dataset: &Dataset,
    models: &[ModelFile],
    oracle: &[ModelFile],
    options: &Options,
    attack: &Attack,
) -> Result<Vec<Vec<usize>>> {
    if models.is_empty() {
        return Err(Error::value("models", "at least one", 0));
    }
    for (place, model) in models.iter().enumerate() {
        if models[..place].iter().any(|other| other.name == model.name) {
            let expected = "the name of one model alone, and results go by it. Rename a file";
            return Err(Error::value("model", expected, &model.name));
        }
        let network = &model.network;
        if (network.shape(), network.classes()) != (dataset.shape, dataset.classes.len()) {
            let expected = format!("images of {} and {} classes", dataset.shape, dataset.classes.len());
            let found = format!("images of {} and {} classes", network.shape(), network.classes());
            return Err(Error::Shape {
                what: format!("model `{}`", model.name),
                expected,
                found,
            });
        }
        for oracle in oracle {
            check_oracle(&oracle.network, network)?;
        }
        if let (true, Some(eps)) = (attack.takes_eps(), options.eps) {
            check_eps(&[eps], network)?;
        }
    }
    if let (false, Some(eps)) = (attack.takes_eps(), options.eps) {
        return Err(attack.refuse_eps(eps));
    }
    if options.eps.is_some_and(|eps| eps <= 0.0) {
        return Err(Error::value(
            "eps",
            "above 0, or nothing would be attacked",
            options.eps.unwrap_or(0.0),
        ));
    }
    options.budget.check()?;
    for (name, split) in [("test images", &dataset.test), ("training images", &dataset.train)] {
        if split.is_empty() {
            return Err(Error::value(name, "at least one", 0));
        }
    }
    options.gan().check()?;
    models
        .iter()
        .map(|model| studied(&model.network, &options.layers))
        .collect()
}

/// Indices of the stages to study: the first, the last and those asked for.
fn studied(model: &dyn Staged, layers: &[String]) -> Result<Vec<usize>> {
    let last = model.stages().len() - 1;
    if layers.is_empty() {
        return Ok((0..=last).collect());
    }
    let mut stages = stage_indices(model, layers)?;
    stages.extend([0, last]);
    stages.sort_unstable();
    stages.dedup();
    Ok(stages)
}

/// What the run depends on.
pub(super) fn settings(dataset: &Dataset, models: &[ModelFile], oracle: &[ModelFile], options: &Options) -> String {
    let short = |model: &ModelFile| format!("{} {}", model.name, &model.sha256[..12]);
    let models: Vec<String> = models.iter().map(short).collect();
    let layers = match options.layers.is_empty() {
        true => "all layers".to_owned(),
        false => options.layers.join("/"),
    };
    let budget = &options.budget;
    format!(
        "{}{} of {}, {}, {} images{}, {} draws, {}/{}/{} steps, {layers}, seed {}, oracle {}",
        options.attack,
        options.eps.map(|eps| format!(" eps {eps}")).unwrap_or_default(),
        models.join("/"),
        described(dataset),
        options.count(&dataset.test),
        options
            .sample
            .as_ref()
            .map(|sample| format!(" drawn by seed {}", sample.seed()))
            .unwrap_or_default(),
        budget.draws,
        budget.oracle_steps,
        budget.generator_steps,
        budget.reader_steps,
        options.seed,
        match oracle {
            [] => "trained".to_owned(),
            given => given.iter().map(short).collect::<Vec<_>>().join("/"),
        }
    )
}
