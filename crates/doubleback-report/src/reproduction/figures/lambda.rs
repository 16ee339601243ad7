//! Figure 9: what the weight of the penalty does to accuracy (right) and to gradients (left).

use doubleback::evaluate::TransferCell;
use doubleback::statistics::least_by;
use doubleback_experiments::SHARE_OF_NORMAL;
use doubleback_experiments::reproduce::LambdaPoint;
use maud::html;

use super::lambda_gradients;
use super::lambda_grid::{Grid, grids, weight};
use crate::eps::{distinct, same_eps};
use crate::format::{interval, percent, short};
use crate::page::{Content, Entry, Group, Table};
use crate::reproduction::context::Context;
use crate::reproduction::headline::headline;
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style};

/// An accuracy of a model, with the ends of its interval.
type Value<'a> = dyn Fn(&LambdaPoint) -> Option<(f64, f64, f64)> + 'a;

/// Slots of the three lines; models have none of them.
const CLEAN: usize = 7;
const BLACK_BOX: usize = 6;
const WHITE_BOX: usize = 8;

/// Figure 9.
pub fn lambda(context: &Context) -> Result<Content, String> {
    let grids = grids(context);
    let gradients = lambda_gradients::pictures(context);
    if grids.is_empty() && gradients.is_none() {
        return Err("This run has no grid of penalty weights. The profiles standard and paper have one.".to_owned());
    }
    let eps = attack_size(context, &grids);
    let panels: Vec<Panel> = grids.iter().map(|grid| panel(context, grid, eps)).collect();
    let (pictures, file_panels) = gradients.unwrap_or_default();
    Ok(Content {
        reading: reading(&grids, eps),
        groups: vec![Group {
            heading: (!panels.is_empty()).then(|| "Accuracy by weight of the penalty".to_owned()),
            legend: match eps {
                _ if panels.is_empty() => Vec::new(),
                Some(eps) => vec![
                    Entry::ours(CLEAN, "clean"),
                    Entry::ours(BLACK_BOX, format!("FGSM of normal, ε\u{a0}=\u{a0}{}", short(eps))),
                    Entry::ours(WHITE_BOX, format!("own FGSM, ε\u{a0}=\u{a0}{}", short(eps))),
                ],
                None => vec![Entry::ours(CLEAN, "clean")],
            },
            panels,
        }],
        pictures: html! { (pictures) },
        file_panels,
        caption: "Accuracy on test images of models trained with different weights λ per example (0: no penalty), with 95\u{a0}% Wilson intervals: \
                  clean, under FGSM examples crafted on the normal model of the grid (black-box), and under the model's own (white-box). The broken \
                  line is 97\u{a0}% of the normal model's accuracy on clean validation images; hollow markers are of models below it there, \
                  which the paper's rule excludes, and a ring marks the one it selects: of the others, that with the highest accuracy on FGSM \
                  examples of validation images. A model far below the line is over-regularized. In the pictures, blue is negative and brown \
                  positive, and each map is scaled by its own greatest magnitude."
            .to_owned(),
        details: html! {},
        values: values(&grids),
    })
}

/// The size that is drawn: of those measured, the nearest to the headline's.
fn attack_size(context: &Context, grids: &[Grid]) -> Option<f64> {
    let points = || grids.iter().flat_map(|grid| &grid.points);
    let sizes = distinct(
        points()
            .flat_map(|point| point.black_box.iter().chain(&point.white_box))
            .map(|cell| cell.eps),
    );
    let wanted = headline(context).unwrap_or(0.2);
    let positive = sizes.into_iter().filter(|&eps| eps > 0.0);
    least_by(positive, |eps| (eps - wanted).abs())
}

fn at(cells: &[TransferCell], eps: Option<f64>) -> Option<&TransferCell> {
    cells
        .iter()
        .find(|cell| eps.is_some_and(|eps| same_eps(cell.eps, eps)) && cell.accuracy.is_finite())
}

