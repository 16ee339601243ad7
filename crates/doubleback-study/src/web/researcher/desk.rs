//! Who is the researcher: sessions, their forms, and how often a token may be tried.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use maud::{Markup, html};

use crate::store::{Nonce, TokenHash};
use crate::web::failure::Failure;
use crate::web::form::Fields;
use crate::web::session::{Cookie, Secret};
use crate::web::state::App;

/// How long a session lasts, from the login on.
const SESSION: Duration = Duration::from_secs(60 * 60 * 12);

/// Tokens that may be tried at once; then one each six seconds.
const ATTEMPTS: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The cookie: other sites' links do not bring it along. The researcher's pages are reached on this machine or through a tunnel, by HTTP.
pub const COOKIE: Cookie = Cookie {
    name: "study_admin",
    max_age: SESSION.as_secs(),
    lax: false,
    secure: false,
};

/// What the researcher's pages share. A handle: its clones are the same.
#[derive(Clone)]
pub struct Desk {
    app: App,
    shared: Arc<Shared>,
}

struct Shared {
    /// In memory only: a restart ends them, and so does a new token.
    sessions: Mutex<HashMap<TokenHash, Session>>,
    attempts: DefaultDirectRateLimiter,
}

struct Session {
    begun: Instant,
    sent: HashSet<Nonce>,
}

impl Deref for Desk {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl Desk {
    /// Of a study that is served.
    pub fn new(app: App) -> Self {
        let quota = Quota::per_minute(ATTEMPTS);
        let shared = Shared {
            sessions: Mutex::default(),
            attempts: RateLimiter::direct(quota),
        };
        Self {
            app,
            shared: Arc::new(shared),
        }
    }

    /// Whether one more token may be tried now.
    pub fn may_try(&self) -> bool {
        self.shared.attempts.check().is_ok()
    }

    /// Begins a session.
    pub fn begin(&self) -> Secret {
        let secret = Secret::random();
        let mut sessions = self.sessions();
        sessions.retain(|_, session| session.begun.elapsed() < SESSION);
        sessions.insert(
            secret.hash(),
            Session {
                begun: Instant::now(),
                sent: HashSet::new(),
            },
        );
        secret
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<TokenHash, Session>> {
        self.shared.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The researcher, who has proved to be it.
pub struct Researcher {
    desk: Desk,
    secret: Secret,
}

impl Deref for Researcher {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Researcher {
    /// Whose session the headers have.
    pub fn of(desk: &Desk, headers: &HeaderMap) -> Option<Self> {
        let secret = Secret::of_cookie(headers, COOKIE.name)?;
        let valid = desk
            .sessions()
            .get(&secret.hash())
            .is_some_and(|session| session.begun.elapsed() < SESSION);
        valid.then(|| Self {
            desk: desk.clone(),
            secret,
        })
    }

    /// The hidden field that makes a form on this page one of ours.
    pub fn form(&self, page: &str) -> Markup {
        hidden(&self.secret, page)
    }

    /// Takes a sent form, once.
    ///
    /// # Errors
    /// If it is none of this session and page, or was sent before.
    pub fn accept(&self, page: &str, fields: &Fields) -> Result<(), Failure> {
        let nonce = check(&self.secret, page, fields)?;
        let mut sessions = self.desk.sessions();
        match sessions
            .get_mut(&self.secret.hash())
            .map(|session| session.sent.insert(nonce))
        {
            Some(true) => Ok(()),
            Some(false) => Err(Failure::Request(
                StatusCode::CONFLICT,
                "This form was sent before: nothing was done again.",
            )),
            None => Err(Failure::Request(StatusCode::FORBIDDEN, "Please log in again.")),
        }
    }

    /// Ends the session.
    pub fn end(self) {
        self.desk.sessions().remove(&self.secret.hash());
    }
}

/// The hidden field of a form.
pub fn hidden(secret: &Secret, page: &str) -> Markup {
    html! { input type="hidden" name="form" value=(secret.form(page)); }
}

/// Checks that a sent form was made with this secret for this page.
///
/// # Errors
/// If it was not.
pub fn check(secret: &Secret, page: &str, fields: &Fields) -> Result<Nonce, Failure> {
    let nonce = fields.one("form")?.and_then(|form| secret.check(page, form));
    nonce.ok_or(Failure::Request(
        StatusCode::FORBIDDEN,
        "The form is not one of this page. Please go back, load the page again and send it once more.",
    ))
}

impl FromRequestParts<Desk> for Researcher {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Failure> {
        Self::of(desk, &parts.headers).ok_or_else(|| match parts.method {
            Method::GET | Method::HEAD => Failure::Elsewhere("/login".to_owned()),
            _ => Failure::Request(StatusCode::FORBIDDEN, "Only the researcher may do this. Please log in."),
        })
    }
}
