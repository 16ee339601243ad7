use maud::html;

use super::training_charts::{Curve, how_to_read, known, panels};
use crate::format::{percent, scientific};
use crate::page::{Content, Entry, Group, Table};
use crate::reproduction::context::Context;
use doubleback_experiments::reproduce::model_names::{ADVTRAIN, DOUBLEBACK, NORMAL};

/// Figure 8.
pub fn training(context: &Context) -> Result<Content, String> {
    let curves = ordered(context);
    if curves.is_empty() {
        return Err("No training curves were recorded in this run.".to_owned());
    }
    let mut values = Table::new(&COLUMNS);
    for curve in &curves {
        values.append(curve_values(curve, "", None));
    }
    Ok(Content {
        reading: reading(&curves),
        groups: vec![Group {
            heading: None,
            legend: curves
                .iter()
                .map(|curve| Entry::ours(curve.slot, curve.name.clone()))
                .collect(),
            panels: panels(&curves),
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: format!(
            "Training of each model by optimizer steps. {} Objectives of different defenses are different functions: compare their \
                          course, not their height.",
            how_to_read(&curves)
        ),
        details: html! {},
        values,
    })
}

fn reading(curves: &[Curve]) -> String {
    let ends: Vec<String> = curves
        .iter()
        .filter(|curve| [NORMAL, ADVTRAIN, DOUBLEBACK].contains(&curve.name.as_str()))
        .filter_map(|curve| curve.points.last().map(|end| (curve, end)))
        .map(|(curve, end)| {
            let (norm, fgsm, clean) = (
                scientific(known(end.gradient_norm)),
                percent(known(end.validation_fgsm_accuracy)),
                percent(known(end.validation_accuracy)),
            );
            format!("{} {norm}, {clean} clean, {fgsm} under FGSM", curve.name)
        })
        .collect();
    if ends.is_empty() {
        String::new()
    } else {
        format!(
            "At the end of training, mean gradient norm and validation accuracy: {}.",
            ends.join("; ")
        )
    }
}

/// Columns of [`curve_values`].
pub const COLUMNS: [&str; 10] = [
    "defense",
    "lambda",
    "step",
    "loss",
    "cross_entropy",
    "accuracy",
    "validation_accuracy",
    "validation_fgsm_accuracy",
    "fgsm_eps",
    "gradient_norm",
];

/// Every point of a curve.
pub fn curve_values(curve: &Curve, defense: &str, lambda: Option<f64>) -> Table {
    let mut table = Table::new(&COLUMNS);
    for point in curve.points {
        table.row([
            if defense.is_empty() {
                curve.name.clone()
            } else {
                defense.to_owned()
            }
            .into(),
            lambda.into(),
            point.step.into(),
            point.loss.into(),
            point.cross_entropy.into(),
            point.accuracy.into(),
            point.validation_accuracy.into(),
            point.validation_fgsm_accuracy.into(),
            point.fgsm_eps.into(),
            point.gradient_norm.into(),
        ]);
    }
    table
}

/// The curves that have points: models in the order of the run, then others such as teachers.
fn ordered<'a>(context: &Context<'a>) -> Vec<Curve<'a>> {
    let curves = &context.results.curves;
    let others = curves
        .keys()
        .map(String::as_str)
        .filter(|name| !context.models().any(|model| model == *name));
    context
        .models()
        .chain(others)
        .filter_map(|name| Some((name, curves.get(name)?.as_slice())))
        .filter(|(_, points)| !points.is_empty())
        .map(|(name, points)| Curve {
            slot: context.slots.of(name),
            name: name.to_owned(),
            points,
        })
        .collect()
}
