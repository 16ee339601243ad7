use maud::{Markup, html};

use super::frame::px;
use super::marker::badge;

/// A chart that is drawn, to stand in the page or in a figure on its own.
pub struct Drawing {
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What it shows, for those who do not see it.
    pub description: String,
    /// Its elements.
    pub body: Markup,
    /// Of a chart whose values can be read: what stands before the place on the x axis, and the upper and lower end of the plot.
    pub readable: Option<(&'static str, f64, f64)>,
}

impl Drawing {
    /// As an element of the page; values can be read by pointer, touch and arrow keys (report.js).
    pub fn inline(&self) -> Markup {
        let (head, top, bottom) = match self.readable {
            Some((head, top, bottom)) => (Some(head), Some(px(top)), Some(px(bottom))),
            None => (None, None, None),
        };
        html! {
            svg.chart viewBox={ "0 0 " (px(self.width)) " " (px(self.height)) } role="img" aria-label=(self.description)
                data-head=[head] data-top=[top] data-bottom=[bottom] tabindex=[head.map(|_| "0")] {
                (self.body)
            }
        }
    }

    /// As a part of a larger drawing.
    pub fn at(&self, x: f64, y: f64) -> Markup {
        html! {
            g transform={ "translate(" (px(x)) " " (px(y)) ")" } role="img" aria-label=(self.description) { (self.body) }
        }
    }
}

/// A drawing with its heading: one cell of a grid of them.
pub struct Panel {
    /// Its heading.
    pub heading: String,
    /// The model that the heading ends with, by slot.
    pub model: Option<(usize, String)>,
    /// A line under the heading.
    pub note: Option<String>,
    /// What is drawn.
    pub drawing: Drawing,
}

impl Panel {
    /// A panel without a model or a note.
    pub fn new(heading: impl Into<String>, drawing: Drawing) -> Self {
        Self {
            heading: heading.into(),
            model: None,
            note: None,
            drawing,
        }
    }

    /// As a part of the page.
    pub fn inline(&self) -> Markup {
        html! {
            div.panel {
                h4 {
                    (self.heading)
                    @if let Some((slot, name)) = &self.model { " " (badge(*slot, name)) }
                }
                @if let Some(note) = &self.note { p.panel-note { (note) } }
                (self.drawing.inline())
            }
        }
    }
}
