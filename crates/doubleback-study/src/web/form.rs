//! What a form sends.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use super::failure::Failure;

/// The fields of a sent form, `application/x-www-form-urlencoded`.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field; empty ones are as if they were not there.
    ///
    /// # Errors
    /// If it was sent more than once: no form of ours does that.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Failure> {
        let mut values = self
            .0
            .iter()
            .filter(|(found, _)| found == name)
            .map(|(_, value)| value.as_str());
        let first = values.next();
        match values.next() {
            Some(_) => Err(Failure::Request(
                StatusCode::BAD_REQUEST,
                "A field of the form was sent twice.",
            )),
            None => Ok(first.filter(|value| !value.is_empty())),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Failure::Request(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Only the forms of this study are read.",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            if late(&rejection) {
                Failure::Request(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive.")
            } else if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                Failure::Request(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.")
            } else {
                Failure::Request(StatusCode::BAD_REQUEST, "The form did not arrive whole.")
            }
        })?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

/// Whether a body was not there in time.
fn late(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<tower_http::timeout::TimeoutError>() {
            return true;
        }
        cause = error.source();
    }
    false
}
