//! What stands between the network and all pages: headers of responses, protection of forms against other sites, limits of size and time, the log.

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use std::time::Instant;
use tower::ServiceBuilder;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::{RequestBodyDeadlineLayer, TimeoutLayer};

use super::failure;
use super::options::ServeOptions;
use crate::{Error, Result};

/// Pages load their own style, script and images, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: with it browsers say that the origin of their own site's forms is `null`, and those that send no Sec-Fetch-Site, older ones and all
    // without TLS, would be taken for another site. Other sites get no referrer either way.
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Puts limits of size and time before the pages of a router.
pub fn limit<S: Clone + Send + Sync + 'static>(router: Router<S>, options: &ServeOptions, body: usize) -> Router<S> {
    let limits = &options.limits;
    router.layer(
        ServiceBuilder::new()
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                limits.request_time,
            ))
            .layer(RequestBodyDeadlineLayer::new(limits.body_time))
            .layer(RequestBodyLimitLayer::new(body)),
    )
}

/// Puts everything else before a router: the log, the headers, and that no other site sends forms.
///
/// # Errors
/// If the public origin is none.
pub fn protect<S: Clone + Send + Sync + 'static>(router: Router<S>, options: &ServeOptions) -> Result<Router<S>> {
    let mut csrf = CsrfLayer::new();
    if let Some(origin) = &options.public_origin {
        csrf = csrf
            .add_trusted_origin(origin)
            .map_err(|error| Error::Setting(error.to_string()))?;
    }
    let csrf = csrf.with_rejection_response(|_: ProtectionError| -> Response<Body> {
        failure::plain(
            StatusCode::FORBIDDEN,
            "This did not work",
            "The form came from another site, or your browser did not say from which.",
        )
    });
    let mut router = router.layer(csrf);
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::overriding(
            name,
            HeaderValue::from_static(value),
        ));
    }
    if options.secure() {
        let year = HeaderValue::from_static("max-age=31536000");
        router = router.layer(SetResponseHeaderLayer::overriding(STRICT_TRANSPORT_SECURITY, year));
    }
    // What says nothing else is not kept by anybody on the way, nor by a browser that others use after.
    let nowhere = HeaderValue::from_static("private, no-store");
    Ok(router
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, nowhere))
        .layer(middleware::from_fn(log)))
}

/// One line a request: no address, no token, no answer.
async fn log(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), milliseconds, "request");
    response
}
