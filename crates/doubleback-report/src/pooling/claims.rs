use maud::{Markup, html};

use super::view::View;
use crate::page::{missing, verdict};

/// More than this is unfolded by the reader.
const LONG: usize = 260;

/// Claims 4 and 5 with their verdicts.
pub fn body(view: &View) -> Markup {
    let claims = &view.results.claims;
    if claims.is_empty() {
        return missing("No claim was checked in this run.");
    }
    html! {
        p {
            "The claims are those of the abstract of Zheng et al. (2020); what stands for them in numbers is this project's choice. Each is checked by a fixed rule; one that does "
            "not hold is reported as such and not tuned away."
        }
        ol.claims {
            @for claim in claims {
                li value=(claim.number) {
                    (verdict(claim.verdict))
                    div {
                        p.statement { "Claim " (claim.number) ": " (claim.statement) }
                        @if claim.measured.chars().count() > LONG {
                            @let (count, rest) = counted(&claim.measured);
                            @if !count.is_empty() { p.measured { (count) } }
                            details { summary { "What was measured" } (cases(rest)) }
                        } @else {
                            p.measured { (claim.measured.replace(" %", "\u{a0}%")) }
                        }
                    }
                }
            }
        }
        p.caption {
            b { "Holds" } ": in every case the interval over seeds lies on the claim's side of zero. "
            b { "In part" } ": so in some cases, the others are open. "
            b { "Mixed" } ": some cases are for the claim, some against. "
            b { "Undecided" } ": all intervals hold zero. "
            b { "Does not hold" } ": no case is for the claim, and some are against it."
        }
    }
}

/// The first sentence, which counts the cases, and the rest.
fn counted(measured: &str) -> (&str, &str) {
    match measured.find(". ") {
        Some(end) if measured.starts_with("Of ") => (&measured[..=end], &measured[end + 2..]),
        _ => ("", measured),
    }
}

/// Cases that a semicolon parts, one a line.
fn cases(measured: &str) -> Markup {
    let measured = measured.replace(" %", "\u{a0}%");
    let (head, rest) = measured.split_once(": ").unwrap_or(("", measured.as_str()));
    html! {
        @if !head.is_empty() { p.measured { (head) ":" } }
        ul.plain-list.measured { @for case in rest.split("; ") { li { (case) } } }
    }
}
