//! How a model looks: one color and one marker each, the same in every chart, so that color is never the only cue.

use doubleback::train::DefenseKind;
use maud::{Markup, html};

/// Markers there are, and colors of models: `m0` … in palette.rs, `k0` … in [`marker_defs`].
pub const SLOTS: usize = 10;

/// Models in the order of the charts, each with its slot.
#[derive(Debug)]
pub struct Slots {
    names: Vec<String>,
}

impl Slots {
    /// The paper's five always have the same slots; others take the next ones in order of appearance.
    pub fn new<'a>(models: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> = DefenseKind::PAPER.map(|kind| kind.name().to_owned()).to_vec();
        for model in models {
            if !names.iter().any(|name| name == model) {
                names.push(model.to_owned());
            }
        }
        Self { names }
    }

    /// The slot of a model; with more models than slots, looks repeat.
    pub fn of(&self, model: &str) -> usize {
        self.names.iter().position(|name| name == model).unwrap_or(SLOTS - 1) % SLOTS
    }
}

/// The markers, to be referred to by `use`: once in the page.
pub fn marker_symbols() -> Markup {
    html! { svg.symbols width="0" height="0" aria-hidden="true" { (marker_defs()) } }
}

/// The definitions of the markers: once in a drawing.
pub fn marker_defs() -> Markup {
    const SHAPES: [&str; SLOTS] = [
        "M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0z",
        "M-3 -3h6v6h-6z",
        "M0 -4L3.8 2.8H-3.8z",
        "M0 4L3.8 -2.8H-3.8z",
        "M0 -4.4L4.4 0L0 4.4L-4.4 0z",
        "M-1.3 -4h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7v-2.6h2.7z",
        "M0 -4L3.8 -1.2L2.4 3.3H-2.4L-3.8 -1.2z",
        "M-4 0L2.8 3.8V-3.8z",
        "M4 0L-2.8 3.8V-3.8z",
        "M-4 -2h8v4h-8z",
    ];
    html! {
        defs {
            @for (slot, shape) in SHAPES.iter().enumerate() {
                path id={ "k" (slot) } d=(shape) {}
            }
        }
    }
}

/// A model's marker and line, as they stand in a legend; hollow and dashed for the paper's.
pub fn swatch(slot: usize, published: bool) -> Markup {
    let class = if published { "paper" } else { "ours" };
    html! {
        svg.swatch viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" {
            g class={ "series m" (slot) " " (class) } {
                path.line d="M1 6H25" {}
                use.mark href={ "#k" (slot % SLOTS) } x="13" y="6" {}
            }
        }
    }
}

/// A model's name with its marker.
pub fn badge(slot: usize, name: &str) -> Markup {
    html! { span.model { (swatch(slot, false)) (name) } }
}
