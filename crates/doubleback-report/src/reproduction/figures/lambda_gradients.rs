//! Figure 9, left: input gradients of models trained with different weights of the penalty.

use doubleback_experiments::reproduce::LambdaGradient;
use maud::{Markup, html};

use super::lambda_grid::weight;
use crate::page::picture;
use crate::reproduction::context::Context;
use crate::svg::{ImageGrid, Panel};

/// For the page, and for the file of the figure.
pub fn pictures(context: &Context) -> Option<(Markup, Vec<Panel>)> {
    let all = &context.pictures.lambda_gradients;
    let mut defenses: Vec<&str> = Vec::new();
    for one in all.iter().filter(|one| one.lambda > 0.0) {
        if !defenses.contains(&one.defense.as_str()) {
            defenses.push(&one.defense);
        }
    }
    let parts: Vec<(&str, Vec<&LambdaGradient>)> = defenses
        .into_iter()
        .map(|defense| {
            let mut columns: Vec<_> = all
                .iter()
                .filter(|one| one.defense == defense || one.lambda == 0.0)
                .collect();
            columns.sort_by(|a, b| a.lambda.total_cmp(&b.lambda));
            columns.dedup_by(|a, b| a.lambda == b.lambda);
            (defense, columns)
        })
        .collect();
    if parts.is_empty() {
        return None;
    }
    let page = html! {
        @for (defense, columns) in &parts {
            h3 { "Input gradients by weight of the penalty: " (defense) }
            (table(context, defense, columns))
        }
    };
    let panels = parts
        .iter()
        .map(|(defense, columns)| panel(context, defense, columns))
        .collect();
    Some((page, panels))
}

/// How many images have a gradient.
fn rows(columns: &[&LambdaGradient]) -> usize {
    columns.iter().map(|one| one.gradients.len()).max().unwrap_or(0)
}

fn map(context: &Context, one: &LambdaGradient, row: usize) -> Option<String> {
    picture::signed_map(one.gradients.get(row)?, context.pictures.shape)
}

fn table(context: &Context, defense: &str, columns: &[&LambdaGradient]) -> Markup {
    let pictures = context.pictures;
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Input gradients of " (defense) " by weight of the penalty" } {
            table.gallery.many style={ "--models: " (columns.len()) } {
                thead {
                    tr {
                        th scope="col" { "Image" }
                        @for one in columns { th scope="col" { "λ = " (weight(one.lambda)) } }
                    }
                }
                tbody {
                    @for (row, picture) in pictures.images.iter().take(rows(columns)).enumerate() {
                        tr {
                            th scope="row" {
                                @if let Some(uri) = picture::image(&picture.pixels, pictures.shape, pictures.bounds) {
                                    img src=(uri) alt={ "Test image " (picture.index) ", class " (context.class_name(picture.label)) };
                                }
                            }
                            @for one in columns {
                                td {
                                    @match map(context, one, row) {
                                        Some(uri) => img src=(uri) alt={ "Input gradient at weight " (weight(one.lambda)) " for test image " (picture.index) };,
                                        None => span.missing { "no map" },
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn panel(context: &Context, defense: &str, columns: &[&LambdaGradient]) -> Panel {
    let pictures = context.pictures;
    let row = |(index, picture): (usize, &doubleback_experiments::reproduce::Picture)| {
        let image = picture::image(&picture.pixels, pictures.shape, pictures.bounds);
        let maps = columns.iter().map(|one| map(context, one, index));
        (
            context.class_name(picture.label),
            std::iter::once(image).chain(maps).collect(),
        )
    };
    let grid = ImageGrid {
        description: format!("Input gradients of {defense} by weight of the penalty."),
        columns: std::iter::once("image".to_owned())
            .chain(columns.iter().map(|one| format!("λ = {}", weight(one.lambda))))
            .collect(),
        rows: pictures
            .images
            .iter()
            .take(rows(columns))
            .enumerate()
            .map(row)
            .collect(),
    };
    Panel::new(
        format!("Input gradients by weight of the penalty: {defense}"),
        grid.draw(),
    )
}
