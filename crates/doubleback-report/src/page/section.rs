//! A part of a page under its own heading, and what is common to such parts.

use maud::{Markup, html};

/// A part of the report.
pub struct Section {
    /// What links point to.
    pub id: String,
    /// Number of the figure that it is in the paper.
    pub figure: Option<usize>,
    /// Heading.
    pub title: &'static str,
    /// What stands under the heading.
    pub body: Markup,
}

/// What stands where a figure cannot be drawn.
pub fn missing(why: &str) -> Markup {
    html! { p.missing { (why) } }
}

/// A caption: which figure of the paper, and how to read it.
pub fn caption(figure: Option<&str>, text: &Markup) -> Markup {
    html! {
        figcaption {
            @if let Some(figure) = figure { b { (figure) ". " } }
            (text)
        }
    }
}
