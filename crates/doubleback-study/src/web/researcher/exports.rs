//! What was answered, as files.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::desk::Researcher;
use crate::error::{Error, Result};
use crate::folder::Manifest;
use crate::store::{Export, export};
use crate::web::failure::Failure;

/// Answers, a line each.
pub async fn csv(researcher: Researcher) -> std::result::Result<Response, Failure> {
    file(
        &researcher,
        "text/csv; charset=utf-8",
        "attachment; filename=\"answers.csv\"",
        |export, manifest, bytes| export.write_csv(manifest, bytes),
    )
    .await
}

/// All of it.
pub async fn json(researcher: Researcher) -> std::result::Result<Response, Failure> {
    file(
        &researcher,
        "application/json",
        "attachment; filename=\"answers.json\"",
        |export, manifest, bytes| export.write_json(manifest, bytes),
    )
    .await
}

async fn file(
    researcher: &Researcher,
    kind: &'static str,
    name: &'static str,
    write: impl FnOnce(&Export, &Manifest, &mut Vec<u8>) -> Result<()> + Send + 'static,
) -> std::result::Result<Response, Failure> {
    let desk = (**researcher).clone();
    let made = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        write(&export(&desk.study.path)?, &desk.study.manifest, &mut bytes)?;
        Ok::<_, Error>(bytes)
    });
    let bytes = made
        .await
        .map_err(|cause| Error::Setting(format!("the export ended early: {cause}")))??;
    Ok(([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], bytes).into_response())
}
