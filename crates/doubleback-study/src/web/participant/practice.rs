//! The instructions, and images to practise on, whose answers are not kept.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{PreEscaped, html};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::state::App;
use super::choices::{self, Chosen, Problem};
use super::visitor::{Number, Visitor};
use crate::store::Stage;

const PAGE: &str = "instructions";

/// `GET /instructions`: what to do; until the images are done it can be read again.
pub(super) async fn instructions(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let stage = visitor.stage(&app);
    if stage > Stage::Items {
        return Err(visitor.go_on(&app));
    }
    let text = app
        .study
        .texts
        .instructions
        .html(&app.values(app.store.settings().await?.retention_days));
    let body = html! {
        div class="text" { (PreEscaped(text)) }
        @if stage == Stage::Instructions {
            form method="post" action="/instructions" {
                (visitor.hidden(PAGE))
                div class="actions" { button id="next" type="submit" { @if app.practice.is_empty() { "Begin" } @else { "Practise first" } } }
            }
        } @else {
            div class="actions" { a class="button" id="onward" href=(visitor.current(&app)) { "Go on with the study" } }
        }
    };
    Ok(visitor.page(&app, StatusCode::OK, "Instructions", body))
}

/// `POST /instructions`: they have been read.
pub(super) async fn begin(State(app): State<App>, visitor: Visitor, fields: Fields) -> Result<Response, Failure> {
    visitor.form(PAGE, fields.one("form")?)?;
    if visitor.stage(&app) != Stage::Instructions {
        return Err(visitor.go_on(&app));
    }
    advance(&app, &visitor, 1).await
}

/// On to a practice image, or to the images if there are not so many.
async fn advance(app: &App, visitor: &Visitor, number: usize) -> Result<Response, Failure> {
    let practice = u32::try_from(number).ok().filter(|_| number <= app.practice.len());
    let (stage, path) = match practice {
        Some(practice) => (Stage::Practice(practice), format!("/practice/{practice}")),
        None => (Stage::Items, "/item/1".to_owned()),
    };
    app.store.advance(visitor.number(), stage).await?;
    Ok(Redirect::to(&path).into_response())
}

fn allowed(app: &App, visitor: &Visitor, number: usize) -> Result<(), Failure> {
    match visitor.stage(app) {
        Stage::Practice(current) if current as usize == number => Ok(()),
        _ => Err(visitor.go_on(app)),
    }
}

/// `GET /practice/…`.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    allowed(&app, &visitor, number)?;
    Ok(page(&app, &visitor, number, Chosen::default(), None))
}

/// `POST /practice/…`: it is looked at as an answer would be, and forgotten.
pub(super) async fn answer(
    State(app): State<App>,
    visitor: Visitor,
    Number(number): Number,
    fields: Fields,
) -> Result<Response, Failure> {
    visitor.form(&format!("practice {number}"), fields.one("form")?)?;
    allowed(&app, &visitor, number)?;
    let chosen = Chosen::read(&fields)?;
    match chosen.answer(app.study.manifest.classes.len())? {
        Err(problem) => Ok(page(&app, &visitor, number, chosen, Some(problem))),
        Ok(_) => advance(&app, &visitor, number + 1).await,
    }
}

fn page(app: &App, visitor: &Visitor, number: usize, chosen: Chosen, problem: Option<Problem>) -> Response {
    let count = app.practice.len();
    let heading = format!("Practice {number} of {count}");
    let last = number == count;
    let body = html! {
        h1 { (heading) }
        p { "This is to get to know the form. Answers to practice images are not kept." }
        form method="post" action=(format!("/practice/{number}")) autocomplete="off" data-choices {
            (visitor.hidden(&format!("practice {number}")))
            (choices::picture(&format!("/practice-image/{number}"), app.study.manifest.data.shape))
            (choices::fields(&app.study.manifest.classes, chosen, problem))
            @if last { p { "After this, the images of the study begin." } }
            div class="actions" { button id="next" type="submit" { @if last { "Begin the study" } @else { "Next" } } }
        }
    };
    choices::page(app, visitor, &heading, body, problem)
}
