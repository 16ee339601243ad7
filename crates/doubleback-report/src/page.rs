use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::context::Context;
use crate::model::marker_symbols;
use crate::palette;
use crate::sections::{header, sections};

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/report.js");

/// Lets the browser itself refuse any request to anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The whole page.
pub fn render(context: &Context) -> Markup {
    let sections = sections(context);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "doubleback " (context.results.version) };
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "Input gradient regularization on " (context.results.dataset) " – doubleback" }
                style { (PreEscaped(palette::page_css())) (PreEscaped(STYLE)) }
                // Before the page is drawn, so that what needs scripts does not flash.
                script { (PreEscaped("document.documentElement.classList.add('scripted')")) }
            }
            body {
                (marker_symbols())
                a.skip href="#claims" { "Skip to the results" }
                button.theme.script-only type="button" data-theme-toggle="" { "Dark" }
                main {
                    (header(context))
                    nav aria-label="Contents" {
                        ul {
                            @for section in &sections {
                                li { a href={ "#" (section.id) } { @if let Some(figure) = section.figure { "Figure " (figure) ". " } (section.title) } }
                            }
                        }
                    }
                    @for section in &sections {
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
                footer {
                    p {
                        "Made by doubleback " (context.results.version)
                        ". A. S. Ross and F. Doshi-Velez, “Improving the Adversarial Robustness and Interpretability of Deep Neural Networks by "
                        "Regularizing their Input Gradients”, AAAI 2018, arXiv 1711.09404."
                    }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}
