use maud::{Markup, html};

use crate::context::Context;
use crate::files::{File, Table};
use crate::legend::{Entry, key, legend};
use crate::sections::{missing, verdict};
use crate::svg::Panel;

/// A figure of the paper.
pub struct Figure {
    /// Its number in the paper.
    pub number: usize,
    /// Its name in file names.
    pub slug: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Numbers of the claims that it bears on.
    pub claims: &'static [usize],
    /// What it shows, or what is missing from the run.
    pub content: fn(&Context) -> Result<Content, String>,
    /// Pictures and animations that are files beside the drawing and its values.
    pub files: fn(&Context) -> Vec<File>,
}

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
    pub heading: Option<String>,
    pub legend: Vec<Entry>,
    pub panels: Vec<Panel>,
}

impl Figure {
    /// What stands under the heading on the page.
    pub fn body(&self, context: &Context) -> Markup {
        let content = match (self.content)(context) {
            Ok(content) => content,
            Err(why) => return missing(&why),
        };
        content.body(&verdicts(context, self.claims))
    }
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

/// The claims that a figure bears on, with this run's verdicts.
fn verdicts(context: &Context, numbers: &[usize]) -> Markup {
    let claims: Vec<_> = context
        .results
        .claims
        .iter()
        .filter(|claim| numbers.contains(&claim.number))
        .collect();
    html! {
        @if !claims.is_empty() {
            ul.bears-on aria-label="Claims of the paper that this figure bears on" {
                @for claim in claims {
                    li { (verdict(claim.verdict)) a href="#claims" { "Claim " (claim.number) } ": " (claim.statement.replace(" %", "\u{a0}%")) }
                }
            }
        }
    }
}

/// Sentences with a space between; those that are missing are left out.
pub fn reading_of<const N: usize>(sentences: [Option<String>; N]) -> String {
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