fn reading(grids: &[Grid], eps: Option<f64>) -> String {
    let size = eps.map_or(String::new(), |eps| format!(" at ε\u{a0}=\u{a0}{}", short(eps)));
    let of = |grid: &Grid| {
        let chosen = grid.points.iter().find(|point| point.selected);
        let excluded = grid
            .points
            .iter()
            .filter(|point| point.lambda > 0.0 && !point.eligible)
            .count();
        let weights = grid.points.iter().filter(|point| point.lambda > 0.0).count();
        let chosen = chosen.map_or("no weight is selected".to_owned(), |point| {
            let attacked = [("black-box", &point.black_box), ("white-box", &point.white_box)]
                .into_iter()
                .filter_map(|(name, cells)| Some(format!(", {} {name}", percent(at(cells, eps)?.accuracy))));
            format!(
                "the rule selects λ\u{a0}=\u{a0}{} ({} in the authors' units), with {} clean{}",
                weight(point.lambda),
                weight(point.paper_lambda),
                percent(point.test.accuracy),
                attacked.collect::<String>()
            )
        });
        format!(
            "{}: {chosen}{size}; {excluded} of {weights} weights fall short of 97\u{a0}%.",
            grid.defense
        )
    };
    grids.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn panel(context: &Context, grid: &Grid, eps: Option<f64>) -> Panel {
    let line = |slot, name: &str, value: &Value<'_>| Line {
        slot,
        name: name.to_owned(),
        style: Style::Ours,
        points: grid
            .points
            .iter()
            .enumerate()
            .filter_map(|(index, point)| {
                let (accuracy, low, high) = value(point)?;
                Some(Point {
                    x: index as f64,
                    y: accuracy,
                    interval: Some((low, high)),
                    text: (
                        weight(point.lambda),
                        format!("{} {}", percent(accuracy), interval(low, high)),
                    ),
                    look: match (point.selected, point.eligible || point.lambda == 0.0) {
                        (true, _) => Look::Ringed,
                        (_, true) => Look::Plain,
                        (_, false) => Look::Hollow,
                    },
                })
            })
            .collect(),
    };
    let ends = |cell: &TransferCell| (cell.accuracy, cell.low, cell.high);
    let lines = vec![
        line(CLEAN, "clean", &|point| {
            Some((point.test.accuracy, point.test.low, point.test.high))
        }),
        line(BLACK_BOX, "FGSM of normal", &|point| {
            at(&point.black_box, eps).map(ends)
        }),
        line(WHITE_BOX, "own FGSM", &|point| at(&point.white_box, eps).map(ends)),
    ];
    let rule = grid.normal().map(|normal| {
        (
            SHARE_OF_NORMAL * normal.validation_accuracy,
            "97\u{a0}% of normal, validation".to_owned(),
        )
    });
    let chart = LineChart {
        x: Axis::steps(
            "λ per example",
            grid.points.iter().map(|point| weight(point.lambda)).collect(),
        ),
        y: Axis::percent("accuracy (%)", 0.0, 1.0),
        head: "λ\u{a0}=",
        description: format!(
            "Accuracy by weight of the penalty of {}: {}",
            grid.defense,
            reading(std::slice::from_ref(grid), eps)
        ),
        lines,
        rules: rule.into_iter().collect(),
    };
    Panel {
        model: Some((context.slots.of(grid.defense), grid.defense.to_owned())),
        ..Panel::new("Penalty of", chart.draw())
    }
}

fn values(grids: &[Grid]) -> Table {
    let mut table = Table::new(&[
        "defense",
        "lambda",
        "paper_lambda",
        "steps",
        "eligible",
        "selected",
        "validation_accuracy",
        "validation_fgsm_accuracy",
        "measure",
        "eps",
        "accuracy",
        "low",
        "high",
    ]);
    for grid in grids {
        for point in &grid.points {
            let clean = [("clean", 0.0, point.test.accuracy, point.test.low, point.test.high)];
            let cells = |name, cells: &[TransferCell]| -> Vec<(&'static str, f64, f64, f64, f64)> {
                cells
                    .iter()
                    .map(|cell| (name, cell.eps, cell.accuracy, cell.low, cell.high))
                    .collect()
            };
            let attacked = [
                cells("black-box", &point.black_box),
                cells("white-box", &point.white_box),
            ]
            .concat();
            for (measure, eps, accuracy, low, high) in clean.into_iter().chain(attacked) {
                table.row([
                    grid.defense.into(),
                    point.lambda.into(),
                    point.paper_lambda.into(),
                    point.steps.into(),
                    point.eligible.into(),
                    point.selected.into(),
                    point.validation_accuracy.into(),
                    point.validation_fgsm_accuracy.into(),
                    measure.into(),
                    eps.into(),
                    accuracy.into(),
                    low.into(),
                    high.into(),
                ]);
            }
        }
    }
    table
}
