//! The explanations themselves: a stage a row, and for every image the pair of clean and attacked.

use doubleback_experiments::diagnosis::{ExplainedImage, Explanation, LabelledFrame, ModelDiagnosis};
use maud::{Markup, html};

use super::view::View;
use crate::format;
use crate::page::{Content, Table, picture, scrolled};
use crate::sampled::classes_shown;
use crate::svg::{Cell, LabelledGrid, Panel};

/// Most images side by side in one table of the page.
const ABREAST: usize = 6;
/// Images in the drawing.
const DRAWN: usize = 8;

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    if view.models().all(|model| model.images.is_empty()) {
        return Err("No explanations were kept as pictures in this run.".to_owned());
    }
    let drawn = || view.models().filter(|model| !model.images.is_empty());
    let most = drawn().map(|model| model.images.len()).max().unwrap_or(0);
    let shown = classes_shown(most, view.results.classes.len());
    Ok(Content {
        reading: reading(view),
        groups: Vec::new(),
        pictures: html! { @for model in drawn() { (of_model(view, model)) } },
        file_panels: drawn().map(|model| panel(view, model)).collect(),
        caption: shown
            + "First row: a test image and the same image attacked, with the network's own answer. Every further row: what the generator of a stage \
                  makes of the stage's features, from the clean image at the left and from the attacked one at the right, with the same random numbers; \
                  below it the class that the oracle sees and its probability. ✗ marks a class other than the true one. A broken frame marks the stage from \
                  which on the explanations, by the oracle's mean probability over all draws of the random numbers, show another class than those of the clean image; \
                  a single draw, as drawn here, can differ from it. The images were \
                  chosen to show the attack at work and are no fair sample.",
        details: html! {},
        values: values(view),
    })
}

fn reading(view: &View) -> String {
    let all = || view.models().flat_map(|model| &model.images);
    let turned = all().filter(|image| image.flip.is_some()).count();
    format!(
        "{} test images: in {turned} of them the explanation turns to another class at some stage.",
        format::count(all().count())
    )
}

fn of_model(view: &View, model: &ModelDiagnosis) -> Markup {
    let (shown, more) = model.images.split_at(model.images.len().min(2 * ABREAST));
    html! {
        div.explanations {
            @if view.several() { h3 { (view.badge(model)) } }
            h4 { "With one draw of the random numbers" }
            @for images in rows(shown) { (table(view, model, images, false)) }
            @if !more.is_empty() {
                details {
                    summary { (format::count(more.len())) " more images" }
                    @for images in rows(more) { (table(view, model, images, false)) }
                }
            }
            details {
                summary { "The mean over several draws: what the features determine is sharp, the rest is blurred" }
                @for images in rows(shown) { (table(view, model, images, true)) }
            }
        }
    }
}

/// Images in rows of nearly equal length.
fn rows(images: &[ExplainedImage]) -> std::slice::Chunks<'_, ExplainedImage> {
    let count = images.len().div_ceil(ABREAST).max(1);
    images.chunks(images.len().div_ceil(count).max(1))
}

fn table(view: &View, model: &ModelDiagnosis, images: &[ExplainedImage], mean: bool) -> Markup {
    let table = html! {
        table.explained {
            thead {
                tr {
                    td {}
                    @for image in images {
                        th.head.first scope="colgroup" colspan="2" { "image " (image.index) ", a " (view.class_name(image.label)) }
                    }
                }
                tr {
                    td {}
                    @for _ in images {
                        th.side.first scope="col" { "clean" }
                        th.side scope="col" { "attacked" }
                    }
                }
            }
            tbody {
                tr.original {
                    th scope="row" { "the image" small { "network's answer" } }
                    @for image in images {
                        td.first { (shown(view, &image.clean, &original_words(view, image, false))) (answer(view, image, image.clean_prediction)) }
                        td { (shown(view, &image.attacked, &original_words(view, image, true))) (answer(view, image, image.attacked_prediction)) }
                    }
                }
                @for layer in &model.layers {
                    tr {
                        th scope="row" { (layer.layer) small { (size(layer.size)) } }
                        @for image in images { (pair(view, image, &layer.layer, mean)) }
                    }
                }
            }
        }
    };
    scrolled("Explanations by stage", &table)
}

/// `12 × 12 × 32`; a vector's length alone.
fn size([height, width, channels]: [usize; 3]) -> String {
    if height * width == 1 {
        format!("{channels} numbers")
    } else {
        format!("{height} × {width} × {channels}")
    }
}

