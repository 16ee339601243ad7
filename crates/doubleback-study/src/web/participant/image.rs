//! Images, by their place in the order of whoever asks. Whichever it is, the response is the same but for the pixels.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::super::failure::Failure;
use super::super::state::App;
use super::item::allowed;
use super::visitor::{Number, Visitor, no_page};
use crate::store::Stage;

/// `GET /image/…`.
pub(super) async fn item(
    State(app): State<App>,
    visitor: Visitor,
    Number(position): Number,
) -> Result<Response, Failure> {
    allowed(&app, &visitor, position).map_err(|_| no_page())?;
    let candidate = visitor.participant.order.get(position - 1);
    candidate
        .and_then(|&candidate| app.images.get(candidate))
        .map(png)
        .ok_or_else(no_page)
}

/// `GET /practice-image/…`.
pub(super) async fn practice(
    State(app): State<App>,
    visitor: Visitor,
    Number(number): Number,
) -> Result<Response, Failure> {
    match visitor.stage(&app) {
        Stage::Practice(current) if current as usize == number => {
            app.practice.get(number - 1).map(png).ok_or_else(no_page)
        }
        _ => Err(no_page()),
    }
}

fn png(bytes: &Bytes) -> Response {
    ([(CONTENT_TYPE, "image/png")], bytes.clone()).into_response()
}
