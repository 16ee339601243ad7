use std::path::Path;

use doubleback::evaluate::{ExplainedClass, Explanations, Sample};
use doubleback::explain::{ExplainOption, ExplainSpec};
use doubleback::faithfulness::MetricSpec;
use doubleback::nn::Classifier;
use doubleback_experiments::RunRecord;
use doubleback_experiments::explanations::{MethodMaps, Outcome, Request, Subject};
use doubleback_report::{write_explanation_page, write_explanations};
use serde_json::Map;

use super::{explain_text, models};
use crate::args::{ExplainArgs, repeated_arguments};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::interrupt;
use crate::output;

/// Explains images.
pub fn run(args: &ExplainArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    let specs = specs(args)?;
    check_twice("--metric", &args.metric)?;
    let names = names(args)?;
    let metrics: Vec<MetricSpec> = args
        .metric
        .iter()
        .map(|name| MetricSpec::named(name))
        .collect::<doubleback::Result<_>>()?;
    let files = args.map_files();
    if let Some(out) = &args.out {
        output::check_ending(out, "npz")?;
    }
    files.iter().flatten().try_for_each(|file| output::check_file(file))?;
    let folders = [&args.png, &args.report];
    folders
        .into_iter()
        .flatten()
        .try_for_each(|folder| output::check_new_folder(folder))?;
    let dataset = match specs.iter().any(|spec| spec.background().is_some()) {
        true => context.load(&args.dataset)?,
        false => context.load_test(&args.dataset)?,
    };
    let paths: Vec<&Path> = args.models.iter().map(|model| model.path.as_path()).collect();
    let (loaded, dataset) = models::load_all(&paths, &args.import, dataset, context)?;
    ExplainedClass::named(&args.target, &dataset.classes)?;
    let drawn = models::sample(&dataset, args.count, args.sample_seed)?;
    let chosen = match args.index.is_empty() {
        true => None,
        false => Some(Sample::at(args.index.iter().copied(), dataset.test.len())?),
    };
    let test = models::test_set(&dataset, chosen.as_ref().or(drawn.as_ref()), context);
    let notes: Vec<&[String]> = loaded
        .iter()
        .map(|model| {
            model
                .source
                .as_ref()
                .map(|source| source.notes.as_slice())
                .unwrap_or_default()
        })
        .collect();
    let subjects: Vec<Subject<'_>> = names
        .iter()
        .zip(&paths)
        .zip(loaded.iter().zip(notes))
        .map(|((name, file), (model, notes))| Subject {
            name,
            file,
            network: &model.network,
            notes,
        })
        .collect();
    let mut arguments = args.import.options(None).arguments();
    arguments.extend(repeated_arguments(&context.data, context.device_name));
    let request = Request {
        models: &subjects,
        dataset_name: &args.dataset,
        dataset: &dataset,
        test,
        sample_seed: drawn.as_ref().map(Sample::seed),
        target: &args.target,
        methods: &specs,
        metrics: &metrics,
        internal_batch: args.internal_batch.try_into()?,
        run: RunRecord::here(&context.device_name.to_string(), context.threads),
        arguments,
    };
    let mut outcome = request.run(&mut context.reporter()).map_err(interrupt::nothing_kept)?;
    save_arrays(&mut outcome, args)?;
    let bounds = subjects.first().map_or(dataset.bounds, |model| model.network.bounds());
    if let Some(folder) = &args.png {
        let names = args.map_names();
        let maps = outcome.maps.iter().flatten().map(MethodMaps::at_image_size);
        let pictures: Vec<(&str, &Explanations)> = names.iter().flatten().map(String::as_str).zip(maps).collect();
        write_explanations(folder, &test, bounds, &pictures)?;
    }
    if let Some(folder) = &args.report {
        outcome.results.save(folder)?;
        write_explanation_page(&outcome, &test, bounds, folder)?;
    }
    let text = explain_text::readable(&outcome.results, args);
    let imported: Option<serde_json::Value> = match loaded.as_slice() {
        [one] => one.source.as_ref().map(json).transpose()?,
        several => models::sources(names.iter().zip(several))
            .as_ref()
            .map(json)
            .transpose()?,
    };
    let with_import = models::WithImport {
        results: &outcome.results,
        import: imported,
    };
    context.results(&with_import, args.json.as_ref(), &text)
}

fn json(value: &impl serde::Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Failure::Ours(format!("cannot write the results as JSON: {e}")))
}

/// Writes the arrays, each method's of each model in its file, and notes where.
fn save_arrays(outcome: &mut Outcome, args: &ExplainArgs) -> Result<()> {
    let models = outcome.results.models.0.iter_mut().zip(&outcome.maps);
    for ((model, maps), files) in models.zip(args.map_files()) {
        for ((method, maps), file) in model.methods.iter_mut().zip(maps).zip(files) {
            output::make_parent(&file)?;
            maps.own.save(&file)?;
            method.file = Some(file);
        }
    }
    Ok(())
}

/// Names of the models. With names of methods behind them they must still be told apart.
fn names(args: &ExplainArgs) -> Result<Vec<String>> {
    let names = args.names()?;
    let all: Vec<String> = args.map_names().into_iter().flatten().collect();
    match all
        .iter()
        .enumerate()
        .find(|(place, name)| all[..*place].contains(name))
    {
        Some((_, name)) => Err(Failure::Input(format!(
            "`--model`: {name} would be the maps of two models. Give one of them another name, as in NAME=FILE"
        ))),
        None => Ok(names),
    }
}

pub(super) fn check_twice(option: &str, names: &[&str]) -> Result<()> {
    match names
        .iter()
        .enumerate()
        .find(|(place, name)| names[..*place].contains(name))
    {
        Some((_, name)) => Err(Failure::Input(format!(
            "`{option}`: {name} is given twice. Give it once"
        ))),
        None => Ok(()),
    }
}

/// The methods with their options. Of several, each gets those that it has; one that none has is refused.
fn specs(args: &ExplainArgs) -> Result<Vec<ExplainSpec>> {
    check_twice("--method", &args.method)?;
    for option in ExplainOption::all() {
        let having = ExplainSpec::having(option);
        if args.given.0.contains_key(&option.name()) && !args.method.iter().any(|method| having.contains(method)) {
            return Err(Failure::Input(format!(
                "`--{}`: {} does not have it. Leave it out, or explain by {}",
                option.flag,
                args.method.join(", "),
                having.join(", ")
            )));
        }
    }
    let spec = |&method: &&str| {
        let own = ExplainSpec::named(method)?.options()?;
        let given = args.given.0.iter().filter(|(option, _)| own.contains_key(*option));
        let given: Map<_, _> = given.map(|(option, value)| (option.clone(), value.clone())).collect();
        Ok(ExplainSpec::with_options(method, &given)?)
    };
    args.method.iter().map(spec).collect()
}
