//! Who takes part, and the deletion of their data.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::desk::Researcher;
use super::view;
use crate::web::failure::Failure;
use crate::web::form::Fields;
use crate::web::page::alert;

/// All of them.
pub async fn show(researcher: Researcher) -> Result<Response, Failure> {
    let participants = researcher.store.participants().await?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let days = |at: i64| i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(at).max(0) / 86_400;
    let body = html! {
        @if participants.is_empty() { p { "Nobody has begun." } }
        @else {
            div class="scroll" {
                table id="participants" {
                    caption { "Numbers are in the order of enrolment; they say nothing of who somebody is" }
                    thead { tr {
                        th scope="col" { "Number" } th scope="col" { "Stage" } th scope="col" { "Images answered" }
                        th scope="col" { "Last seen, days ago" } th scope="col" { "Data" }
                    } }
                    tbody {
                        @for one in &participants {
                            tr {
                                th scope="row" { (one.number) }
                                td { (one.stage.name()) }
                                td { (one.answered) " of " (researcher.items) }
                                td { (days(one.last_activity)) }
                                td { a href={ "/participants/" (one.number) "/delete" } aria-label={ "Delete the data of participant " (one.number) } { "Delete…" } }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(view::page(&researcher, StatusCode::OK, "Participants", body))
}

/// Asks whether to delete somebody's data.
pub async fn ask(researcher: Researcher, Path(number): Path<u64>) -> Result<Response, Failure> {
    confirm(&researcher, number, StatusCode::OK, None).await
}

async fn confirm(
    researcher: &Researcher,
    number: u64,
    status: StatusCode,
    wrong: Option<&str>,
) -> Result<Response, Failure> {
    if !researcher
        .store
        .participants()
        .await?
        .iter()
        .any(|one| one.number == number)
    {
        return Err(Failure::Request(
            StatusCode::NOT_FOUND,
            "There is no participant of this number, or their data are deleted.",
        ));
    }
    let page = format!("/participants/{number}/delete");
    let body = html! {
        p { "All answers and the comment of participant " (number) " are deleted for good, from the database and its log. What you have exported or backed up before is yours to delete." }
        @if let Some(wrong) = wrong { (alert("wrong", wrong)) }
        form method="post" action=(page) {
            (researcher.form(&page))
            p { label class="choice" {
                input type="checkbox" name="sure" value="yes" required aria-describedby=[wrong.map(|_| "wrong")];
                span { "Delete all data of participant " (number) }
            } }
            p class="actions" {
                button class="danger" { "Delete for good" }
                a class="button quiet" href="/participants" { "Keep" }
            }
        }
    };
    Ok(view::page(researcher, status, "Delete a participant's data", body))
}

/// Deletes them.
pub async fn delete(researcher: Researcher, Path(number): Path<u64>, fields: Fields) -> Result<Response, Failure> {
    if fields.one("sure")? != Some("yes") {
        let wrong = "Please tick the box if the data are to be deleted.";
        return confirm(&researcher, number, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong)).await;
    }
    researcher.accept(&format!("/participants/{number}/delete"), &fields)?;
    if !researcher.store.delete(number).await? {
        return Err(Failure::Request(
            StatusCode::NOT_FOUND,
            "There is no participant of this number, or their data are deleted.",
        ));
    }
    let body = html! {
        p role="status" { "All data of participant " (number) " are deleted." }
        p { a href="/participants" { "All participants" } }
    };
    Ok(view::page(&researcher, StatusCode::OK, "Deleted", body))
}
