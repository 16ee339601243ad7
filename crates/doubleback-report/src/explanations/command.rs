//! The command that makes the same explanations again.

use doubleback::explain::{ExplainOption, ExplainSpec};
use doubleback_experiments::explanations::{ExplainResults, ModelResults};
use serde_json::Value;

use crate::shell::typed;

/// Where the page is drawn again.
const FOLDER: &str = "explanations";

/// As one types it into a shell, with everything that the numbers depend on but where the data lies.
pub fn command(results: &ExplainResults) -> String {
    let mut words: Vec<String> = ["doubleback", "explain"].map(str::to_owned).to_vec();
    for model in results.models.iter() {
        words.extend(["--model".to_owned(), given(model)]);
    }
    words.extend(results.arguments.iter().cloned());
    let methods = results
        .models
        .0
        .first()
        .map(|model| model.methods.as_slice())
        .unwrap_or_default();
    let mut give = |option: &str, value: String| words.extend([format!("--{option}"), value]);
    give("dataset", results.dataset.clone());
    give(
        "method",
        joined(methods.iter().map(|method| method.spec.name().to_owned())),
    );
    if results.target != "true" {
        give("target", results.target.clone());
    }
    if let Some(seed) = results.sample_seed {
        give("count", results.count.to_string());
        give("sample-seed", seed.to_string());
    } else if results.by_index {
        give("index", joined(results.index.iter().map(usize::to_string)));
    }
    let specs: Vec<&ExplainSpec> = methods.iter().map(|method| &method.spec).collect();
    words.extend(options(&specs));
    let metrics = methods
        .first()
        .map(|method| method.metrics.as_slice())
        .unwrap_or_default();
    if !metrics.is_empty() {
        words.extend([
            "--metric".to_owned(),
            joined(metrics.iter().map(|metric| metric.spec.name().to_owned())),
        ]);
    }
    words.extend(["--report", FOLDER].map(str::to_owned));
    typed(&words)
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(",")
}

/// `FILE`, or `NAME=FILE` where results call it by no name of its path.
fn given(model: &ModelResults) -> String {
    let file = model.model_file.display().to_string();
    let stem = model.model_file.file_stem().unwrap_or_default();
    // Names with folders in them tell apart what are files of one name.
    match model.model == file || *stem == *model.model || model.model.contains('/') {
        true => file,
        false => format!("{}={file}", model.model),
    }
}

/// Options that are not the defaults. One that several methods have was given to all of them.
fn options(specs: &[&ExplainSpec]) -> Vec<String> {
    let mut words = Vec::new();
    for option in ExplainOption::all() {
        let changed = specs.iter().find_map(|spec| {
            let value = spec.options().ok()?.remove(&option.name())?;
            let default = ExplainSpec::named(spec.name())
                .ok()?
                .options()
                .ok()?
                .remove(&option.name())?;
            (value != default).then_some(value)
        });
        let flag = format!("--{}", option.flag);
        match changed {
            None | Some(Value::Null) => {}
            Some(Value::Bool(_)) => words.push(flag),
            Some(Value::String(name)) => words.extend([flag, name]),
            Some(other) => words.extend([flag, other.to_string()]),
        }
    }
    words
}
