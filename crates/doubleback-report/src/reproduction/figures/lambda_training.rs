//! Figure 7: training curves by weight of the penalty.

use maud::html;

use super::lambda_grid::{Grid, grids, weight};
use super::training::{COLUMNS, curve_values};
use super::training_charts::{Curve, how_to_read, known, panels};
use crate::format::{percent, scientific};
use crate::page::{Content, Entry, Group, Table};
use crate::reproduction::context::Context;
use crate::svg::ramp;
use doubleback_experiments::reproduce::model_names::NORMAL;

/// Figure 7.
pub fn lambda_training(context: &Context) -> Result<Content, String> {
    let all: Vec<(Grid, Vec<Curve>)> = grids(context)
        .into_iter()
        .map(|grid| {
            let curves = curves(context, &grid);
            (grid, curves)
        })
        .filter(|(_, curves)| !curves.is_empty())
        .collect();
    let Some((_, first)) = all.first() else {
        return Err("This run has no grid of penalty weights. The profiles standard and paper have one.".to_owned());
    };
    let caption = format!(
        "Training by optimizer steps with different weights λ per example, from the smallest (orange) to the largest (blue); gray: the normal \
         model, λ\u{a0}=\u{a0}0. {}",
        how_to_read(first)
    );
    let mut values = Table::new(&COLUMNS);
    for (grid, _) in &all {
        for point in &grid.points {
            let curve = Curve {
                slot: 0,
                name: String::new(),
                points: &point.curve,
            };
            values.append(curve_values(&curve, grid.defense, Some(point.lambda)));
        }
    }
    Ok(Content {
        reading: all
            .iter()
            .filter_map(|(grid, _)| reading(grid))
            .collect::<Vec<_>>()
            .join(" "),
        groups: all
            .iter()
            .map(|(grid, curves)| Group {
                heading: Some(format!("Penalty of {}", grid.defense)),
                legend: curves
                    .iter()
                    .map(|curve| Entry::ours(curve.slot, curve.name.clone()))
                    .collect(),
                panels: panels(curves),
            })
            .collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption,
        details: html! {},
        values,
    })
}

fn curves<'a>(context: &Context, grid: &Grid<'a>) -> Vec<Curve<'a>> {
    let weights = grid.points.iter().filter(|point| point.lambda > 0.0).count();
    let first = grid.points.len() - weights;
    grid.points
        .iter()
        .enumerate()
        .filter(|(_, point)| !point.curve.is_empty())
        .map(|(index, point)| Curve {
            slot: if index < first {
                context.slots.of(NORMAL)
            } else {
                ramp(index - first, weights)
            },
            name: format!("λ\u{a0}=\u{a0}{}", weight(point.lambda)),
            points: &point.curve,
        })
        .collect()
}

fn reading(grid: &Grid) -> Option<String> {
    let penalized: Vec<_> = grid.points.iter().filter(|point| point.lambda > 0.0).collect();
    let words = |point: &doubleback_experiments::reproduce::LambdaPoint| {
        let end = point.curve.last()?;
        Some(format!(
            "λ\u{a0}=\u{a0}{} ends with gradient norm {}, cross-entropy {}, validation accuracy {} clean and {} under FGSM",
            weight(point.lambda),
            scientific(known(end.gradient_norm)),
            scientific(end.cross_entropy),
            percent(known(end.validation_accuracy)),
            percent(known(end.validation_fgsm_accuracy))
        ))
    };
    let ends = [penalized.first(), penalized.last().filter(|_| penalized.len() > 1)];
    let parts: Vec<String> = ends.into_iter().flatten().filter_map(|point| words(point)).collect();
    (!parts.is_empty()).then(|| format!("{}: {}.", grid.defense, parts.join("; ")))
}
