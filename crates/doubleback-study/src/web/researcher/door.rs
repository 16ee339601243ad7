//! In and out.

use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;

use super::desk::{COOKIE, Desk, Researcher, check, hidden};
use crate::store::TokenHash;
use crate::web::failure::{Failure, plain};
use crate::web::form::Fields;
use crate::web::page::{Page, alert};
use crate::web::session::Secret;

const PAGE: &str = "/login";

/// Asks for the token.
pub async fn show(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    match Researcher::of(&desk, &headers) {
        Some(_) => Redirect::to("/").into_response(),
        None => ask(&desk, &headers, StatusCode::OK, None),
    }
}

/// The form is bound to a secret that a browser gets before it is logged in, and that is good for nothing else.
fn ask(desk: &Desk, headers: &HeaderMap, status: StatusCode, wrong: Option<&str>) -> Response {
    let known = Secret::of_cookie(headers, COOKIE.name);
    let secret = known.clone().unwrap_or_else(Secret::random);
    let body = html! {
        h1 { "Researcher" }
        @if let Some(wrong) = wrong { (alert("wrong", wrong)) }
        p { "The token was shown when the study was first served. If it is lost, start the server with " code { "--new-admin-token" } "." }
        form method="post" action=(PAGE) {
            (hidden(&secret, PAGE))
            p class="field" {
                label for="token" { "Token" }
                input type="password" id="token" name="token" required autocomplete="current-password" autofocus
                    aria-describedby=[wrong.map(|_| "wrong")] aria-invalid=[wrong.map(|_| "true")];
            }
            p class="actions" { button { "Log in" } }
        }
    };
    let page = Page {
        title: "Log in",
        study: &desk.study.manifest.title,
        body,
        foot: None,
        script: false,
    };
    let mut response = page.response(status);
    if known.is_none() {
        COOKIE.set(response.headers_mut(), &secret);
    }
    response
}

/// Begins a session, with a new secret, if the token is right.
pub async fn enter(State(desk): State<Desk>, headers: HeaderMap, fields: Fields) -> Result<Response, Failure> {
    let Some(secret) = Secret::of_cookie(&headers, COOKIE.name) else {
        let text = "The browser sent no cookie. Please allow cookies of this page and log in again.";
        return Ok(ask(&desk, &headers, StatusCode::FORBIDDEN, Some(text)));
    };
    check(&secret, PAGE, &fields)?;
    if !desk.may_try() {
        let text = "Too many tokens were tried. Please wait a minute.";
        let mut response = ask(&desk, &headers, StatusCode::TOO_MANY_REQUESTS, Some(text));
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("60"));
        return Ok(response);
    }
    let token = TokenHash::of(fields.one("token")?.unwrap_or_default().trim());
    if !desk.store.is_admin(token).await? {
        tracing::warn!("a wrong token was tried on the researcher's pages");
        return Ok(ask(
            &desk,
            &headers,
            StatusCode::FORBIDDEN,
            Some("This is not the token of this study."),
        ));
    }
    let mut response = Redirect::to("/").into_response();
    COOKIE.set(response.headers_mut(), &desk.begin());
    Ok(response)
}

/// Ends the session.
pub async fn leave(researcher: Researcher, fields: Fields) -> Result<Response, Failure> {
    researcher.accept("/logout", &fields)?;
    researcher.end();
    let mut response = Redirect::to(PAGE).into_response();
    COOKIE.clear(response.headers_mut());
    Ok(response)
}

/// Whatever else is asked for; who is not logged in does not learn what there is.
pub async fn unknown(_researcher: Researcher) -> Response {
    plain(StatusCode::NOT_FOUND, "Page not found", "There is no such page.")
}
