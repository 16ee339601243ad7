use doubleback_experiments::reproduce::{Picture, Saliency};
use maud::{Markup, html};

use crate::format::{interval, percent, scientific};
use crate::page::{Content, Table, picture, reading_of};
use crate::reproduction::context::Context;
use crate::reproduction::gallery::{columns, original};
use crate::sampled::classes_shown;
use crate::svg::{ImageGrid, Panel, badge};
use doubleback_experiments::reproduce::model_names::{DOUBLEBACK, INSENSITIVE};

/// Figure 6.
pub fn saliency(context: &Context) -> Result<Content, String> {
    let pictures = context.pictures;
    let has = |model: &&str| {
        let mut maps = pictures.images.iter().flat_map(|picture| &picture.saliency);
        maps.any(|map| map.model == *model)
    };
    let models: Vec<&str> = context.models().filter(has).collect();
    if models.is_empty() {
        return Err("No saliency maps were kept in this run.".to_owned());
    }
    let channels = pictures.shape[0];
    let added = if channels > 1 {
        format!("The gradients of the {channels} channels are added up. ")
    } else {
        String::new()
    };
    let shown = classes_shown(pictures.images.len(), context.results.data.classes.len());
    Ok(Content {
        reading: reading(context),
        groups: Vec::new(),
        pictures: html! {
            (table(context, &models))
            div.scale aria-hidden="true" { span { "negative" } i {} span { "positive" } }
        },
        file_panels: vec![sheet(context, &models)],
        caption: format!(
            "{shown}Input gradient of the score function Σₖ log pₖ: how each pixel would change all log-probabilities together. Blue: negative; white: \
             zero; brown: positive. {added}Each map is scaled by its own greatest magnitude, so that shapes can be compared, but not strengths \
             (for these see the gradient norms). Regularized models should show smooth strokes that follow the object, others speckle."
        ),
        details: html! {},
        values: values(context, &models),
    })
}

fn reading(context: &Context) -> String {
    let rough: Vec<String> = context
        .models()
        .filter_map(|model| Some(format!("{model} {}", scientific(roughness_of(context, model)?))))
        .collect();
    let smoother: Vec<String> = context
        .results
        .smoothness
        .iter()
        .filter(|one| one.smoother.is_finite() && [INSENSITIVE, DOUBLEBACK].contains(&one.model.as_str()))
        .map(|one| {
            format!(
                "{} on {} {}",
                one.model,
                percent(one.smoother),
                interval(one.low, one.high)
            )
        })
        .collect();
    reading_of([
        (!rough.is_empty()).then(|| {
            format!(
                "Median roughness of the gradients (white noise 1.41): {}.",
                rough.join(", ")
            )
        }),
        (!smoother.is_empty()).then(|| {
            format!(
                "Smoother than the normal model's on the same image: {}.",
                smoother.join(", ")
            )
        }),
    ])
}

fn table(context: &Context, models: &[&str]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Saliency maps" {
            table.gallery style=(columns(context)) {
                thead {
                    tr {
                        th scope="col" { "Image" }
                        @for model in models { th scope="col" { (badge(context.slots.of(model), model)) } }
                    }
                }
                tbody {
                    @for picture in &context.pictures.images {
                        tr {
                            (original(context, picture))
                            @for model in models { (map(context, picture, model)) }
                        }
                    }
                }
                (roughness(context, models))
            }
        }
    }
}

fn sheet(context: &Context, models: &[&str]) -> Panel {
    let pictures = context.pictures;
    let rows = pictures.images.iter().map(|picture| {
        let maps = models
            .iter()
            .map(|model| find(picture, model).and_then(|map| picture::signed_map(&map.values, pictures.shape)));
        let image = picture::image(&picture.pixels, pictures.shape, pictures.bounds);
        (
            context.class_name(picture.label),
            std::iter::once(image).chain(maps).collect(),
        )
    });
    let grid = ImageGrid {
        description: "Saliency maps: a test image a row, a model a column.".to_owned(),
        columns: std::iter::once("image")
            .chain(models.iter().copied())
            .map(str::to_owned)
            .collect(),
        rows: rows.collect(),
    };
    Panel::new("", grid.draw())
}

/// What can be written as numbers: the roughness of each model's gradients, and the images drawn.
fn values(context: &Context, models: &[&str]) -> Table {
    let mut table = Table::new(&[
        "model",
        "median_roughness",
        "smoother_than_normal",
        "low",
        "high",
        "images",
    ]);
    for model in models {
        let smooth = context.results.smoothness.iter().find(|one| one.model == *model);
        table.row([
            (*model).into(),
            roughness_of(context, model).into(),
            smooth.map(|one| one.smoother).into(),
            smooth.map(|one| one.low).into(),
            smooth.map(|one| one.high).into(),
            smooth.map_or(String::new(), |one| one.count.to_string()).into(),
        ]);
    }
    table
}

fn find<'a>(picture: &'a Picture, model: &str) -> Option<&'a Saliency> {
    picture.saliency.iter().find(|map| map.model == model)
}

fn map(context: &Context, picture: &Picture, model: &str) -> Markup {
    let uri = find(picture, model).and_then(|map| picture::signed_map(&map.values, context.pictures.shape));
    html! {
        td {
            @match uri {
                Some(uri) => img src=(uri) alt={ "Saliency map of " (model) " for test image " (picture.index) };,
                None => span.missing { "no map" },
            }
        }
    }
}

/// The median roughness of a model's gradients over the test set.
fn roughness_of(context: &Context, model: &str) -> Option<f64> {
    let mut all = context.results.gradients.iter();
    let one = all.find(|one| one.model == model && one.loss == "tgsm")?;
    one.roughness.filter(|roughness| roughness.is_finite())
}

/// How rough the gradients of each model are over the whole test set, below its maps.
fn roughness(context: &Context, models: &[&str]) -> Markup {
    let of = |model: &str| roughness_of(context, model);
    html! {
        @if models.iter().any(|model| of(model).is_some()) {
            tfoot {
                tr {
                    th scope="row" title="Median over test images, TGSM loss: mean absolute difference of neighboring pixels over mean absolute value. White noise: 1.41" {
                        "roughness"
                    }
                    @for model in models { td { (of(model).map_or("–".to_owned(), scientific)) } }
                }
            }
        }
    }
}
