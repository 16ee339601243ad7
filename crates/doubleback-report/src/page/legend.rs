//! Legends: which line is what.

use maud::{Markup, html};

use crate::svg::swatch;

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Color and marker; of the paper's lines, which have those of their models, the first.
    pub slot: usize,
    /// Name of the line.
    pub name: String,
    /// Whether it stands for all lines of the paper.
    pub published: bool,
}

impl Entry {
    /// A line of ours.
    pub fn ours(slot: usize, name: impl Into<String>) -> Self {
        Self {
            slot,
            name: name.into(),
            published: false,
        }
    }

    /// The paper's lines.
    pub fn published() -> Self {
        Self {
            slot: 0,
            name: "the paper's".to_owned(),
            published: true,
        }
    }
}

/// A legend of charts that have nothing to show and hide.
pub fn key(entries: &[Entry]) -> Markup {
    html! {
        div.key { @for entry in entries { span.model { (swatch(entry.slot, entry.published)) (entry.name) } } }
    }
}

/// A legend that a group of charts shares: each entry shows and hides its lines in all of them.
/// It stays in view while the reader scrolls through the group.
pub fn legend(entries: &[Entry]) -> Markup {
    html! {
        div.legend role="group" aria-label="Lines shown" {
            @for entry in entries {
                button type="button" aria-pressed="true"
                    data-hides=(if entry.published { "hide-paper".to_owned() } else { format!("hide-{}", entry.slot) }) {
                    (swatch(entry.slot, entry.published)) (entry.name)
                }
            }
        }
    }
}
