//! Each image, and beside it what every method says of it; of several models each.

use doubleback_experiments::explanations::{MethodResults, ModelResults};
use maud::{Markup, html};

use super::view::View;
use crate::format::{count, digits, percent};
use crate::page::picture;

/// The section.
pub fn body(view: &View) -> Markup {
    let shown = view.shown();
    html! {
        div.maps data-maps="" {
            (controls(view))
            @for place in 0..shown { (image(view, place)) }
        }
        p.caption {
            @if shown < view.results.count {
                @if shown == 1 { "Drawn is the first" } @else { "Drawn are the first " (count(shown)) }
                " of the " (count(view.results.count)) " images; numbers on this page are of all. "
            }
            "Channels are added up. Values are kept here in 127 steps on either side of zero; the arrays of "
            code { "--out" } " have them all. "
            @if let Some(small) = view.methods().iter().find(|method| method.map_size.is_some()) {
                "Maps of a layer, such as " (small.spec.name()) "'s, are brought to the size of the image bilinearly, which makes them smooth, not sharp. "
            }
            span.script-only {
                "Point at a map, or touch it, to read the value at a pixel; the same pixel is marked in the other maps of the image. Arrow keys move it."
            }
        }
    }
}

/// What is switched by the page's script: without it the signed maps of all models are shown.
fn controls(view: &View) -> Markup {
    let looks = [
        ("signed", "for and against"),
        ("size", "size alone"),
        ("over", "over the image"),
    ];
    html! {
        div.controls {
            fieldset.script-only {
                legend { "Maps" }
                @for (value, words) in looks {
                    label { input type="radio" name="map-look" value=(value) checked[value == "signed"]; (words) }
                }
            }
            @if view.several() {
                fieldset.script-only {
                    legend { "Model" }
                    label { input type="radio" name="map-model" value="all" checked; "all" }
                    @for (number, model) in view.models().iter().enumerate() {
                        label { input type="radio" name="map-model" value=(number); (view.badge(model)) }
                    }
                }
            }
            div.scale { span { "against" } i {} span { "for the class" } }
        }
    }
}

fn image(view: &View, place: usize) -> Markup {
    let (index, label) = (view.test.index(place), view.test.label(place));
    let shape = view.test.shape;
    let drawn = picture::image(
        &view.test.split.image(index),
        [shape.channels, shape.height, shape.width],
        [view.bounds.low, view.bounds.high],
    );
    html! {
        article.image-maps {
            h3 { "Image " (index) ", class " (view.class(label)) }
            p.panel-note { @for (number, model) in view.models().iter().enumerate() { (taken_for(view, number, model, place)) } }
            div.tiles style={ "--maps:" (view.models().len()) } {
                @if let Some(uri) = drawn {
                    figure.tile.of-image {
                        figcaption { "the image" }
                        img.picture src=(uri) width=(shape.width) height=(shape.height) alt={ "Image " (index) ", class " (view.class(label)) };
                    }
                }
                @for (number, method) in view.methods().iter().enumerate() { (tile(view, number, method, place)) }
            }
        }
    }
}

/// What a model takes an image for, and which class is explained.
fn taken_for(view: &View, number: usize, model: &ModelResults, place: usize) -> Markup {
    let label = view.test.label(place);
    html! {
        span.taken data-of-model=(number) {
            @if view.several() { (view.badge(model)) " takes it for " } @else { "Taken for " }
            @match view.prediction(number, place) {
                Some((predicted, probability)) => {
                    span.guess.wrong[predicted != label] { @if predicted != label { "✗ " } (view.class(predicted)) }
                    " (" (percent(probability)) ")"
                }
                None => "–",
            }
            @if let Some(&target) = model.targets.get(place) { "; explained: " (view.class(target)) }
            ". "
        }
    }
}

/// The maps of one method, a model each.
fn tile(view: &View, number: usize, method: &MethodResults, place: usize) -> Markup {
    let name = method.spec.name();
    html! {
        figure.tile {
            figcaption { a href={ "#method-" (name) } { (name) } }
            div.of-models {
                @for (at, model) in view.models().iter().enumerate() { (map(view, (at, model), (number, name), place)) }
            }
        }
    }
}

fn map(view: &View, (at, model): (usize, &ModelResults), (number, name): (usize, &str), place: usize) -> Markup {
    let index = view.test.index(place);
    let shape = view.test.shape;
    let sums = view
        .maps(at, number)
        .map(|maps| sums(maps.of_image(place), shape.height * shape.width));
    let greatest = sums
        .iter()
        .flatten()
        .fold(0f32, |greatest, value| greatest.max(value.abs()));
    let uri = sums.and_then(|sums| picture::readable_map(&sums, [shape.height, shape.width], greatest));
    let on = if view.several() {
        format!(" on {}", model.model)
    } else {
        String::new()
    };
    html! {
        div.of-model data-of-model=(at) {
            @match uri {
                Some(uri) => {
                    div.frame {
                        img.map src=(uri) width=(shape.width) height=(shape.height) tabindex=[((number, at) == (0, 0)).then_some("0")] data-scale=(greatest) data-name={ (name) (on) }
                            alt={ (name) (on) " of image " (index) @if greatest == 0.0 { ": zero everywhere" } @else { ": up to " (digits(greatest.into())) " in magnitude" } };
                        @if greatest == 0.0 { span.silent { "says nothing" } }
                    }
                    small {
                        @if view.several() { (view.badge(model)) " " }
                        span.range { "±" (digits(greatest.into())) }
                    }
                }
                None => p.missing { "no map" },
            }
        }
    }
}

/// What a map says of each pixel: the sum over its channels.
fn sums(map: &[f32], pixels: usize) -> Vec<f32> {
    let channels = map.chunks_exact(pixels.max(1));
    channels.fold(vec![0.0; pixels], |mut sums, channel| {
        sums.iter_mut().zip(channel).for_each(|(sum, value)| *sum += value);
        sums
    })
}
