//! Which classes a model takes for which: the whole matrix of few classes, the most frequent confusions of many.

use doubleback::evaluate::{ClassAccuracy, Confusion};
use doubleback_experiments::ALL_PAIRS_UP_TO;
use maud::{Markup, html};

use super::html_table::scrolled;
use crate::format::{self, bare_percent, interval, percent, percent_of};

/// Shades from 0 to 100 %, `h0` to `h10` in style.css.
const SHADES: f64 = 10.0;

/// The class of style.css that shades a share.
pub fn shade(share: f64) -> String {
    format!("h{}", (share.clamp(0.0, 1.0) * SHADES).round() as usize)
}

/// A row a true class, a column a predicted one, in images; shaded by the share of the row.
pub fn matrix(label: &str, found: &Confusion, classes: &[String]) -> Markup {
    let count = |source: usize| (0..classes.len()).map(|said| found.get(source, said)).sum::<usize>();
    let table = html! {
        table.heat.classes style={ "--models: " (classes.len()) } {
            thead {
                tr {
                    td.corner { "true\u{a0}↓" br; "taken for\u{a0}→" }
                    @for class in classes { th scope="col" { (class) } }
                }
            }
            tbody {
                @for (source, class) in classes.iter().enumerate() {
                    tr {
                        th scope="row" { (class) }
                        @for (said, other) in classes.iter().enumerate() {
                            (cell(class, other, found.get(source, said), count(source)))
                        }
                    }
                }
            }
        }
    };
    scrolled(label, &table)
}

fn cell(class: &str, other: &str, images: usize, of: usize) -> Markup {
    let title = format!(
        "{class}, taken for {other}: {} of {} images ({})",
        format::count(images),
        format::count(of),
        percent_of(images, of)
    );
    html! {
        @if of == 0 || images == 0 {
            td.empty title=(title) { @if of > 0 { "·" } }
        } @else {
            td class=(shade(images as f64 / of as f64)) title=(title) { (format::count(images)) }
        }
    }
}

/// The confusions that occur most, at most so many.
pub fn mistakes(label: &str, found: &Confusion, by_class: &[ClassAccuracy], most: usize) -> Markup {
    let name = |class: usize| by_class.iter().find(|one| one.index == class);
    let all = found.mistakes();
    let table = html! {
        table.numbers.dense {
            thead { tr { th.text scope="col" { "True class" } th.text scope="col" { "Taken for" } th scope="col" { "Images" } } }
            tbody {
                @for &(source, said, images) in all.iter().take(most) {
                    @let of = name(source).map_or(0, |one| one.count);
                    tr title=(percent_of(images, of)) {
                        th scope="row" { (name(source).map_or_else(|| source.to_string(), |one| one.class.clone())) }
                        td.text { (name(said).map_or_else(|| said.to_string(), |one| one.class.clone())) }
                        td { (format::count(images)) " of " (format::count(of)) }
                    }
                }
            }
        }
    };
    html! {
        @if all.is_empty() { p.caption { "No image is taken for another class." } } @else { (scrolled(label, &table)) }
    }
}

/// Accuracy of every class in one row, a column a class; empty for a class without images. `what` begins the words of every cell.
pub fn row(what: &str, by_class: &[ClassAccuracy], classes: usize) -> Markup {
    html! {
        @for class in 0..classes {
            @match by_class.iter().find(|one| one.index == class) {
                Some(one) => td class=(shade(one.accuracy)) title={
                    (what) ", " (one.class) ": " (percent(one.accuracy)) " " (interval(one.low, one.high)) ", " (format::count(one.count)) " images"
                } { (format!("{:.0}", 100.0 * one.accuracy)) },
                None => td.empty {},
            }
        }
    }
}

/// Least and greatest accuracy of the classes, and of many the middle one, in words.
pub fn spread(by_class: &[ClassAccuracy]) -> Option<String> {
    let mut all: Vec<f64> = by_class.iter().map(|one| one.accuracy).collect();
    all.sort_by(f64::total_cmp);
    let (least, greatest) = (all.first()?, all.last()?);
    let median = all.get(all.len() / 2).filter(|_| all.len() > ALL_PAIRS_UP_TO);
    let median = median.map_or_else(String::new, |median| format!(", median {}", percent(*median)));
    Some(format!(
        "by class {} to {}{median}",
        bare_percent(*least),
        percent(*greatest)
    ))
}

/// The classes with the lowest accuracy, at most so many, each with its accuracy among other examples.
pub fn worst(
    label: &str,
    headings: [&str; 2],
    by_class: &[ClassAccuracy],
    others: &[ClassAccuracy],
    most: usize,
) -> Markup {
    let other = |one: &ClassAccuracy| others.iter().find(|other| other.index == one.index);
    let mut ordered: Vec<&ClassAccuracy> = by_class.iter().collect();
    let second = |one: &ClassAccuracy| other(one).map_or(1.0, |other| other.accuracy);
    ordered.sort_by(|a, b| {
        let first = a.accuracy.total_cmp(&b.accuracy);
        first.then(second(a).total_cmp(&second(b))).then(a.index.cmp(&b.index))
    });
    let share = |one: &ClassAccuracy| {
        html! { (bare_percent(one.accuracy)) " " span.interval { (interval(one.low, one.high)) } }
    };
    let table = html! {
        table.numbers.dense {
            thead {
                tr {
                    th.text scope="col" { "Class" }
                    @for heading in headings { th scope="col" { (heading) " (%)" } }
                    th scope="col" { "Images" }
                }
            }
            tbody {
                @for one in ordered.into_iter().take(most) {
                    tr {
                        th scope="row" { (one.class) }
                        td { (share(one)) }
                        td { @match other(one) { Some(other) => (share(other)), None => (format::DASH) } }
                        td { (format::count(one.count)) }
                    }
                }
            }
        }
    };
    scrolled(label, &table)
}
