//! The model that a training begins with.

use std::path::Path;

use doubleback::data::Dataset;
use doubleback::train::StartingPoint;
use doubleback_import::{Source, lasting_facts};

use super::models::{self, Model};
use crate::args::{ModelOptions, TrainArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};

/// A network to begin with, and what it was imported from, if it was not made by this program.
type Start = (StartingPoint, Option<Source>);

/// The model that was given to begin with, if one was, and the data set with its classes in the model's order.
pub fn start(args: &TrainArgs, dataset: Dataset, context: &Context) -> Result<(Option<Start>, Dataset)> {
    check(args)?;
    let Some(path) = &args.fine_tune.from else {
        return Ok((None, dataset));
    };
    let options = ModelOptions {
        arch: args.arch.clone(),
        import: args.import.clone(),
    };
    let (model, dataset) = match args.fine_tune.new_head {
        false => models::load(path, &options, dataset, context)?,
        true => {
            let model = models::open(path, &options, models::size(&dataset), context)?;
            let network = model.network.with_new_head(dataset.classes.len(), args.seed)?;
            let model = Model { network, ..model };
            let dataset = models::fit_unlabelled(&model, path, dataset)?;
            (model, dataset)
        }
    };
    let facts = lasting_facts(&model.card);
    let start = StartingPoint::new(model.network, name(path))?.with_facts(facts);
    Ok((Some((start, model.source)), dataset))
}

/// Refuses options that one way to begin has no use for.
fn check(args: &TrainArgs) -> Result<()> {
    let without = args.import.options(None);
    let given: Vec<(&str, bool)> = match &args.fine_tune.from {
        Some(_) => vec![
            ("--pool", args.pool.is_some()),
            ("--activation", args.activation.is_some()),
            ("--local-contrast", args.local_contrast.is_some()),
        ],
        None => without.given().into_iter().map(|name| (name, true)).collect(),
    };
    match (given.iter().find(|(_, given)| *given), &args.fine_tune.from) {
        (None, _) => Ok(()),
        (Some((option, _)), Some(path)) => Err(Failure::Input(format!(
            "`{option}`: {} says its layers itself. Leave it out",
            path.display()
        ))),
        (Some((option, _)), None) => Err(Failure::Input(format!(
            "`{option}` is said of a model of another program, and none is given. Leave it out, or give `--from MODEL`"
        ))),
    }
}

/// A file without its folders.
fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}
