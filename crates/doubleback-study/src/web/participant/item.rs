//! The images of the study.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::state::App;
use super::choices::{self, Chosen, Problem};
use super::visitor::{Number, Visitor, after_items, no_page};
use crate::store::{Kept, Stage};

/// Whether an image may be seen now: those answered, and the next.
pub(super) fn allowed(app: &App, visitor: &Visitor, position: usize) -> Result<(), Failure> {
    if position > visitor.items() {
        return Err(no_page());
    }
    if visitor.stage(app) != Stage::Items || position > visitor.participant.answered + 1 {
        return Err(visitor.go_on(app));
    }
    Ok(())
}

/// `GET /item/…`.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Visitor,
    Number(position): Number,
) -> Result<Response, Failure> {
    allowed(&app, &visitor, position)?;
    app.store.shown(visitor.number(), position).await?;
    let chosen = if position <= visitor.participant.answered {
        app.store
            .answers(visitor.number())
            .await?
            .get(&position)
            .map(|&answer| Chosen::from(answer))
    } else {
        None
    };
    Ok(page(&app, &visitor, position, chosen.unwrap_or_default(), None))
}

/// `POST /item/…`: kept on the disk before the browser hears of it.
pub(super) async fn answer(
    State(app): State<App>,
    visitor: Visitor,
    Number(position): Number,
    fields: Fields,
) -> Result<Response, Failure> {
    let nonce = visitor.form(&format!("item {position}"), fields.one("form")?)?;
    let chosen = Chosen::read(&fields)?;
    let answer = match chosen.answer(app.study.manifest.classes.len())? {
        Ok(answer) => answer,
        Err(problem) => {
            allowed(&app, &visitor, position)?;
            return Ok(page(&app, &visitor, position, chosen, Some(problem)));
        }
    };
    match app.store.answer(visitor.number(), position, answer, nonce).await? {
        Kept::New | Kept::Again if position < visitor.items() && visitor.stage(&app) == Stage::Items => {
            Ok(Redirect::to(&format!("/item/{}", position + 1)).into_response())
        }
        Kept::New | Kept::Again => {
            if visitor.stage(&app) <= Stage::Comparison {
                app.store.advance(visitor.number(), after_items(&app)).await?;
            }
            Ok(Redirect::to("/").into_response())
        }
        Kept::Closed => Err(Failure::Elsewhere("/".to_owned())),
        Kept::Conflict => Err(Failure::Request(
            StatusCode::CONFLICT,
            "This form was sent before with another answer, which is kept. To change it, go back to the image while the study is at the images.",
        )),
    }
}

fn page(app: &App, visitor: &Visitor, position: usize, chosen: Chosen, problem: Option<Problem>) -> Response {
    let count = visitor.items();
    let current = visitor.participant.answered + 1;
    let heading = format!("Image {position} of {count}");
    let last = position == count;
    let body = html! {
        h1 { (heading) }
        progress id="progress" value=(visitor.participant.answered) max=(count) aria-label="Images answered" { (heading) }
        form method="post" action=(format!("/item/{position}")) autocomplete="off" data-choices {
            (visitor.hidden(&format!("item {position}")))
            (choices::picture(&format!("/image/{position}"), app.study.manifest.data.shape))
            (choices::fields(&app.study.manifest.classes, chosen, problem))
            @if last { p { "This is the last image. When you go on, answers to images can no longer be changed." } }
            div class="actions" {
                button id="next" type="submit" { @if last { "Finish the images" } @else { "Next" } }
                (ways(position, current))
            }
        }
    };
    choices::page(app, visitor, &heading, body, problem)
}

/// Back, and to where one came back from.
fn ways(position: usize, current: usize) -> Markup {
    html! {
        @if position > 1 { a class="button quiet" id="back" href=(format!("/item/{}", position - 1)) { "Back" } }
        @if position < current { a class="button quiet" id="onward" href=(format!("/item/{current}")) { "To image " (current) } }
    }
}
