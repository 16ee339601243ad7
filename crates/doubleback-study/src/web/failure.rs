//! What went wrong with a request, and the page that says so.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::page;
use crate::Error;

/// Why a request got no page of its own.
#[derive(Debug)]
pub enum Failure {
    /// The server's fault.
    Server(Error),
    /// The request's: a status, and a sentence for people.
    Request(StatusCode, &'static str),
    /// Another page comes first.
    Elsewhere(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Server(error) => {
                tracing::error!(%error, "a request failed");
                let text = "Something went wrong on the server. What you answered before is kept. Please wait a moment and try again.";
                plain(StatusCode::INTERNAL_SERVER_ERROR, "Please try again", text)
            }
            Self::Request(status, text) => plain(status, heading(status), text),
            Self::Elsewhere(path) => Redirect::to(&path).into_response(),
        }
    }
}

fn heading(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Page not found",
        StatusCode::TOO_MANY_REQUESTS => "Please wait a moment",
        _ => "This did not work",
    }
}

/// A page with one sentence and the way back to the study.
pub fn plain(status: StatusCode, heading: &str, text: &str) -> Response {
    page::plain(status, heading, &body(heading, text))
}

fn body(heading: &str, text: &str) -> Markup {
    html! {
        h1 { (heading) }
        p { (text) }
        p { a href="/" { "Go to the study" } }
    }
}
