//! What was explained and measured, as text that fits a terminal.

use doubleback::evaluate::GapSummary;
use doubleback_experiments::explanations::{ExplainResults, MetricResults, ModelResults};

use crate::args::ExplainArgs;
use crate::output::{self, grouped, short, table};

/// A table of the methods, what they are, their metrics, and where everything was written.
pub fn readable(found: &ExplainResults, args: &ExplainArgs) -> String {
    let target = match found.target.as_str() {
        "true" => "the true class".to_owned(),
        "predicted" => "the predicted class".to_owned(),
        class => format!("class {class}"),
    };
    let several = found.models.several();
    let explained = format!(
        "speaks for {target} of {} test images of {}{}",
        grouped(found.count),
        found.dataset,
        super::attacks::drawn(found.sample_seed)
    );
    let mut text = String::new();
    for (place, model) in found.models.iter().enumerate() {
        text += &match (several, place) {
            (false, _) => output::sentences(&format!("{}: ", model.model), &format!("what {explained}")) + "\n",
            (true, 0) => output::sentences("", &format!("What {explained}")) + &format!("\n{}\n\n", model.model),
            (true, _) => format!("{}\n\n", model.model),
        };
        text += &format!("{}\n", methods(model));
    }
    let first = found.models.iter().next();
    for method in first.iter().flat_map(|model| &model.methods) {
        text += &output::sentences(&format!("{}: ", method.spec.name()), &format!("{}.", method.settings));
    }
    text += &warnings(found);
    text += &metrics(found);
    for method in found.models.iter().flat_map(|model| &model.methods) {
        if let Some(file) = &method.file {
            text += &format!("Arrays: {}\n", file.display());
        }
    }
    if let Some(folder) = &args.png {
        text += &format!("Pictures: {}\n", folder.display());
    }
    if let Some(folder) = &args.report {
        text += &format!("Report: {}\n", folder.join("report.html").display());
    }
    text
}

fn methods(model: &ModelResults) -> String {
    let rows: Vec<Vec<String>> = model
        .methods
        .iter()
        .map(|method| {
            let gap = |of: fn(&GapSummary) -> f64| method.summary.gap.as_ref().map(|gap| short(of(gap)));
            vec![
                method.spec.name().to_owned(),
                short(method.summary.mean_magnitude),
                short(method.summary.greatest_magnitude),
                gap(|gap| gap.mean).unwrap_or_default(),
                gap(|gap| gap.greatest).unwrap_or_default(),
                format!("{:.2}", method.seconds),
            ]
        })
        .collect();
    let header = ["method", "mean |value|", "greatest", "mean gap", "greatest", "seconds"];
    table(&header, &rows)
}

fn warnings(found: &ExplainResults) -> String {
    let mut text = String::new();
    for model in found.models.iter() {
        for method in model.methods.iter().filter(|method| method.summary.zero_images > 0) {
            let said = format!(
                "{}{} says nothing of {} images: all values are exactly zero.",
                method.spec.name(),
                on(found, model),
                grouped(method.summary.zero_images)
            );
            text += &output::sentences("WARNING: ", &said);
        }
    }
    text
}

/// ` on normal`, where there are several models.
fn on(found: &ExplainResults, model: &ModelResults) -> String {
    match found.models.several() {
        true => format!(" on {}", model.model),
        false => String::new(),
    }
}

/// A table each metric: methods in rows, models in columns.
fn metrics(found: &ExplainResults) -> String {
    let Some(first) = found.models.iter().next() else {
        return String::new();
    };
    let measured = first
        .methods
        .first()
        .map(|method| method.metrics.as_slice())
        .unwrap_or_default();
    let names: Vec<String> = found.models.iter().map(|model| model.model.clone()).collect();
    let names = output::short_names(&names);
    let header: Vec<&str> = match found.models.several() {
        true => ["method"].into_iter().chain(names.iter().map(String::as_str)).collect(),
        false => vec!["method", "mean (95 % interval)"],
    };
    let mut text = String::new();
    for (place, metric) in measured.iter().enumerate() {
        let about = format!(
            "{} ({}; {})",
            metric.question,
            metric.units,
            metric.direction.in_words()
        );
        text += &format!("\n{}", output::sentences(&format!("{}: ", metric.spec.name()), &about));
        let rows: Vec<Vec<String>> = (0..first.methods.len())
            .map(|number| {
                let of_model = |model: &ModelResults| Some(cell(model.methods.get(number)?.metrics.get(place)?));
                let cells = found.models.iter().map(|model| of_model(model).unwrap_or_default());
                [first.methods[number].spec.name().to_owned()]
                    .into_iter()
                    .chain(cells)
                    .collect()
            })
            .collect();
        text += &format!("\n{}", table(&header, &rows));
        text += &lacks(found, place);
    }
    if !text.is_empty() {
        text += "\n";
    }
    text
}

fn cell(metric: &MetricResults) -> String {
    match (metric.mean, metric.interval) {
        (Some(mean), Some([low, high])) => format!("{} ({} to {})", short(mean), short(low), short(high)),
        (Some(mean), None) => short(mean),
        (None, _) => "-".to_owned(),
    }
}

/// What of a metric could not be measured, and why.
fn lacks(found: &ExplainResults, place: usize) -> String {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for model in found.models.iter() {
        for method in &model.methods {
            let Some(metric) = method.metrics.get(place) else {
                continue;
            };
            let reason = match (&metric.not_measured, metric.undefined) {
                (Some(reason), _) => format!("not measured: {reason}."),
                (None, 0) => continue,
                (None, left_out) => format!(
                    "{} of {} images left out, where this map or all that it is compared with are zero everywhere.",
                    grouped(left_out),
                    grouped(found.count)
                ),
            };
            let name = format!("{}{}", method.spec.name(), on(found, model));
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name),
                None => reasons.push((reason, vec![name])),
            }
        }
    }
    let sentences = reasons
        .iter()
        .map(|(reason, names)| output::sentences("  ", &format!("{}: {reason}", names.join(", "))));
    sentences.collect()
}
