//! What people read and agree to before they take part.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{PreEscaped, html};
use sha2::{Digest, Sha256};

use super::super::failure::Failure;
use super::super::form::Fields;
use super::super::page::{Page, alert};
use super::super::session::Secret;
use super::super::state::App;
use super::visitor::Visitor;
use crate::store::{Enrolled, Enrolment, TokenHash};

/// Characters of a personal link's code at most.
const CODE: usize = 64;

/// `/`: the consent text, or on to where one was.
pub(super) async fn home(
    State(app): State<App>,
    visitor: Option<Visitor>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    match visitor {
        Some(visitor) => Err(visitor.go_on(&app)),
        None => ask(&app, None, &headers, None).await,
    }
}

/// `/join/…`: the same by a personal link. It changes nothing: mail programs open links by themselves.
pub(super) async fn join(
    State(app): State<App>,
    Path(code): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    ask(&app, Some(&code), &headers, None).await
}

fn by(code: Option<&str>) -> Result<Enrolment, Failure> {
    match code {
        None => Ok(Enrolment::Open),
        Some(code) if code.len() <= CODE => Ok(Enrolment::Link(TokenHash::of(code))),
        Some(_) => Err(unknown()),
    }
}

fn unknown() -> Failure {
    Failure::Request(
        StatusCode::NOT_FOUND,
        "There is no such personal link. Please check that you opened the whole address that you were given.",
    )
}

/// The consent text as it is now, and its SHA-256.
async fn text(app: &App) -> Result<(String, [u8; 32]), Failure> {
    let values = app.values(app.store.settings().await?.retention_days);
    let consent = &app.study.texts.consent;
    Ok((
        consent.html(&values),
        Sha256::digest(consent.filled(&values).as_bytes()).into(),
    ))
}

/// What a form of consent is bound to: the link and the text, so that nobody agrees to what they have not read.
fn page_of(code: Option<&str>, sha256: &[u8; 32]) -> String {
    let text: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("consent {} {text}", code.unwrap_or_default())
}

async fn ask(
    app: &App,
    code: Option<&str>,
    headers: &HeaderMap,
    problem: Option<(StatusCode, &str)>,
) -> Result<Response, Failure> {
    let state = app.store.may_enrol(by(code)?).await?;
    let again = match state {
        Enrolled::New { .. } => false,
        Enrolled::Resumed { .. } => true,
        other => return refuse(app, other),
    };
    let (text, sha256) = text(app).await?;
    let cookie = app.visit_cookie();
    let visit = Secret::of_cookie(headers, cookie.name).unwrap_or_else(Secret::random);
    let body = html! {
        @if again {
            h1 { "Go on with the study" }
            p { "You have begun before. You can go on here where you were; on the device that you used before, the study ends." }
        } @else {
            div class="text" { (PreEscaped(text)) }
        }
        @if let Some((_, message)) = problem { (alert("problem", message)) }
        form method="post" action="/consent" autocomplete="off" {
            input type="hidden" name="form" value=(visit.form(&page_of(code, &sha256)));
            @if let Some(code) = code { input type="hidden" name="code" value=(code); }
            @if again {
                input type="hidden" name="agree" value="yes";
            } @else {
                label class="choice wide" for="agree" {
                    input type="checkbox" id="agree" name="agree" value="yes" aria-describedby=[problem.map(|_| "problem")];
                    span { "I have read this and agree to take part" }
                }
            }
            div class="actions" { button id="next" type="submit" { @if again { "Go on" } @else { "Begin" } } }
        }
    };
    let title = if again { "Go on with the study" } else { "Consent" };
    let title = if problem.is_some() {
        format!("Error: {title}")
    } else {
        title.to_owned()
    };
    let page = Page {
        title: &title,
        study: &app.study.manifest.title,
        body,
        foot: None,
        script: false,
    };
    let mut response = page.response(problem.map_or(StatusCode::OK, |(status, _)| status));
    cookie.set(response.headers_mut(), &visit);
    Ok(response)
}

/// Says why somebody cannot take part.
fn refuse(app: &App, state: Enrolled) -> Result<Response, Failure> {
    let (heading, text) = match state {
        Enrolled::Paused => (
            "The study is paused",
            "Nobody can begin at the moment. Please come back later.",
        ),
        Enrolled::Full => (
            "The study is complete",
            "As many people as were needed take part already. Thank you for your interest.",
        ),
        Enrolled::UnknownLink => return Err(unknown()),
        _ => (
            "The study is closed",
            "You can take part with a personal link only, and if you had one, its answers have been deleted.",
        ),
    };
    let body = html! { h1 { (heading) } p { (text) } };
    Ok(Page {
        title: heading,
        study: &app.study.manifest.title,
        body,
        foot: None,
        script: false,
    }
    .response(StatusCode::OK))
}

/// `POST /consent`: from now on they take part. Sent twice, it makes one participant: the session's secret is made of the form's, and not drawn.
pub(super) async fn agree(
    State(app): State<App>,
    visitor: Option<Visitor>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Failure> {
    let code = fields.one("code")?;
    if let (Some(visitor), None) = (&visitor, code) {
        return Err(visitor.go_on(&app));
    }
    let by = by(code)?;
    let Some(visit) = Secret::of_cookie(&headers, app.visit_cookie().name) else {
        let text = "Your browser did not keep the study's cookie. Please allow cookies for this site: they say which answers are yours, and nothing else.";
        return ask(&app, code, &headers, Some((StatusCode::FORBIDDEN, text))).await;
    };
    let (_, sha256) = text(&app).await?;
    let Some(nonce) = fields
        .one("form")?
        .and_then(|form| visit.check(&page_of(code, &sha256), form))
    else {
        let text = "This page was too old, or its text has changed. Please read it again.";
        return ask(&app, code, &headers, Some((StatusCode::FORBIDDEN, text))).await;
    };
    if fields.one("agree")? != Some("yes") {
        let text = "To take part, tick that you agree. If you do not agree, just close this page.";
        return ask(&app, code, &headers, Some((StatusCode::UNPROCESSABLE_ENTITY, text))).await;
    }
    let secret = visit.derive(&app.secret, nonce);
    let mut path = "/";
    if app.store.session(secret.hash()).await?.is_none() {
        match app.store.enrol(by, secret.hash(), sha256).await {
            Ok(Enrolled::New { .. }) => path = "/instructions",
            Ok(Enrolled::Resumed { .. }) => {}
            Ok(other) => return refuse(&app, other),
            // The same form at the same time, which was first.
            Err(error) if app.store.session(secret.hash()).await?.is_none() => return Err(error.into()),
            Err(_) => {}
        }
    }
    let mut response = Redirect::to(path).into_response();
    app.session_cookie().set(response.headers_mut(), &secret);
    app.visit_cookie().clear(response.headers_mut());
    Ok(response)
}

/// `GET /consent`: the text, for those who have agreed to it.
pub(super) async fn read_again(State(app): State<App>, visitor: Visitor) -> Result<Response, Failure> {
    let (text, _) = text(&app).await?;
    let body = html! {
        div class="text" { (PreEscaped(text)) }
        div class="actions" { a class="button" id="onward" href=(visitor.current(&app)) { "Go on with the study" } }
    };
    Ok(visitor.page(&app, StatusCode::OK, "What you agreed to", body))
}