fn pair(view: &View, image: &ExplainedImage, layer: &str, mean: bool) -> Markup {
    let Some(explanation) = image.explanations.iter().find(|one| one.layer == layer) else {
        return html! { td.first { (format::DASH) } td { (format::DASH) } };
    };
    let (clean, attacked) = both(explanation, mean);
    let flips = image.flip.as_deref() == Some(layer);
    html! {
        td.first { (explained(view, image, layer, "clean", clean)) }
        td.flips[flips] {
            (explained(view, image, layer, "attacked", attacked))
            @if flips { span.flip-mark { "▲ turns here" } }
        }
    }
}

fn both(explanation: &Explanation, mean: bool) -> (&LabelledFrame, &LabelledFrame) {
    if mean {
        (&explanation.clean_mean, &explanation.attacked_mean)
    } else {
        (&explanation.clean, &explanation.attacked)
    }
}

fn explained(view: &View, image: &ExplainedImage, layer: &str, side: &str, one: &LabelledFrame) -> Markup {
    let class = view.class_name(one.label);
    let words = format!("{layer}, {side} image {}: the oracle sees {class}", image.index);
    let wrong = one.label != image.label;
    html! {
        (shown(view, &one.frame, &words))
        span.guess.wrong[wrong] {
            @if wrong { "✗ " }
            (class) " " small { (whole_percent(one.probability)) }
        }
    }
}

fn answer(view: &View, image: &ExplainedImage, class: usize) -> Markup {
    let wrong = class != image.label;
    html! { span.guess.wrong[wrong] { @if wrong { "✗ " } (view.class_name(class)) } }
}

fn original_words(view: &View, image: &ExplainedImage, attacked: bool) -> String {
    let (kind, class) = if attacked {
        ("attacked", image.attacked_prediction)
    } else {
        ("clean", image.clean_prediction)
    };
    format!(
        "Test image {}, {kind}: the network answers {}",
        image.index,
        view.class_name(class)
    )
}

fn shown(view: &View, frame: &doubleback::data::Frame, words: &str) -> Markup {
    html! {
        @match picture::frame(frame, view.results.shape) {
            Some(uri) => img src=(uri) alt=(words);,
            None => span.missing { "no image" },
        }
    }
}

fn whole_percent(probability: f64) -> String {
    if probability.is_finite() {
        format!("{:.0}\u{a0}%", 100.0 * probability)
    } else {
        format::DASH.to_owned()
    }
}

/// The grid as a drawing, for the file.
fn panel(view: &View, model: &ModelDiagnosis) -> Panel {
    let images = &model.images[..model.images.len().min(DRAWN)];
    let cell = |frame, class: usize, image: &ExplainedImage, ringed: bool| Cell {
        picture: picture::frame(frame, view.results.shape),
        wrong: class != image.label,
        text: view.class_name(class),
        ringed,
    };
    let originals = images.iter().flat_map(|image| {
        [
            cell(&image.clean, image.clean_prediction, image, false),
            cell(&image.attacked, image.attacked_prediction, image, false),
        ]
    });
    let mut rows = vec![("the image".to_owned(), originals.collect())];
    rows.extend(model.layers.iter().map(|layer| {
        let cells = images.iter().flat_map(|image| {
            let explanation = image.explanations.iter().find(|one| one.layer == layer.layer);
            let flips = image.flip.as_ref() == Some(&layer.layer);
            explanation.into_iter().flat_map(move |one| {
                [
                    cell(&one.clean.frame, one.clean.label, image, false),
                    cell(&one.attacked.frame, one.attacked.label, image, flips),
                ]
            })
        });
        (layer.layer.clone(), cells.collect())
    }));
    let grid = LabelledGrid {
        description: format!(
            "Explanations by stage, clean and attacked, on the {} model.",
            model.model
        ),
        columns: images
            .iter()
            .map(|image| format!("{}, a {}", image.index, view.class_name(image.label)))
            .collect(),
        rows,
    };
    Panel {
        model: view.label(model),
        ..Panel::new("Clean and attacked, by stage", grid.draw())
    }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "model",
        "image",
        "true_class",
        "network_clean",
        "network_attacked",
        "turns_at",
        "stage",
        "oracle_clean",
        "oracle_clean_probability",
        "oracle_attacked",
        "oracle_attacked_probability",
        "oracle_clean_mean",
        "oracle_attacked_mean",
    ]);
    for model in view.models() {
        for image in &model.images {
            for one in &image.explanations {
                table.row([
                    model.model.as_str().into(),
                    image.index.into(),
                    image.label.into(),
                    image.clean_prediction.into(),
                    image.attacked_prediction.into(),
                    image.flip.as_deref().unwrap_or_default().into(),
                    one.layer.as_str().into(),
                    one.clean.label.into(),
                    one.clean.probability.into(),
                    one.attacked.label.into(),
                    one.attacked.probability.into(),
                    one.clean_mean.label.into(),
                    one.attacked_mean.label.into(),
                ]);
            }
        }
    }
    table
}
