//! Who asks, and which page they are at.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::failure::{self, Failure};
use super::super::page::Page;
use super::super::session::Secret;
use super::super::state::App;
use crate::store::{Participant, Stage};

/// A participant, by the session of their browser.
#[derive(Clone)]
pub(super) struct Visitor {
    pub participant: Participant,
    pub secret: Secret,
}

/// Finds the session of a request, and has whoever asks too often wait. A session that is none counts as no session.
pub(super) async fn identify(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let visitor = match Secret::of_cookie(request.headers(), app.session_cookie().name) {
        None => None,
        Some(secret) => match app.store.session(secret.hash()).await {
            Ok(participant) => participant.map(|participant| Visitor { participant, secret }),
            Err(error) => return Failure::Server(error).into_response(),
        },
    };
    let allowed = match &visitor {
        Some(visitor) => app.rates.session(visitor.secret.hash()),
        None => app.rates.newcomer(address(&app, &request)),
    };
    if let Err(seconds) = allowed {
        let text =
            "There are too many requests at the moment. Please wait a little and try again: what you answered is kept.";
        let mut response = failure::plain(StatusCode::TOO_MANY_REQUESTS, "Please wait a moment", text);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
        return response;
    }
    if let Some(visitor) = visitor {
        request.extensions_mut().insert(visitor);
    }
    next.run(request).await
}

/// The address of whoever asks, if it tells one from another: behind a proxy, and on this machine, all have the same.
fn address(app: &App, request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    (app.options.public_origin.is_none() && !peer.ip().is_loopback()).then(|| peer.ip())
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure::Elsewhere("/".to_owned()))
    }
}

impl OptionalFromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Failure> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// A number in a path, from 1. What is none, or has other digits than it needs, has no page.
#[derive(Clone, Copy)]
pub(super) struct Number(pub usize);

impl FromRequestParts<App> for Number {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Path(text) = <Path<String> as FromRequestParts<App>>::from_request_parts(parts, app)
            .await
            .map_err(|_| no_page())?;
        let number = text.parse::<usize>().map_err(|_| no_page())?;
        if number == 0 || number.to_string() != text {
            return Err(no_page());
        }
        Ok(Self(number))
    }
}

pub(super) fn no_page() -> Failure {
    Failure::Request(StatusCode::NOT_FOUND, "There is no such page in this study.")
}

impl Visitor {
    /// Their number.
    pub(super) fn number(&self) -> u64 {
        self.participant.number
    }

    /// Images that they see.
    pub(super) fn items(&self) -> usize {
        self.participant.order.len()
    }

    /// How far they are. It may be further than the store says: the answer to the last image is kept before the stage is.
    pub(super) fn stage(&self, app: &App) -> Stage {
        let mut stage = self.participant.stage;
        if matches!(stage, Stage::Practice(number) if number as usize > app.practice.len()) {
            stage = Stage::Items;
        }
        if stage == Stage::Items && self.participant.answered >= self.items() {
            stage = after_items(app);
        }
        stage
    }

    /// Path of the page that they are at.
    pub(super) fn current(&self, app: &App) -> String {
        match self.stage(app) {
            Stage::Instructions => "/instructions".to_owned(),
            Stage::Practice(number) => format!("/practice/{number}"),
            Stage::Items => format!("/item/{}", self.participant.answered + 1),
            Stage::Comparison => "/compare".to_owned(),
            Stage::Done => "/thanks".to_owned(),
        }
    }

    /// Sends them to the page that they are at.
    pub(super) fn go_on(&self, app: &App) -> Failure {
        Failure::Elsewhere(self.current(app))
    }

    /// The nonce of a sent form, if it is one of this session and page.
    pub(super) fn form(&self, page: &str, token: Option<&str>) -> Result<crate::store::Nonce, Failure> {
        let nonce = token.and_then(|token| self.secret.check(page, token));
        nonce.ok_or(Failure::Request(
            StatusCode::FORBIDDEN,
            "This form is not of your present visit: it may be from another tab or a copied page. Go to the study to go on where you were.",
        ))
    }

    /// A page of theirs.
    pub(super) fn page(&self, app: &App, status: StatusCode, title: &str, body: Markup) -> Response {
        let read_again = self.stage(app) < Stage::Comparison;
        let foot = html! {
            nav aria-label="About the study" {
                @if read_again { a href="/instructions" { "Instructions" } }
                a href="/consent" { "What you agreed to" }
                a href="/withdraw" { "Withdraw" }
            }
        };
        Page {
            title,
            study: &app.study.manifest.title,
            body,
            foot: Some(foot),
            script: true,
        }
        .response(status)
    }

    /// The hidden field that protects a form on a page.
    pub(super) fn hidden(&self, page: &str) -> Markup {
        html! { input type="hidden" name="form" value=(self.secret.form(page)); }
    }
}

/// What comes after the images.
pub(super) fn after_items(app: &App) -> Stage {
    if app.study.manifest.confusion.is_empty() {
        Stage::Done
    } else {
        Stage::Comparison
    }
}
