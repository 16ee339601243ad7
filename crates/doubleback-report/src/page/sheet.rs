//! A figure as one SVG drawing that needs nothing else.

use std::borrow::Cow;

use maud::{Markup, PreEscaped, html};

use super::content::{Content, Group};
use super::legend::Entry;
use crate::svg::{Panel, SLOTS, WIDTH, marker_defs, palette, px};

const MARGIN: f64 = 24.0;
const GAP: f64 = 30.0;
/// Least width, so that title and caption have room.
const LEAST: f64 = 780.0;

const STYLE: &str = include_str!("../../assets/figure.css");

/// The drawing: title, legend, charts and how to read them, dark on white.
pub fn svg(title: &str, provenance: &str, content: &Content) -> String {
    let mut canvas = Canvas::new(content);
    canvas.line("title", 20.0, title);
    canvas.text("faint", provenance);
    for group in &content.groups {
        canvas.group(group);
    }
    if !content.file_panels.is_empty() {
        canvas.panels(&content.file_panels);
    }
    for paragraph in content.reading.lines() {
        canvas.text("reading", paragraph);
    }
    canvas.text("faint", &content.caption);
    let (width, height) = (px(canvas.width), px(canvas.y + MARGIN));
    let drawing = html! {
        svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width=(width) height=(height)
            viewBox={ "0 0 " (width) " " (height) } {
            title { (title) }
            desc { (content.reading) " " (content.caption) }
            style { (PreEscaped(STYLE)) (PreEscaped(palette::file_css())) }
            (marker_defs())
            rect.paper-ground width=(width) height=(height) {}
            @for part in &canvas.parts { (part) }
        }
    };
    // Programs that draw SVG 1.1 know only the older name of the attribute.
    let text = drawing.into_string().replace(" href=\"", " xlink:href=\"");
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n")
}

/// What is drawn so far, from top to bottom.
struct Canvas {
    width: f64,
    columns: usize,
    y: f64,
    parts: Vec<Markup>,
}

impl Canvas {
    fn new(content: &Content) -> Self {
        let panels = || {
            content
                .groups
                .iter()
                .flat_map(|group| &group.panels)
                .chain(&content.file_panels)
        };
        let most = content.groups.iter().map(|group| group.panels.len()).max().unwrap_or(1);
        let columns = most.clamp(1, 3);
        let widest = panels().map(|panel| panel.drawing.width).fold(0.0, f64::max);
        let charts = columns as f64 * (WIDTH + GAP) - GAP;
        Self {
            width: charts.max(widest).max(LEAST) + 2.0 * MARGIN,
            columns,
            y: MARGIN,
            parts: Vec::new(),
        }
    }

    fn line(&mut self, class: &str, height: f64, text: &str) {
        self.y += height;
        self.parts
            .push(html! { text class=(class) x=(px(MARGIN)) y=(px(self.y)) { (text) } });
    }

    /// Text in as many lines as it needs.
    fn text(&mut self, class: &str, text: &str) {
        if text.is_empty() {
            return;
        }
        self.y += 6.0;
        for line in wrapped(text, ((self.width - 2.0 * MARGIN) / 6.1) as usize) {
            self.line(class, 17.0, &line);
        }
    }

    fn group(&mut self, group: &Group) {
        if let Some(heading) = &group.heading {
            self.line("heading", 30.0, heading);
        }
        self.legend(&group.legend);
        self.panels(&group.panels);
    }

    fn legend(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        let mut x = MARGIN;
        self.y += 26.0;
        for entry in entries {
            let width = 34.0 + 7.4 * entry.name.chars().count() as f64 + 16.0;
            if x + width > self.width - MARGIN && x > MARGIN {
                x = MARGIN;
                self.y += 20.0;
            }
            let class = format!("m{} {}", entry.slot, if entry.published { "paper" } else { "ours" });
            self.parts.push(html! {
                g class=(class) transform={ "translate(" (px(x)) " " (px(self.y)) ")" } {
                    path.line d="M0 -4H26" {}
                    use.mark href={ "#k" (entry.slot % SLOTS) } x="13" y="-4" {}
                }
                text x=(px(x + 32.0)) y=(px(self.y)) { (entry.name) }
            });
            x += width;
        }
    }

    fn panels(&mut self, panels: &[Panel]) {
        for row in panels.chunks(self.columns) {
            let top = self.y + 28.0;
            let notes = row.iter().any(|panel| panel.note.is_some());
            let chart = top + if notes { 24.0 } else { 10.0 };
            for (column, panel) in row.iter().enumerate() {
                let x = MARGIN + column as f64 * (WIDTH + GAP);
                let model = panel
                    .model
                    .as_ref()
                    .map_or(String::new(), |(_, name)| format!(" {name}"));
                self.parts.push(html! {
                    text.heading x=(px(x)) y=(px(top)) { (panel.heading) (model) }
                    @if let Some(note) = &panel.note { text.faint x=(px(x)) y=(px(top + 15.0)) { (note) } }
                    (panel.drawing.at(x, chart))
                });
            }
            let tallest = row.iter().map(|panel| panel.drawing.height).fold(0.0, f64::max);
            self.y = chart + tallest;
        }
        self.y += 8.0;
    }
}

/// Words in lines of at most `width` characters.
fn wrapped(text: &str, width: usize) -> Vec<Cow<'_, str>> {
    let options = textwrap::Options::new(width).break_words(false);
    textwrap::wrap(text, options.word_splitter(textwrap::WordSplitter::NoHyphenation))
}
