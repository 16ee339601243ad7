use doubleback::evaluate::CurvePoint;
use maud::{Markup, html};

use super::legend::legend;
use super::{caption, missing};
use crate::context::Context;
use crate::format::{self, percent, scientific, short};
use crate::svg::{Axis, Line, LineChart, Point, Style, panel};

/// More points than this on a line cannot be told apart at this size.
const POINTS: usize = 120;

struct Quantity {
    title: &'static str,
    axis: &'static str,
    value: fn(&CurvePoint) -> f64,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Share,
    Logarithmic,
}

const QUANTITIES: [Quantity; 6] = [
    Quantity {
        title: "Training objective",
        axis: "loss with penalty",
        value: |point| point.loss,
        kind: Kind::Logarithmic,
    },
    Quantity {
        title: "Training cross-entropy",
        axis: "nats",
        value: |point| point.cross_entropy,
        kind: Kind::Logarithmic,
    },
    Quantity {
        title: "Gradient norm, validation",
        axis: "mean ‖∇x CE‖₂",
        value: |point| point.gradient_norm,
        kind: Kind::Logarithmic,
    },
    Quantity {
        title: "Training accuracy",
        axis: "accuracy (%)",
        value: |point| point.accuracy,
        kind: Kind::Share,
    },
    Quantity {
        title: "Validation accuracy, clean",
        axis: "accuracy (%)",
        value: |point| point.validation_accuracy,
        kind: Kind::Share,
    },
    Quantity {
        title: "Validation accuracy, FGSM",
        axis: "accuracy (%)",
        value: |point| point.validation_fgsm_accuracy,
        kind: Kind::Share,
    },
];

pub fn body(context: &Context) -> Markup {
    let curves = ordered(context);
    if curves.is_empty() {
        return missing("No training curves were recorded in this run.");
    }
    let eps = curves
        .iter()
        .flat_map(|(_, points)| points.iter())
        .map(|point| point.fgsm_eps)
        .find(|eps| eps.is_finite());
    html! {
        figure.group {
            (legend(context, curves.iter().map(|(model, _)| *model), false))
            div.charts {
                @for quantity in &QUANTITIES { (chart(context, &curves, quantity, eps)) }
            }
            (caption(Some("Figures 7 and 8 of the paper"), &html! {
                "Training of each model by optimizer steps. The objective, cross-entropy and training accuracy are means over the batches since the last point; "
                "the rest is measured on validation images"
                @if let Some(eps) = eps { ", FGSM at ε\u{a0}=\u{a0}" (short(eps)) " with the model's own gradients" }
                ". Losses and norms are on logarithmic axes; those of accuracy start where the first tenth of the training ends. Objectives of different defenses are different functions: compare their course, not their height."
            }))
        }
    }
}

/// The curves that have points: models in the order of the run, then others such as teachers.
fn ordered<'a>(context: &Context<'a>) -> Vec<(&'a str, &'a [CurvePoint])> {
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
        .collect()
}

fn chart(context: &Context, curves: &[(&str, &[CurvePoint])], quantity: &Quantity, eps: Option<f64>) -> Markup {
    let last = curves
        .iter()
        .flat_map(|(_, points)| points.iter())
        .map(|point| point.step)
        .max()
        .unwrap_or(1);
    let values = curves.iter().flat_map(|(_, points)| points.iter()).map(quantity.value);
    let y = match quantity.kind {
        Kind::Logarithmic => Axis::log10_around(quantity.axis, values),
        Kind::Share => Axis::percent(quantity.axis, lowest(curves, quantity, last), 1.0),
    };
    let lines: Vec<Line> = curves
        .iter()
        .map(|(model, points)| line(context, model, points, quantity, &y))
        .collect();
    let ends: Vec<String> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|end| format!("{} {}", line.name, end.text.1)))
        .collect();
    let title = match eps {
        Some(eps) if quantity.title.ends_with("FGSM") => format!("{} at ε\u{a0}=\u{a0}{}", quantity.title, short(eps)),
        _ => quantity.title.to_owned(),
    };
    panel(
        &html! { (title) },
        None,
        &LineChart {
            x: Axis::linear("optimizer steps", 0.0, last as f64),
            y,
            head: "step",
            description: format!("{title} by optimizer steps; at the end: {}.", ends.join(", ")),
            lines,
        }
        .render(),
    )
}

/// Where an axis of accuracy starts: below all but the first tenth of the training, which would squeeze the rest together.
fn lowest(curves: &[(&str, &[CurvePoint])], quantity: &Quantity, last: usize) -> f64 {
    let late = curves
        .iter()
        .flat_map(|(_, points)| points.iter())
        .filter(|point| point.step * 10 >= last);
    let low = late
        .map(quantity.value)
        .filter(|value| value.is_finite())
        .fold(0.9, f64::min);
    (low * 10.0).floor().max(0.0) / 10.0
}

fn line(context: &Context, model: &str, points: &[CurvePoint], quantity: &Quantity, axis: &Axis) -> Line {
    let every = points.len().div_ceil(POINTS).max(1);
    let last = points.len() - 1;
    let point = |point: &CurvePoint| {
        let value = (quantity.value)(point);
        let text = if quantity.kind == Kind::Share {
            percent(value)
        } else {
            scientific(value)
        };
        let y = if axis.holds(value) { value } else { f64::NAN };
        Point {
            x: point.step as f64,
            y,
            interval: None,
            text: (format::count(point.step), text),
        }
    };
    let kept = points
        .iter()
        .enumerate()
        .filter(|(index, _)| index % every == 0 || *index == last);
    Line {
        slot: context.slots.of(model),
        name: model.to_owned(),
        style: Style::Ours,
        points: kept.map(|(_, one)| point(one)).collect(),
    }
}
