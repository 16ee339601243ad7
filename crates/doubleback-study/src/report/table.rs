use doubleback_report::parts::format::{DASH, bare_percent, count};
use doubleback_report::parts::{scrolled, swatch};
use maud::{Markup, html};

use super::view::{View, rate, role};
use crate::analysis::{Measure, Published};
use crate::folder::Role;

/// This study beside Table 1.
pub fn body(view: &View) -> Markup {
    html! {
        (scrolled("Rates by model", &ours(view)))
        @for half in &view.analysis.published {
            h3 { "Table 1: " (half.setting) @if half.same { ", as in this study" } }
            (scrolled(&half.setting, &theirs(half)))
        }
        p.caption {
            "Table 1 was of 11 people with 30 images each; it has no intervals, and its p are of a test that is not named. A study of another data set or attack is no "
            "repetition: only directions can be compared."
        }
    }
}

fn ours(view: &View) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "This study" }
                    th scope="col" { "Human fooled" }
                    th scope="col" { "Mistake reasonable" }
                    th scope="col" { "Participants" }
                    th scope="col" { "Answers" }
                    th scope="col" { "Images" }
                    th scope="col" { "Design effects" }
                }
            }
            tbody {
                @for model in &view.analysis.rates {
                    tr {
                        th scope="row" { span.model { (swatch(view.slot(model.model), false)) (model.name) } " " span.interval { (role(model.role)) } }
                        @for measure in [Measure::Fooled, Measure::Reasonable] {
                            td { @if let Some(own) = model.of(measure) { (rate(own)) } @else { (DASH) } }
                        }
                        td { (count(model.participants)) }
                        td { (count(model.rates.first().map_or(0, |own| own.answers))) }
                        td { (count(model.images)) }
                        td {
                            @for (at, measure) in [Measure::Fooled, Measure::Reasonable].into_iter().enumerate() {
                                @if at > 0 { ", " }
                                (model.of(measure).map_or(DASH.to_owned(), |own| format!("{:.2}", own.design_effect)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn theirs(half: &Published) -> Markup {
    html! {
        table.numbers {
            thead { tr { th scope="col" { "Published" } th scope="col" { "Human fooled (%)" } th scope="col" { "Mistake reasonable (%)" } } }
            tbody {
                @for row in &half.rows {
                    tr {
                        th scope="row" { (capital(row.role)) }
                        td { (bare_percent(row.fooled)) }
                        td { (bare_percent(row.reasonable)) }
                    }
                }
            }
        }
    }
}

fn capital(of: Role) -> String {
    doubleback_report::parts::format::capital(role(of))
}
