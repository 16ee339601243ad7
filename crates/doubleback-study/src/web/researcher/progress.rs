//! How the study goes. The page loads itself again, without a script; it has no field that could be lost by that.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use maud::{Markup, html};

use super::desk::Researcher;
use super::view;
use crate::store::{Progress, Settings};
use crate::web::failure::Failure;

/// Seconds after which the page loads itself again.
const SECONDS: &str = "10";

/// The page; `/?still` stays as it is.
pub async fn show(researcher: Researcher, uri: Uri) -> Result<Response, Failure> {
    let still = uri.query() == Some("still");
    let progress = researcher.store.progress().await?;
    let settings = researcher.store.settings().await?;
    let body = html! {
        (state(&settings, &progress))
        (table(&progress, researcher.items))
        form method="post" action="/pause" class="actions" {
            (researcher.form("/pause"))
            @if settings.paused {
                button name="paused" value="no" { "Resume" }
            } @else {
                button name="paused" value="yes" { "Pause" }
            }
        }
        p class="note" {
            "In a pause nobody begins; who has begun goes on. "
            @if still {
                "This page stays as it is. " a href="/" { "Load it again every " (SECONDS) " seconds" }
            } @else {
                "This page loads itself again every " (SECONDS) " seconds. " a href="/?still" { "Stop that" }
            }
        }
    };
    let mut response = view::page(&researcher, StatusCode::OK, "Progress", body);
    if !still {
        // As `<meta http-equiv="refresh">` would, without anything in the page.
        response
            .headers_mut()
            .insert("refresh", HeaderValue::from_static(SECONDS));
    }
    Ok(response)
}

fn state(settings: &Settings, progress: &Progress) -> Markup {
    html! {
        p id="state" {
            @match (settings.paused, settings.open_enrolment) {
                (true, _) => { strong { "Paused: " } "nobody begins." }
                (false, None) => { "Only people with a personal link may begin." }
                (false, Some(cap)) if progress.opened >= cap => { "Full: " (progress.opened) " have begun without a link, of " (cap) "." }
                (false, Some(cap)) => { "Open: " (progress.opened) " have begun without a link, of at most " (cap) "." }
            }
        }
    }
}

fn table(progress: &Progress, items: usize) -> Markup {
    let rows = [
        ("Participants", progress.enrolled),
        ("Done", progress.finished),
        ("Answers to images", progress.answers),
        ("Personal links", progress.links),
        ("Personal links in use", progress.links_used),
        ("Withdrew: their data are deleted", progress.withdrawn),
        ("Deleted by you", progress.deleted),
        ("Deleted because their time was over", progress.expired),
    ];
    html! {
        div class="scroll" {
            table id="progress" {
                caption { "Each participant sees " (items) " images. " (last(progress.last_activity)) }
                tbody {
                    @for (name, count) in rows { tr { th scope="row" { (name) } td { (count) } } }
                }
            }
            @if !progress.stages.is_empty() {
                table id="stages" {
                    caption { "How far they are" }
                    tbody {
                        @for (stage, count) in stages(progress) { tr { th scope="row" { (stage) } td { (count) } } }
                    }
                }
            }
        }
    }
}

/// Practice images are one stage here.
fn stages(progress: &Progress) -> Vec<(&'static str, u64)> {
    let mut stages: Vec<(&'static str, u64)> = Vec::new();
    for (stage, count) in &progress.stages {
        match stages.last_mut() {
            Some((name, sum)) if *name == stage.name() => *sum += count,
            _ => stages.push((stage.name(), *count)),
        }
    }
    stages
}

fn last(activity: Option<i64>) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let Some(activity) = activity else {
        return "Nobody has begun.".to_owned();
    };
    match i64::try_from(now).unwrap_or(i64::MAX).saturating_sub(activity) {
        ..60 => "Somebody did something within the last minute.".to_owned(),
        seconds @ 60..7200 => format!("The last thing that somebody did was {} minutes ago.", seconds / 60),
        seconds @ 7200..172_800 => format!("The last thing that somebody did was {} hours ago.", seconds / 3600),
        seconds => format!("The last thing that somebody did was {} days ago.", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Stage;

    #[test]
    fn practice_is_one_stage() {
        let stages_of = vec![
            (Stage::Instructions, 1),
            (Stage::Practice(1), 2),
            (Stage::Practice(2), 3),
            (Stage::Done, 4),
        ];
        let progress = Progress {
            stages: stages_of,
            ..Progress::default()
        };
        assert_eq!(stages(&progress), [("instructions", 1), ("practice", 5), ("done", 4)]);
    }
}
