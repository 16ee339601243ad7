//! The qualitative part: confusion matrices whose models have no names, and what people say of them.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{PreEscaped, html};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::page::alert;
use super::super::state::App;
use super::matrix::{letter, table};
use super::visitor::Visitor;
use crate::assignment::Assignment;
use crate::store::{Comparison, Kept, Stage};

const PAGE: &str = "compare";
/// Characters of a comment at most.
const COMMENT: usize = 4000;

/// `GET /compare`.
pub(super) async fn show(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    if visitor.stage(&app) != Stage::Comparison {
        return Err(visitor.go_on(&app));
    }
    page(&app, &visitor, "", None, None).await
}

/// `POST /compare`: kept, and they are done.
pub(super) async fn answer(State(app): State<App>, visitor: Visitor, fields: Fields) -> Result<Response, Failure> {
    let nonce = visitor.form(PAGE, fields.one("form")?)?;
    let order = order(&app, &visitor);
    // Browsers send two characters for the end of a line, which nobody typed.
    let comment = fields.one("comment")?.unwrap_or_default().replace("\r\n", "\n");
    let place = match fields.one("preferred")? {
        None | Some("none") => None,
        Some(text) => {
            let place = (0..order.len()).find(|place| place.to_string() == text);
            Some(place.ok_or(Failure::Request(
                StatusCode::UNPROCESSABLE_ENTITY,
                "There is no such matrix.",
            ))?)
        }
    };
    let characters = comment.chars().count();
    if characters > COMMENT {
        let message =
            format!("Your comment has {characters} characters: there is room for {COMMENT}. Please shorten it.");
        return page(&app, &visitor, &comment, place, Some(&message)).await;
    }
    if visitor.participant.stage == Stage::Items && visitor.stage(&app) == Stage::Comparison {
        app.store.advance(visitor.number(), Stage::Comparison).await?;
    }
    let preferred = place.map(|place| app.study.manifest.confusion[order[place]].model);
    match app
        .store
        .compare(visitor.number(), Comparison { preferred, comment }, nonce)
        .await?
    {
        Kept::New | Kept::Again | Kept::Closed => Ok(Redirect::to("/").into_response()),
        Kept::Conflict => Err(Failure::Request(
            StatusCode::CONFLICT,
            "This form was sent before with another comment, which is kept.",
        )),
    }
}

/// Indices of the matrices, in the participant's order.
fn order(app: &App, visitor: &Visitor) -> Vec<usize> {
    Assignment::matrices(
        app.study.manifest.seed,
        app.study.manifest.confusion.len(),
        visitor.number(),
    )
}

async fn page(
    app: &App,
    visitor: &Visitor,
    comment: &str,
    place: Option<usize>,
    problem: Option<&str>,
) -> Result<Response, Failure> {
    let manifest = &app.study.manifest;
    let text = app
        .study
        .texts
        .comparison
        .html(&app.values(app.store.settings().await?.retention_days));
    let order = order(app, visitor);
    let radio = |id: String, value: &str, checked: bool, label: String| {
        html! {
            label class="choice wide" for=(id) {
                input type="radio" id=(id) name="preferred" value=(value) checked[checked];
                span { (label) }
            }
        }
    };
    let body = html! {
        div class="text" { (PreEscaped(text)) }
        @for (place, &index) in order.iter().enumerate() { (table(place, &manifest.confusion[index], &manifest.classes)) }
        form method="post" action="/compare" autocomplete="off" {
            (visitor.hidden(PAGE))
            @if order.len() > 1 {
                fieldset {
                    legend { "Which matrix has the most reasonable mistakes? (optional)" }
                    div class="choices" {
                        @for other in 0..order.len() {
                            (radio(format!("preferred-{other}"), &other.to_string(), place == Some(other), format!("Matrix {}", letter(other))))
                        }
                        (radio("preferred-none".to_owned(), "none", false, "I cannot say".to_owned()))
                    }
                }
            }
            div class="field" {
                label for="comment" { "What differences do you notice? (optional)" }
                @if let Some(problem) = problem { (alert("comment-problem", problem)) }
                textarea id="comment" name="comment" rows="6" maxlength=(COMMENT) aria-invalid=[problem.map(|_| "true")]
                    aria-describedby=(if problem.is_some() { "comment-problem comment-note" } else { "comment-note" }) { "\n" (comment) }
                p id="comment-note" class="note" { "Up to 4,000 characters. Please write nothing that says who you are." }
            }
            div class="actions" { button id="next" type="submit" { "Finish" } }
        }
    };
    let (status, title) = match problem {
        None => (StatusCode::OK, "Comparison"),
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, "Error: Comparison"),
    };
    Ok(visitor.page(app, status, title, body))
}
