//! Personal links.

use axum::http::StatusCode;
use axum::response::Response;
use maud::html;

use super::desk::Researcher;
use super::view;
use crate::store::LinkState;
use crate::web::failure::Failure;
use crate::web::form::Fields;
use crate::web::page::alert;

const PAGE: &str = "/links";
/// At once.
const MOST: usize = 1000;

/// What became of the links, and a form for more.
pub async fn show(researcher: Researcher) -> Result<Response, Failure> {
    form(&researcher, StatusCode::OK, None).await
}

async fn form(researcher: &Researcher, status: StatusCode, wrong: Option<&str>) -> Result<Response, Failure> {
    let links = researcher.store.links().await?;
    let body = html! {
        p { "A personal link is the key of one participant: who has it begins, or goes on where they were, on any device. It is shown once, when it is made." }
        @if let Some(wrong) = wrong { (alert("wrong", wrong)) }
        form method="post" action=(PAGE) {
            (researcher.form(PAGE))
            p class="field" {
                label for="count" { "New links" }
                input type="number" id="count" name="count" min="1" max=(MOST) required
                    aria-describedby=[wrong.map(|_| "wrong")] aria-invalid=[wrong.map(|_| "true")];
            }
            p class="actions" { button { "Make links" } }
        }
        @if !links.is_empty() {
            div class="scroll" {
                table id="links" {
                    caption { "Links" }
                    thead { tr { th scope="col" { "Link" } th scope="col" { "Participant" } } }
                    tbody {
                        @for link in &links {
                            tr {
                                th scope="row" { (link.number) }
                                td {
                                    @match link.state {
                                        LinkState::Unused => { "has not begun" }
                                        LinkState::Participant(number) => { (number) }
                                        LinkState::Deleted => { "deleted" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(view::page(researcher, status, "Personal links", body))
}

/// Makes links, and shows them.
pub async fn make(researcher: Researcher, fields: Fields) -> Result<Response, Failure> {
    let count = match view::number(fields.one("count")?, 1, MOST) {
        Ok(count) => count,
        Err(wrong) => return form(&researcher, StatusCode::UNPROCESSABLE_ENTITY, Some(&wrong)).await,
    };
    researcher.accept(PAGE, &fields)?;
    let links = researcher.store.create_links(count).await?;
    let origin = origin(&researcher);
    let lines: Vec<String> = links
        .iter()
        .map(|(number, token)| format!("{number}\t{origin}/join/{}", token.text()))
        .collect();
    let body = html! {
        p { strong { "Copy them now: they are not shown again." } " Each line has the link's number and the link. Give each to one person." }
        p class="field" {
            label for="new-links" { "New links" }
            textarea id="new-links" readonly rows=(lines.len().min(20)) { (lines.join("\n")) }
        }
        p { a href=(PAGE) { "All links" } }
    };
    Ok(view::page(&researcher, StatusCode::OK, "New links", body))
}

/// What participants' browsers have as the study's address.
fn origin(researcher: &Researcher) -> String {
    let options = &researcher.options;
    options
        .public_origin
        .clone()
        .unwrap_or_else(|| format!("http://{}", options.listen))
}
