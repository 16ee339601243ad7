use doubleback::evaluate::Picture;
use maud::{Markup, html};

use super::images::original;
use super::{caption, columns, missing};
use crate::context::Context;
use crate::format::scientific;
use crate::model::badge;
use crate::png_uri;

pub fn body(context: &Context) -> Markup {
    let models: Vec<&str> = context
        .models()
        .filter(|model| {
            context
                .pictures
                .images
                .iter()
                .any(|picture| picture.saliency.iter().any(|map| map.model == *model))
        })
        .collect();
    if models.is_empty() {
        return missing("No saliency maps were kept in this run.");
    }
    let channels = context.pictures.shape[0];
    html! {
        figure {
            div.scroll tabindex="0" role="region" aria-label="Saliency maps" {
                table.gallery style=(columns(context)) {
                    thead {
                        tr {
                            th scope="col" { "Image" }
                            @for model in &models { th scope="col" { (badge(context.slots.of(model), model)) } }
                        }
                    }
                    tbody {
                        @for picture in &context.pictures.images {
                            tr {
                                (original(context, picture))
                                @for model in &models { (map(context, picture, model)) }
                            }
                        }
                    }
                    (roughness(context, &models))
                }
            }
            div.scale aria-hidden="true" { span { "negative" } i {} span { "positive" } }
            (caption(Some("Figure 6 of the paper"), &html! {
                "Input gradient of the score function Σₖ log pₖ: how each pixel would change all log-probabilities together. "
                "Blue: negative; white: zero; brown: positive. "
                @if channels > 1 { "The gradients of the " (channels) " channels are added up. " }
                strong { "Each map is scaled by its own greatest magnitude" }
                ", so that shapes can be compared, but not strengths (for these see the gradient norms). "
                "Regularized models should show smooth strokes that follow the object, others speckle."
            }))
        }
    }
}

fn map(context: &Context, picture: &Picture, model: &str) -> Markup {
    let uri = picture
        .saliency
        .iter()
        .find(|map| map.model == model)
        .and_then(|map| png_uri::signed_map(&map.values, context.pictures.shape));
    html! {
        td {
            @match uri {
                Some(uri) => img src=(uri) alt={ "Saliency map of " (model) " for test image " (picture.index) };,
                None => span.missing { "no map" },
            }
        }
    }
}

/// How rough the gradients of each model are over the whole test set, below its maps.
fn roughness(context: &Context, models: &[&str]) -> Markup {
    let of = |model: &str| {
        let one = context
            .results
            .gradients
            .iter()
            .find(|one| one.model == model && one.loss == "tgsm")?;
        one.roughness.filter(|roughness| roughness.is_finite())
    };
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
