//! Charts of training curves, as Figures 7 and 8 draw them.

use doubleback::train::CurvePoint;

use crate::format::{self, percent, scientific, short};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style};

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
        value: |point| known(point.gradient_norm),
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
        value: |point| known(point.validation_accuracy),
        kind: Kind::Share,
    },
    Quantity {
        title: "Validation accuracy, FGSM",
        axis: "accuracy (%)",
        value: |point| known(point.validation_fgsm_accuracy),
        kind: Kind::Share,
    },
];

/// What is drawn as nothing where there were no validation images to measure it on.
pub fn known(value: Option<f64>) -> f64 {
    value.unwrap_or(f64::NAN)
}

/// Curves of training under a common set of quantities, each with its color and name.
pub struct Curve<'a> {
    pub slot: usize,
    pub name: String,
    pub points: &'a [CurvePoint],
}

/// What the quantities are.
pub fn how_to_read(curves: &[Curve]) -> String {
    let eps = fgsm_eps(curves).map_or(String::new(), |eps| {
        format!(", FGSM at ε\u{a0}=\u{a0}{} with the model's own gradients", short(eps))
    });
    format!(
        "The objective, cross-entropy and training accuracy are means over the batches since the last point; the rest is measured on validation \
         images{eps}. Losses and norms are on logarithmic axes; those of accuracy start where the first tenth of the training ends."
    )
}

fn fgsm_eps(curves: &[Curve]) -> Option<f64> {
    let mut sizes = curves.iter().flat_map(|curve| curve.points).map(|point| point.fgsm_eps);
    sizes.find(|eps| eps.is_finite())
}

/// A chart of each quantity.
pub fn panels(curves: &[Curve]) -> Vec<Panel> {
    let eps = fgsm_eps(curves);
    QUANTITIES.iter().map(|quantity| chart(curves, quantity, eps)).collect()
}

fn chart(curves: &[Curve], quantity: &Quantity, eps: Option<f64>) -> Panel {
    let points = || curves.iter().flat_map(|curve| curve.points);
    let last = points().map(|point| point.step).max().unwrap_or(1);
    let y = match quantity.kind {
        Kind::Logarithmic => Axis::log10_around(quantity.axis, points().map(quantity.value)),
        Kind::Share => Axis::percent(quantity.axis, lowest(curves, quantity, last), 1.0),
    };
    let lines: Vec<Line> = curves.iter().map(|curve| line(curve, quantity, &y)).collect();
    let ends: Vec<String> = lines
        .iter()
        .filter_map(|line| line.points.last().map(|end| format!("{} {}", line.name, end.text.1)))
        .collect();
    let title = match eps {
        Some(eps) if quantity.title.ends_with("FGSM") => format!("{} at ε\u{a0}=\u{a0}{}", quantity.title, short(eps)),
        _ => quantity.title.to_owned(),
    };
    let chart = LineChart {
        x: Axis::linear("optimizer steps", 0.0, last as f64),
        y,
        head: "step",
        description: format!("{title} by optimizer steps; at the end: {}.", ends.join(", ")),
        lines,
        rules: Vec::new(),
    };
    Panel::new(title, chart.draw())
}

/// Where an axis of accuracy starts: below all but the first tenth of the training, which would squeeze the rest together.
fn lowest(curves: &[Curve], quantity: &Quantity, last: usize) -> f64 {
    let late = curves
        .iter()
        .flat_map(|curve| curve.points)
        .filter(|point| point.step * 10 >= last);
    let low = late
        .map(quantity.value)
        .filter(|value| value.is_finite())
        .fold(0.9, f64::min);
    (low * 10.0).floor().max(0.0) / 10.0
}

fn line(curve: &Curve, quantity: &Quantity, axis: &Axis) -> Line {
    let points = curve.points;
    let every = points.len().div_ceil(POINTS).max(1);
    let last = points.len().saturating_sub(1);
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
            look: Look::Plain,
        }
    };
    let kept = points
        .iter()
        .enumerate()
        .filter(|(index, _)| index % every == 0 || *index == last);
    Line {
        slot: curve.slot,
        name: curve.name.clone(),
        style: Style::Ours,
        points: kept.map(|(_, one)| point(one)).collect(),
    }
}
