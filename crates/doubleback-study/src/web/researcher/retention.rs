//! How long data are kept.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::desk::Researcher;
use super::view;
use crate::store::Settings;
use crate::web::failure::Failure;
use crate::web::form::Fields;
use crate::web::page::alert;

const PAGE: &str = "/retention";
/// A hundred years.
const MOST: u32 = 36_500;

/// The form.
pub async fn show(researcher: Researcher) -> Result<Response, Failure> {
    form(&researcher, StatusCode::OK, None).await
}

async fn form(researcher: &Researcher, status: StatusCode, wrong: Option<&str>) -> Result<Response, Failure> {
    let days = researcher.store.settings().await?.retention_days;
    let body = html! {
        p id="state" {
            @match days {
                None => { "A participant's data are kept until you delete them." }
                Some(1) => { "A participant's data are deleted a day after what they sent last." }
                Some(days) => { "A participant's data are deleted " (days) " days after what they sent last." }
            }
        }
        p { "The consent text says this to who begins from now on. A longer time does not hold for those who agreed to a shorter one; a shorter one holds for all. What you have exported is yours to delete." }
        @if let Some(wrong) = wrong { (alert("wrong", wrong)) }
        form method="post" action=(PAGE) {
            (researcher.form(PAGE))
            p class="field" {
                label for="days" { "Days" }
                input type="number" id="days" name="days" min="1" max=(MOST) required value=[days]
                    aria-describedby=[wrong.map(|_| "wrong")] aria-invalid=[wrong.map(|_| "true")];
            }
            p class="actions" { button { "Keep so long" } }
        }
        @if days.is_some() {
            form method="post" action=(PAGE) class="actions" {
                (researcher.form(PAGE))
                button name="forever" value="yes" class="quiet" { "Keep until deleted by hand" }
            }
        }
    };
    Ok(view::page(researcher, status, "How long data are kept", body))
}

/// Changes it.
pub async fn set(researcher: Researcher, fields: Fields) -> Result<Response, Failure> {
    let days = match fields.one("forever")? {
        Some(_) => Ok(None),
        None => view::number(fields.one("days")?, 1, MOST).map(Some),
    };
    match days {
        Err(wrong) => form(&researcher, StatusCode::UNPROCESSABLE_ENTITY, Some(&wrong)).await,
        Ok(retention_days) => {
            researcher.accept(PAGE, &fields)?;
            researcher
                .store
                .change_settings(move |settings| Settings {
                    retention_days,
                    ..settings
                })
                .await?;
            Ok(Redirect::to(PAGE).into_response())
        }
    }
}
