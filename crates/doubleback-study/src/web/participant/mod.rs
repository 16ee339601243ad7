//! The participants' pages. None of them has anything that depends on the model or the label of an image but the image's pixels.

mod choices;
mod compare;
mod consent;
mod image;
mod item;
mod leave;
mod matrix;
mod practice;
mod visitor;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};

use super::failure::Failure;
use super::state::App;
use super::{assets, security};

/// All of them, with limits, but without what [`security::protect`] adds.
pub(super) fn routes(app: App) -> Router {
    let pages = Router::new()
        .route("/", get(consent::home))
        .route("/join/{code}", get(consent::join))
        .route("/consent", get(consent::read_again).post(consent::agree))
        .route("/instructions", get(practice::instructions).post(practice::begin))
        .route("/practice/{number}", get(practice::show).post(practice::answer))
        .route("/practice-image/{number}", get(image::practice))
        .route("/item/{position}", get(item::show).post(item::answer))
        .route("/image/{position}", get(image::item))
        .route("/thanks", get(leave::thanks))
        .route("/leave", post(leave::leave))
        .route("/withdraw", get(leave::ask).post(leave::withdraw))
        .route("/withdrawn", get(leave::withdrawn))
        .method_not_allowed_fallback(async || {
            Failure::Request(
                StatusCode::METHOD_NOT_ALLOWED,
                "This page cannot be asked for in this way.",
            )
        })
        .fallback(async || Failure::Request(StatusCode::NOT_FOUND, "There is no such page in this study."));
    let limits = &app.options.limits;
    let pages = security::limit(pages, &app.options, limits.body);
    let comment = Router::new().route("/compare", get(compare::show).post(compare::answer));
    let comment = security::limit(comment, &app.options, limits.comment_body);
    let known = middleware::from_fn_with_state(app.clone(), visitor::identify);
    pages
        .merge(comment)
        .layer(known)
        .merge(assets::routes())
        .with_state(app)
}
