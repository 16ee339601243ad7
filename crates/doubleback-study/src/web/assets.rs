//! The style sheet and the script, under names with a checksum: browsers keep them for good.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/study.js");

/// Path of the style sheet.
pub static STYLE_PATH: LazyLock<String> = LazyLock::new(|| format!("/style-{}.css", checksum(STYLE)));
/// Path of the participants' script.
pub static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| format!("/study-{}.js", checksum(SCRIPT)));

fn checksum(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Routes of both files, and of the icon that browsers ask for unasked: there is none.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move {
            (
                [
                    (CONTENT_TYPE, kind),
                    (CACHE_CONTROL, "public, max-age=31536000, immutable"),
                ],
                text,
            )
        })
    };
    Router::new()
        .route(&STYLE_PATH, file("text/css; charset=utf-8", STYLE))
        .route(&SCRIPT_PATH, file("text/javascript; charset=utf-8", SCRIPT))
        .route("/favicon.ico", get(|| async { axum::http::StatusCode::NO_CONTENT }))
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
}
