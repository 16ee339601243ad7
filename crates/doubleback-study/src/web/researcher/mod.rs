//! The researcher's pages, on an address of their own: how the study goes, who may take part, what was answered, and whose data are deleted.
//!
//! Everything but the page that asks for the token needs a session, and every form a token of it that is good once.

mod desk;
mod door;
mod enrolment;
mod exports;
mod links;
mod participants;
mod progress;
mod retention;
mod view;

use axum::Router;
use axum::routing::{get, post};

use super::assets;
use super::security;
use super::state::App;
use desk::Desk;

/// The routes.
pub fn routes(app: App) -> Router {
    let limits = app.options.clone();
    let routes = Router::new()
        .route("/", get(progress::show))
        .route("/login", get(door::show).post(door::enter))
        .route("/logout", post(door::leave))
        .route("/links", get(links::show).post(links::make))
        .route("/enrolment", get(enrolment::show).post(enrolment::set))
        .route("/pause", post(enrolment::pause))
        .route("/retention", get(retention::show).post(retention::set))
        .route("/participants", get(participants::show))
        .route(
            "/participants/{number}/delete",
            get(participants::ask).post(participants::delete),
        )
        .route("/answers.csv", get(exports::csv))
        .route("/answers.json", get(exports::json))
        .merge(assets::routes())
        .fallback(door::unknown)
        .with_state(Desk::new(app));
    security::limit(routes, &limits, limits.limits.body)
}
