//! Who may take part.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::desk::Researcher;
use super::view;
use crate::store::Settings;
use crate::web::failure::Failure;
use crate::web::form::Fields;
use crate::web::page::alert;

const PAGE: &str = "/enrolment";
/// More than any study has.
const MOST: u64 = 1_000_000;

/// The form.
pub async fn show(researcher: Researcher) -> Result<Response, Failure> {
    form(&researcher, StatusCode::OK, None).await
}

async fn form(researcher: &Researcher, status: StatusCode, wrong: Option<&str>) -> Result<Response, Failure> {
    let settings = researcher.store.settings().await?;
    let opened = researcher.store.progress().await?.opened;
    let body = html! {
        p { "People with a " a href="/links" { "personal link" } " may take part unless the study is paused. Others may while enrolment is open, at the study's address." }
        p id="state" {
            @match settings.open_enrolment {
                None => { "Enrolment is closed. " (opened) " have begun without a link." }
                Some(cap) => { "Enrolment is open to " (cap) " in all. " (opened) " have begun; those who withdrew later count too." }
            }
        }
        @if let Some(wrong) = wrong { (alert("wrong", wrong)) }
        form method="post" action=(PAGE) {
            (researcher.form(PAGE))
            p class="field" {
                label for="cap" { "At most so many participants without a link, in all" }
                input type="number" id="cap" name="cap" min="1" max=(MOST) required value=[settings.open_enrolment]
                    aria-describedby=[wrong.map(|_| "wrong")] aria-invalid=[wrong.map(|_| "true")];
            }
            p class="actions" { button { "Open enrolment" } }
        }
        @if settings.open_enrolment.is_some() {
            form method="post" action=(PAGE) class="actions" {
                (researcher.form(PAGE))
                button name="close" value="yes" class="quiet" { "Close enrolment" }
            }
        }
    };
    Ok(view::page(researcher, status, "Who may take part", body))
}

/// Opens or closes enrolment.
pub async fn set(researcher: Researcher, fields: Fields) -> Result<Response, Failure> {
    let cap = match fields.one("close")? {
        Some(_) => Ok(None),
        None => view::number(fields.one("cap")?, 1, MOST).map(Some),
    };
    match cap {
        Err(wrong) => form(&researcher, StatusCode::UNPROCESSABLE_ENTITY, Some(&wrong)).await,
        Ok(open_enrolment) => {
            researcher.accept(PAGE, &fields)?;
            researcher
                .store
                .change_settings(move |settings| Settings {
                    open_enrolment,
                    ..settings
                })
                .await?;
            Ok(Redirect::to(PAGE).into_response())
        }
    }
}

/// Pauses the study, or resumes it.
pub async fn pause(researcher: Researcher, fields: Fields) -> Result<Response, Failure> {
    researcher.accept("/pause", &fields)?;
    let paused = match fields.one("paused")? {
        Some("yes") => true,
        Some("no") => false,
        _ => {
            return Err(Failure::Request(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The form does not say whether to pause.",
            ));
        }
    };
    researcher
        .store
        .change_settings(move |settings| Settings { paused, ..settings })
        .await?;
    Ok(Redirect::to("/").into_response())
}
