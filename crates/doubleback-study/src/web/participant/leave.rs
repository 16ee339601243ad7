//! The end: thanks, leaving a shared device, and taking one's answers back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{PreEscaped, html};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::page::Page;
use super::super::state::App;
use super::visitor::Visitor;
use crate::store::Stage;

/// `GET /thanks`.
pub(super) async fn thanks(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    if visitor.stage(&app) != Stage::Done {
        return Err(visitor.go_on(&app));
    }
    let text = app
        .study
        .texts
        .thanks
        .html(&app.values(app.store.settings().await?.retention_days));
    let body = html! {
        div class="text" { (PreEscaped(text)) }
        p { "If other people use this device, leave the study here, so that they cannot delete your answers. Your answers stay." }
        form method="post" action="/leave" {
            (visitor.hidden("leave"))
            div class="actions" { button id="leave" class="quiet" type="submit" { "Leave the study on this device" } }
        }
    };
    Ok(visitor.page(&app, StatusCode::OK, "Thank you", body))
}

/// `POST /leave`: the browser forgets the session.
pub(super) async fn leave(State(app): State<App>, visitor: Visitor, fields: Fields) -> Result<Response, Failure> {
    visitor.form("leave", fields.one("form")?)?;
    let mut response = farewell(
        &app,
        "You have left the study",
        "Your answers are kept. You can close this page.",
    );
    app.session_cookie().clear(response.headers_mut());
    Ok(response)
}

/// `GET /withdraw`: whether they mean it.
pub(super) async fn ask(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let body = html! {
        h1 { "Withdraw?" }
        p { "You can stop at any time and need not say why. If you withdraw, all that you answered will be deleted for good: nobody can bring it back." }
        form method="post" action="/withdraw" {
            (visitor.hidden("withdraw"))
            div class="actions" {
                button id="withdraw" class="danger" type="submit" { "Withdraw and delete my answers" }
                a class="button quiet" id="onward" href=(visitor.current(&app)) { "Go on with the study" }
            }
        }
    };
    Ok(visitor.page(&app, StatusCode::OK, "Withdraw?", body))
}

/// `POST /withdraw`: when the browser hears of it, nothing is left.
pub(super) async fn withdraw(State(app): State<App>, visitor: Visitor, fields: Fields) -> Result<Response, Failure> {
    visitor.form("withdraw", fields.one("form")?)?;
    app.store.withdraw(visitor.number()).await?;
    let mut response = Redirect::to("/withdrawn").into_response();
    app.session_cookie().clear(response.headers_mut());
    Ok(response)
}

/// `GET /withdrawn`.
pub(super) async fn withdrawn(State(app): State<App>) -> Response {
    farewell(
        &app,
        "Your answers are deleted",
        "Nothing of what you answered is kept. Thank you for your time. You can close this page.",
    )
}

fn farewell(app: &App, heading: &str, text: &str) -> Response {
    let body = html! { h1 { (heading) } p { (text) } };
    Page {
        title: heading,
        study: &app.study.manifest.title,
        body,
        foot: None,
        script: false,
    }
    .response(StatusCode::OK)
}
