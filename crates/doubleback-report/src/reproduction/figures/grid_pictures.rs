use doubleback_experiments::reproduce::TargetedGrid;
use maud::{Markup, html};

use crate::format::{self, attack_name};
use crate::page::picture::data_uri;
use crate::reproduction::contact_sheet::{columns, still};
use crate::reproduction::context::Context;
use crate::svg::badge;

/// A picture a model: rows are true classes, columns targets. A model with an animation has it below a line to unfold, so that nothing moves
/// before the reader asks.
pub fn gallery(context: &Context, grids: &[&TargetedGrid], animations: &[(String, Vec<u8>)]) -> Markup {
    html! {
        @if !grids.is_empty() {
            div.sheets {
                @for grid in grids {
                    div.sheet {
                        h4 { (badge(context.slots.of(&grid.model), &grid.model)) }
                        (sheet(context, grid, animations.iter().find(|(model, _)| *model == grid.model).map(|(_, file)| file.as_slice())))
                    }
                }
            }
        }
    }
}

fn sheet(context: &Context, grid: &TargetedGrid, animation: Option<&[u8]>) -> Markup {
    let Some(file) = still(grid) else {
        return html! { p.missing { "The pictures of this grid are not whole." } };
    };
    let wide = columns(grid).max(1);
    let targets: Vec<String> = grid
        .cells
        .iter()
        .take(wide)
        .map(|cell| context.class_name(cell.target))
        .collect();
    let sources = grid
        .cells
        .iter()
        .step_by(wide)
        .map(|cell| context.class_name(cell.source));
    let examples = grid.cells.iter().filter(|cell| cell.source != cell.target);
    let (all, reached) = examples.fold((0, 0), |(all, reached), cell| {
        (all + 1, reached + usize::from(cell.success))
    });
    let words = format!(
        "{} examples crafted on {}: {} of {} reach their target",
        attack_name(&grid.attack),
        grid.model,
        format::count(reached),
        format::count(all)
    );
    html! {
        div.labelled {
            div.targets.long[targets.iter().any(|name| name.chars().count() > 3)] aria-hidden="true" { @for class in targets { span { (class) } } }
            div.sources aria-hidden="true" { @for class in sources { span { (class) } } }
            div.frame-of {
                img.still src=(data_uri("image/png", &file)) alt={ (words) "." };
                @if let Some(file) = animation {
                    details {
                        summary { span.play { "Play every step" } span.stop { "Stop" } }
                        img src=(data_uri("image/gif", file)) alt={ (words) ", step by step." };
                    }
                }
            }
        }
        p.panel-note {
            (words) "."
            @if animation.is_none() && grid.cells.iter().any(|cell| !cell.frames.is_empty()) {
                " Every step is in the folder " code { "figures" } ": with it this page would be too large."
            }
        }
    }
}
