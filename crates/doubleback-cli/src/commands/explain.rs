use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Instant;

use doubleback::evaluate::{Explain, ExplainedClass, ExplanationSummary, Explanations, Named, Sample, background};
use doubleback::explain::{ExplainOption, ExplainSpec, Given, InternalBatch, Upsampling};
use doubleback::nn::Classifier;
use doubleback_report::write_explanations;
use serde::Serialize;
use serde_json::Map;

use super::models;
use crate::args::ExplainArgs;
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::interrupt;
use crate::output::{self, grouped, table};

/// What was explained. JSON of `explain`.
#[derive(Serialize)]
struct Results {
    model: String,
    dataset: String,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_seed: Option<u64>,
    target: String,
    classes: Vec<String>,
    index: Vec<usize>,
    label: Vec<usize>,
    targets: Vec<usize>,
    methods: Vec<Explaining>,
}

/// One method.
#[derive(Serialize)]
struct Explaining {
    /// Its name and options.
    #[serde(flatten)]
    spec: ExplainSpec,
    settings: String,
    #[serde(flatten)]
    summary: ExplanationSummary,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

/// Explains images.
pub fn run(args: &ExplainArgs, context: &Context) -> Result<()> {
    output::check_json(args.json.as_ref())?;
    let specs = specs(args)?;
    let files = args.map_files();
    if let Some(out) = &args.out {
        output::check_ending(out, "npz")?;
    }
    files.iter().try_for_each(|file| output::check_file(file))?;
    if let Some(folder) = &args.png {
        output::check_new_folder(folder)?;
    }
    // One background for all, as large as the greatest that a method wants.
    let wanted: Vec<(usize, u64)> = specs.iter().filter_map(ExplainSpec::background).collect();
    let dataset = match wanted.is_empty() {
        true => context.load_test(&args.dataset)?,
        false => context.load(&args.dataset)?,
    };
    let (loaded, dataset) = models::load(&args.model, &args.import, dataset, context)?;
    let model = &loaded.network;
    let explained = ExplainedClass::named(&args.target, &dataset.classes)?;
    let drawn = models::sample(&dataset, args.count, args.sample_seed)?;
    let chosen = match args.index.is_empty() {
        true => None,
        false => Some(Sample::at(args.index.iter().copied(), dataset.test.len())?),
    };
    let test = models::test_set(&dataset, chosen.as_ref().or(drawn.as_ref()), context);
    let internal_batch: InternalBatch = args.internal_batch.try_into()?;

    let name = args.model.display().to_string();
    let named = Named { name: &name, model };
    let (mut found, mut methods) = (Vec::new(), Vec::new());
    for (place, spec) in specs.into_iter().enumerate() {
        let given = Given {
            internal_batch,
            background: match spec.background() {
                Some((count, seed)) => Some(background(&dataset, count, seed, &context.device)?),
                None => None,
            },
        };
        let method = spec.explainer(&given)?;
        let asked = Explain {
            method: &method,
            name: spec.name(),
            explained,
            internal_batch,
        };
        let begun = Instant::now();
        let explanations = Explanations::of(&named, &test, &dataset.classes, asked, &mut context.reporter());
        let explanations = explanations.map_err(interrupt::nothing_kept)?;
        methods.push(Explaining {
            settings: spec.in_words(),
            summary: explanations.summary(),
            seconds: begun.elapsed().as_secs_f64(),
            file: files.get(place).cloned(),
            spec,
        });
        found.push(explanations);
    }
    for (file, explanations) in files.iter().zip(&found) {
        output::make_parent(file)?;
        explanations.save(file)?;
    }
    if let Some(folder) = &args.png {
        // Maps of a layer, as large as the images.
        let size = [test.shape.height, test.shape.width];
        let drawn = found
            .iter()
            .map(|map| match [map.shape.height, map.shape.width] == size {
                true => Ok(Cow::Borrowed(map)),
                false => map.resized(size, Upsampling::Bilinear, &context.device).map(Cow::Owned),
            });
        let drawn: Vec<Cow<'_, Explanations>> = drawn.collect::<doubleback::Result<_>>()?;
        let drawn = drawn.iter().map(AsRef::as_ref);
        let pictures: Vec<(&str, &Explanations)> = args.method.iter().copied().zip(drawn).collect();
        write_explanations(folder, &test, model.bounds(), &pictures)?;
    }
    let first = found.into_iter().next();
    let first = first.ok_or_else(|| Failure::Input("`--method`: none is given. Give one".to_owned()))?;
    let results = Results {
        model: name,
        dataset: args.dataset.clone(),
        count: first.len(),
        sample_seed: drawn.as_ref().map(Sample::seed),
        target: args.target.clone(),
        classes: first.classes,
        index: first.index,
        label: first.label,
        targets: first.target,
        methods,
    };
    let text = readable(&results, args);
    let json = models::WithImport {
        results: &results,
        import: loaded.source,
    };
    context.results(&json, args.json.as_ref(), &text)
}

/// The methods with their options. Of several, each gets those that it has; one that none has is refused.
fn specs(args: &ExplainArgs) -> Result<Vec<ExplainSpec>> {
    for (place, method) in args.method.iter().enumerate() {
        if args.method[..place].contains(method) {
            return Err(Failure::Input(format!(
                "`--method`: {method} is given twice. Give it once"
            )));
        }
    }
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

fn readable(found: &Results, args: &ExplainArgs) -> String {
    let number = |value: f64| output::short(value);
    let rows: Vec<Vec<String>> = found
        .methods
        .iter()
        .map(|method| {
            let gap = |of: fn(&doubleback::evaluate::GapSummary) -> f64| {
                method
                    .summary
                    .gap
                    .as_ref()
                    .map_or_else(String::new, |gap| number(of(gap)))
            };
            vec![
                method.spec.name().to_owned(),
                number(method.summary.mean_magnitude),
                number(method.summary.greatest_magnitude),
                gap(|gap| gap.mean),
                gap(|gap| gap.greatest),
                format!("{:.2}", method.seconds),
            ]
        })
        .collect();
    let header = ["method", "mean |value|", "greatest", "mean gap", "greatest", "seconds"];
    let target = match found.target.as_str() {
        "true" => "the true class".to_owned(),
        "predicted" => "the predicted class".to_owned(),
        class => format!("class {class}"),
    };
    let mut text = format!(
        "{}: what speaks for {target} of {} test images of {}{}\n\n{}\n",
        found.model,
        grouped(found.count),
        found.dataset,
        super::attacks::drawn(found.sample_seed),
        table(&header, &rows)
    );
    for method in &found.methods {
        text += &output::sentences(&format!("{}: ", method.spec.name()), &format!("{}.", method.settings));
        if method.summary.zero_images > 0 {
            let zero = grouped(method.summary.zero_images);
            let said = format!(
                "{} says nothing of {zero} images: all values are exactly zero.",
                method.spec.name()
            );
            text += &output::sentences("WARNING: ", &said);
        }
    }
    for file in found.methods.iter().filter_map(|method| method.file.as_ref()) {
        text += &format!("Arrays: {}\n", file.display());
    }
    if let Some(folder) = &args.png {
        text += &format!("Pictures: {}\n", folder.display());
    }
    text
}
