use doubleback::audit::{Record, Shown};
use doubleback::data::Frame;
use doubleback_experiments::audit::ExampleMaps;
use maud::{Markup, html};

use super::view::View;
use crate::format::short;
use crate::page::picture;

/// Images of a kind that are shown.
const SHOWN: usize = 6;

/// Images that fall to the least change, and images that stand with the least margin.
pub fn body(view: &View) -> Markup {
    let examples = &view.examples.examples;
    let found = |broken: bool| {
        let of = examples.iter().filter_map(|shown| {
            let record = view.audit.images.iter().find(|record| record.index == shown.index)?;
            let is = match broken {
                true => record.broken_by.as_deref() == Some(shown.attack.as_str()),
                false => record.stands(),
            };
            is.then_some((shown, record))
        });
        let mut of: Vec<(&Shown, &Record)> = of.collect();
        let key = |record: &Record| match broken {
            true => record.l2,
            false => record.margin,
        };
        of.sort_by(|(_, a), (_, b)| key(a).unwrap_or_default().total_cmp(&key(b).unwrap_or_default()));
        of.truncate(SHOWN);
        of
    };
    let (broken, standing) = (found(true), found(false));
    html! {
        @if broken.is_empty() && standing.is_empty() {
            p.missing { "There are no examples to show." }
        }
        @if !broken.is_empty() {
            h3 { "Most telling: broken by the least change" }
            (gallery(view, &broken))
        }
        @if !standing.is_empty() {
            h3 { "Hardest: standing with the least margin" }
            (gallery(view, &standing))
        }
        p { "Each row: the image, the example, and their difference (blue less, red more, scaled to its greatest)." }
        @if !view.examples.maps.is_empty() {
            p {
                "Maps: what speaks for the true class (red-brown) and against it (blue), on the image and on the example, each scaled to its own greatest; r is the rank \
                 correlation of the two. A white map is zero everywhere. Images are explained as they are shown, in 256 steps."
            }
        }
    }
}

fn gallery(view: &View, rows: &[(&Shown, &Record)]) -> Markup {
    let shape = view.examples.shape;
    html! {
        div.scroll tabindex="0" role="region" aria-label="Examples" {
            table.numbers.dense {
                thead { tr {
                    th.text scope="col" { "Image" } th.text scope="col" { "Example" } th.text scope="col" { "Difference" }
                    th.text scope="col" { "Class" } th.text scope="col" { "Taken for" } th.text scope="col" { "By" } th scope="col" { "L2" } th scope="col" { "Margin" }
                    @for maps in &view.examples.maps {
                        th.text scope="col" { (maps.method.name()) } th.text scope="col" { "after" } th scope="col" { "r" }
                    }
                } }
                tbody {
                    @for (shown, record) in rows {
                        @let original = view.examples.originals.get(&shown.index);
                        tr {
                            td.text { (shown_as(original.and_then(|bytes| frame(bytes, shape)), &format!("Image {}", shown.index))) }
                            td.text { (shown_as(frame(&shown.bytes, shape), &format!("Example of image {}", shown.index))) }
                            td.text { (shown_as(original.and_then(|bytes| difference(bytes, &shown.bytes, shape)), "Their difference")) }
                            td.text { (view.class(record.label)) }
                            td.text { (record.prediction.map_or_else(|| "–".to_owned(), |class| view.class(class))) }
                            td.text { (shown.attack) }
                            td { (record.l2.map_or_else(|| "–".to_owned(), |l2| short(f64::from(l2)))) }
                            td { (record.margin.map_or_else(|| "–".to_owned(), |margin| short(f64::from(margin)))) }
                            @for maps in &view.examples.maps {
                                (explained(maps, shown, shape))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A method's maps of the image and of the example, and how far they agree.
fn explained(maps: &ExampleMaps, shown: &Shown, [_, height, width]: [usize; 3]) -> Markup {
    let (name, index) = (maps.method.name(), shown.index);
    let found = maps
        .maps
        .iter()
        .find(|map| map.index == index && map.attack == shown.attack);
    let drawn = |steps: &[i8]| {
        let values: Vec<f32> = steps.iter().map(|&step| f32::from(step)).collect();
        picture::signed_map(&values, [1, height, width])
    };
    let correlation = found.and_then(|map| map.correlation);
    html! {
        td.text { (shown_as(found.and_then(|map| drawn(&map.of_image)), &format!("{name} of image {index}"))) }
        td.text { (shown_as(found.and_then(|map| drawn(&map.of_example)), &format!("{name} of the example of image {index}"))) }
        td { (correlation.map_or_else(|| "–".to_owned(), |r| format!("{r:.2}"))) }
    }
}

fn frame(bytes: &[u8], shape: [usize; 3]) -> Option<String> {
    picture::frame(&Frame { bytes: bytes.to_vec() }, shape)
}

fn difference(original: &[u8], example: &[u8], shape: [usize; 3]) -> Option<String> {
    let values: Vec<f32> = original
        .iter()
        .zip(example)
        .map(|(&a, &b)| f32::from(b) - f32::from(a))
        .collect();
    picture::signed_map(&values, shape)
}

fn shown_as(uri: Option<String>, alt: &str) -> Markup {
    html! {
        @match uri {
            Some(uri) => img.still.pixels width="84" src=(uri) alt=(alt);,
            None => "–",
        }
    }
}
