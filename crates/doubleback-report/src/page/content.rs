//! What a figure shows, in the page and in a file of its own.

use maud::{Markup, html};

use super::csv_table::Table;
use super::legend::{Entry, key, legend};
use crate::svg::Panel;

/// What a figure shows.
pub struct Content {
    /// What this run's figure says, in one sentence or two; a paragraph a line.
    pub reading: String,
    /// Charts.
    pub groups: Vec<Group>,
    /// Pictures and tables of the page that are no charts; they stand before the caption.
    pub pictures: Markup,
    /// What stands in the file of the figure in place of `pictures`.
    pub file_panels: Vec<Panel>,
    /// How to read it.
    pub caption: String,
    /// Tables that the reader unfolds.
    pub details: Markup,
    /// Every value that is drawn.
    pub values: Table,
}

/// Charts that share a legend.
#[derive(Default)]
pub struct Group {
    /// Heading, if it has one.
    pub heading: Option<String>,
    /// Its entries; empty: no legend.
    pub legend: Vec<Entry>,
    /// The charts.
    pub panels: Vec<Panel>,
}

impl Content {
    /// As a part of the page; `above` stands between the reading and the charts.
    pub fn body(&self, above: &Markup) -> Markup {
        let readable = self
            .groups
            .iter()
            .flat_map(|group| &group.panels)
            .any(|panel| panel.drawing.readable.is_some());
        html! {
            @for paragraph in self.reading.lines() { p.reading { (paragraph) } }
            (above)
            figure {
                @for group in &self.groups { (self::group(group)) }
                (self.pictures)
                figcaption {
                    (self.caption)
                    @if readable {
                        span.script-only { " Choose lines in the legend; point, touch or use the arrow keys in a chart to read its values." }
                    }
                }
            }
            (self.details)
        }
    }
}

fn group(group: &Group) -> Markup {
    html! {
        div.group {
            @if let Some(heading) = &group.heading { h3 { (heading) } }
            @if group.panels.iter().any(|panel| panel.drawing.readable.is_some()) {
                @if !group.legend.is_empty() { (legend(&group.legend)) }
            } @else if !group.legend.is_empty() { (key(&group.legend)) }
            div.charts { @for panel in &group.panels { (panel.inline()) } }
        }
    }
}

/// Sentences with a space between; those that are missing are left out.
pub fn reading_of<const N: usize>(sentences: [Option<String>; N]) -> String {
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
