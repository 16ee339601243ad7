//! The frame of the researcher's pages.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::desk::Researcher;
use crate::web::page::Page;

/// A page of somebody who is logged in.
pub fn page(researcher: &Researcher, status: StatusCode, title: &str, body: Markup) -> Response {
    let foot = html! {
        nav aria-label="Researcher" {
            a href="/" { "Progress" }
            a href="/enrolment" { "Who may take part" }
            a href="/links" { "Personal links" }
            a href="/participants" { "Participants" }
            a href="/retention" { "How long data are kept" }
            a href="/answers.csv" { "Answers as CSV" }
            a href="/answers.json" { "All as JSON" }
        }
        form method="post" action="/logout" {
            (researcher.form("/logout"))
            button class="quiet" { "Log out" }
        }
    };
    let study = &researcher.study.manifest.title;
    Page {
        title,
        study,
        body: html! { h1 { (title) } (body) },
        foot: Some(foot),
        script: false,
    }
    .response(status)
}

/// A whole number of a form's field, between two bounds; the message says what is wanted.
pub fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    text: Option<&str>,
    least: T,
    most: T,
) -> Result<T, String> {
    let number = text.and_then(|text| text.trim().parse::<T>().ok());
    number
        .filter(|number| *number >= least && *number <= most)
        .ok_or_else(|| format!("Please enter a whole number from {least} to {most}."))
}
