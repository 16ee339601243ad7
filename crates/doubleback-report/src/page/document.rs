use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::section::Section;
use crate::svg::{marker_symbols, palette};

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/report.js");
const MAPS: &str = include_str!("../../assets/maps.js");

/// Lets the browser itself refuse any request to anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// A page of its own, whatever it reports on.
pub struct Document<'a> {
    /// What the browser's tab says.
    pub title: String,
    /// Version of doubleback that measured.
    pub version: &'a str,
    /// The section that holds the results, for those who skip what is before it.
    pub results: &'a str,
    pub header: Markup,
    pub sections: Vec<Section>,
    pub footer: Markup,
}

impl Document<'_> {
    /// The whole page.
    pub fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content={ "doubleback " (self.version) };
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    title { (self.title) " – doubleback" }
                    style { (PreEscaped(palette::page_css())) (PreEscaped(STYLE)) }
                    // Before the page is drawn, so that what needs scripts does not flash.
                    script { (PreEscaped("document.documentElement.classList.add('scripted')")) }
                }
                body {
                    (marker_symbols())
                    a.skip href={ "#" (self.results) } { "Skip to the results" }
                    button.theme.script-only type="button" data-theme-toggle="" { "Dark" }
                    main {
                        (self.header)
                        nav aria-label="Contents" {
                            ul { @for section in &self.sections { li { (contents(section)) } } }
                        }
                        @for section in &self.sections { (whole(section)) }
                    }
                    footer { (self.footer) }
                    script { (PreEscaped(SCRIPT)) }
                    script { (PreEscaped(MAPS)) }
                }
            }
        }
    }
}

fn contents(section: &Section) -> Markup {
    html! {
        a href={ "#" (section.id) } { @if let Some(figure) = section.figure { "Figure " (figure) ". " } (section.title) }
    }
}

fn whole(section: &Section) -> Markup {
    html! {
        section id=(section.id) {
            h2 {
                a.anchor href={ "#" (section.id) } {
                    @if let Some(figure) = section.figure { span.number { "Figure " (figure) } " " }
                    (section.title)
                }
            }
            (section.body)
        }
    }
}
