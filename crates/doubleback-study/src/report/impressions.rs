use maud::{Markup, html};

use super::view::{View, participants};

/// Preferred matrices and comments.
pub fn body(view: &View) -> Markup {
    let impressions = &view.analysis.impressions;
    html! {
        p {
            (participants(impressions.participants)) " saw the confusion matrices, unnamed and in random order, and could choose the one with the most reasonable mistakes."
        }
        @for group in impressions.groups.iter().filter(|group| group.participants > 0) {
            h3 {
                @match group.model { Some(model) => (view.name(model)), None => "No preference" }
                ": " (participants(group.participants))
            }
            @if group.comments.is_empty() { p.measured { "No comments." } }
            ul.plain-list { @for (number, comment) in &group.comments { li { span.interval { "Participant " (number) ": " } (comment) } } }
        }
    }
}
