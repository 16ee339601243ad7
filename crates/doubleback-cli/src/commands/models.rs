//! What commands that take models share.

use std::collections::BTreeMap;
use std::path::Path;

use doubleback::attack::Attack;
use doubleback::data::Dataset;
use doubleback::evaluate::{self, Chosen, FileModel, Sample, TestSet};
use doubleback::nn::{Classifier, ModelCard, Network, card};
use doubleback_import::{Imported, Options, Source, is_ours};
use serde::Serialize;

use crate::args::ModelOptions;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::memory;

/// A model from a file of any kind.
pub struct Model {
    /// The network.
    pub network: Network,
    /// What the file says of it.
    pub card: ModelCard,
    /// Where it comes from, if it was not made by this program.
    pub source: Option<Source>,
}

impl Model {
    fn of(imported: Imported, path: &Path) -> Self {
        for note in imported.source.iter().flat_map(|source| &source.notes) {
            tracing::warn!("{}: {note}", path.display());
        }
        Self {
            network: imported.network,
            card: imported.card,
            source: imported.source,
        }
    }

    fn with_path<'a>(&'a self, path: &'a Path) -> FileModel<'a> {
        FileModel {
            path,
            model: &self.network,
            card: &self.card,
        }
    }
}

/// Results, and what the models were imported from.
#[derive(Serialize)]
pub struct WithImport<'a, R, I> {
    /// Results.
    #[serde(flatten)]
    pub results: &'a R,
    /// What they were imported from; left out if they were made by this program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<I>,
}

/// What models were imported from, by the names that results call them by; nothing if all are of this program.
pub fn sources<'a>(models: impl IntoIterator<Item = (&'a String, &'a Model)>) -> Option<BTreeMap<String, Source>> {
    let imported = models.into_iter();
    let found: BTreeMap<String, Source> = imported
        .filter_map(|(name, model)| Some((name.clone(), model.source.clone()?)))
        .collect();
    (!found.is_empty()).then_some(found)
}

/// Reads a model for images of `size`, rows and columns, where its file leaves that open; what was made of it is said.
pub fn open(path: &Path, options: &ModelOptions, size: Option<[usize; 2]>, context: &Context) -> Result<Model> {
    open_with(path, &options.options(size), context)
}

fn open_with(path: &Path, options: &Options, context: &Context) -> Result<Model> {
    let imported = context.during(&format!("reading {}", path.display()), || {
        memory::given_back(|| doubleback_import::open(path, options, &context.device))
    });
    Ok(Model::of(imported?, path))
}

/// A model that fits a data set, and the data set with its classes in the model's order.
pub fn load(path: &Path, options: &ModelOptions, dataset: Dataset, context: &Context) -> Result<(Model, Dataset)> {
    let model = open(path, options, size(&dataset), context)?;
    let dataset = fit(&[model.with_path(path)], dataset)?;
    Ok((model, dataset))
}

/// Models that fit a data set, and the data set with its classes in their order.
pub fn load_all(
    paths: &[&Path],
    options: &ModelOptions,
    dataset: Dataset,
    context: &Context,
) -> Result<(Vec<Model>, Dataset)> {
    let options = options.options(size(&dataset));
    let read = paths
        .iter()
        .map(|path| open_with(path, &of_one(path, paths, &options), context));
    let read = read.collect::<Result<Vec<Model>>>()?;
    let models: Vec<FileModel<'_>> = paths
        .iter()
        .zip(&read)
        .map(|(&path, model)| model.with_path(path))
        .collect();
    let dataset = fit(&models, dataset)?;
    Ok((read, dataset))
}

/// The options for one of several models: those of this program need none, if there are others that the options can be meant for.
pub fn of_one(path: &Path, paths: &[&Path], options: &Options) -> Options {
    let others = paths.iter().any(|path| !is_ours(path));
    match others && is_ours(path) {
        true => Options {
            size: options.size,
            ..Options::default()
        },
        false => options.clone(),
    }
}

/// Rows and columns of the images of a data set.
pub fn size(dataset: &Dataset) -> Option<[usize; 2]> {
    Some([dataset.shape.height, dataset.shape.width])
}

/// The data set with its classes in the order of models that fit it; what to know of that is said.
pub fn fit(models: &[FileModel<'_>], dataset: Dataset) -> Result<Dataset> {
    let fitted = evaluate::fit(models, dataset)?;
    for note in &fitted.notes {
        tracing::warn!("{note}");
    }
    Ok(fitted.dataset)
}

/// Images without labels, whose classes are the model's: whether they are of its scale.
pub fn fit_unlabelled(model: &Model, path: &Path, dataset: Dataset) -> Result<Dataset> {
    let mut card = model.card.clone();
    card::set_classes(&mut card, &dataset.classes);
    let model = FileModel {
        card: &card,
        ..model.with_path(path)
    };
    fit(&[model], dataset)
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
