//! The frame of all pages.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets::{SCRIPT_PATH, STYLE_PATH};

/// A page.
pub struct Page<'a> {
    /// Its name, which the browser shows.
    pub title: &'a str,
    /// The study's name, above and in the browser.
    pub study: &'a str,
    /// What it says, beginning with an `h1`.
    pub body: Markup,
    /// Links at the foot.
    pub foot: Option<Markup>,
    /// Whether it has the participants' script.
    pub script: bool,
}

impl Page<'_> {
    /// As a response.
    pub fn response(&self, status: StatusCode) -> Response {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) @if !self.study.is_empty() && self.study != self.title { " – " (self.study) } }
                    link rel="stylesheet" href=(*STYLE_PATH);
                    @if self.script { script src=(*SCRIPT_PATH) defer {} }
                }
                body {
                    a class="skip" href="#main" { "Skip to the content" }
                    @if !self.study.is_empty() { header { p class="study" { (self.study) } } }
                    main id="main" tabindex="-1" { (self.body) }
                    @if let Some(foot) = &self.foot { footer { (foot) } }
                }
            }
        };
        (
            status,
            [(CONTENT_TYPE, "text/html; charset=utf-8")],
            markup.into_string(),
        )
            .into_response()
    }
}

/// A page that needs to know nothing of the study.
pub fn plain(status: StatusCode, title: &str, body: &Markup) -> Response {
    Page {
        title,
        study: "",
        body: body.clone(),
        foot: None,
        script: false,
    }
    .response(status)
}

/// What is wrong with a form, above it; screen readers say it at once.
pub fn alert(id: &str, message: &str) -> Markup {
    html! { p id=(id) class="alert" role="alert" { (message) } }
}
