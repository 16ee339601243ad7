use doubleback::evaluate::Verdict;
use maud::{Markup, html};

use super::missing;
use crate::context::Context;

pub fn body(context: &Context) -> Markup {
    let claims = &context.results.claims;
    if claims.is_empty() {
        return missing("No claim was checked in this run.");
    }
    html! {
        p { "Each claim is checked by a fixed rule on this run's numbers, with their 95\u{a0}% intervals; one training a model." }
        ol.claims {
            @for claim in claims {
                li value=(claim.number) {
                    (verdict(claim.verdict))
                    div {
                        p.statement { (unbroken(&claim.statement)) }
                        p.measured { (unbroken(&claim.measured)) }
                    }
                }
            }
        }
        p.caption {
            b { "Holds" } ": the difference has the claimed direction and the intervals are apart. "
            b { "In part" } ": so in some of the claim's cases. "
            b { "Undecided" } ": the intervals overlap. "
            b { "Does not hold" } ": the difference contradicts the claim."
        }
    }
}

/// Keeps percent signs on the line of their numbers.
fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}

fn verdict(verdict: Verdict) -> Markup {
    let (class, sign, text) = match verdict {
        Verdict::Holds => ("holds", "✓", "Holds"),
        Verdict::HoldsInPart => ("in-part", "◐", "In part"),
        Verdict::Undecided => ("undecided", "?", "Undecided"),
        Verdict::DoesNotHold => ("does-not-hold", "✗", "Does not hold"),
    };
    html! { span class={ "verdict " (class) } { span aria-hidden="true" { (sign) " " } (text) } }
}
