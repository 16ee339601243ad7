use doubleback_report::parts::format::{DASH, count, duration, percent, percent_of};
use doubleback_report::parts::{pairs, scrolled, unfolded};
use maud::{Markup, html};

use super::view::View;
use crate::analysis::{Counted, Description, Flag};

/// Who took part, and how they answered.
pub fn body(view: &View) -> Markup {
    let about = &view.analysis.description;
    html! {
        p { (rule(about)) }
        (pairs("Answers", ["Quantity", "Value"], numbers(about).into_iter(), false))
        @if !about.unfinished.is_empty() {
            p { "Did not answer all their images: participants " (about.unfinished.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) "." }
        }
        @if !about.flagged.is_empty() {
            h3 { "Worth a look" }
            p {
                "Participants with one label for half of their images or more, or with a median of less than a second. They are counted like all others: whom to leave out "
                "is to be decided before results are seen, and said."
            }
            (scrolled("Worth a look", &flagged(about)))
        }
        (unfolded("Labels: how often each was chosen", &labels(about)))
    }
}

fn rule(about: &Description) -> &'static str {
    match about.counted {
        Counted::Finished => {
            "Counted are all answers of those who answered all their images; those who left earlier are listed and not counted."
        }
        Counted::All => "Counted are all answers, those of people who left before the end too.",
    }
}

fn numbers(about: &Description) -> Vec<(String, String)> {
    let seconds = about
        .seconds
        .map_or(DASH.to_owned(), |[least, low, middle, high, most]| {
            let [least, low, middle, high, most] = [least, low, middle, high, most].map(duration);
            format!("median {middle}; half between {low} and {high}, eight of ten between {least} and {most}")
        });
    let of = |part: usize| format!("{} ({})", count(part), percent_of(part, about.counted_answers));
    [
        ("Participants who answered anything", count(about.participants)),
        ("Of them finished", count(about.finished)),
        ("Images for each", count(about.images_each)),
        ("Answers", count(about.answers)),
        ("Answers counted", count(about.counted_answers)),
        ("Changed answers", of(about.changed)),
        ("No label plausible (N/A)", of(about.not_applicable)),
        ("Time to the first answer", seconds),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn flagged(about: &Description) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Participant" } th.text scope="col" { "Most frequent label" } th scope="col" { "Share" } th scope="col" { "Median time" }
                    th.text scope="col" { "Why" }
                }
            }
            tbody {
                @for one in &about.flagged {
                    tr {
                        th scope="row" { (one.participant) }
                        td.text { (one.label) }
                        td { (percent(one.share)) }
                        td { (duration(one.seconds)) }
                        td.text { (one.why.iter().map(|&flag| why(flag)).collect::<Vec<_>>().join(", ")) }
                    }
                }
            }
        }
    }
}

fn why(flag: Flag) -> &'static str {
    match flag {
        Flag::SameLabel => "the same label",
        Flag::Hasty => "hasty",
    }
}

fn labels(about: &Description) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Label" } th scope="col" { "First choices" } th scope="col" { "Share" } th scope="col" { "Shown as original" }
                    th scope="col" { "Shown as target" }
                }
            }
            tbody {
                @for label in &about.labels {
                    tr {
                        th scope="row" { (label.name) }
                        td { (count(label.first)) }
                        td { (percent_of(label.first, about.counted_answers)) }
                        td { (count(label.original)) }
                        td { (count(label.target)) }
                    }
                }
            }
        }
    }
}
