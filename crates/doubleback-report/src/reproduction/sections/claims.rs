use doubleback_experiments::Verdict;
use maud::{Markup, html};

use crate::page::{missing, verdict};
use crate::reproduction::context::Context;

pub fn body(context: &Context) -> Markup {
    let claims = &context.results.claims;
    if claims.is_empty() {
        return missing("No claim was checked in this run.");
    }
    html! {
        p {
            "Each claim is checked by a fixed rule on this run's numbers, with their 95\u{a0}% intervals; "
            @if context.seeds() > 1 { "the numbers are of seed " (context.results.seed) "." } @else { "one training a model." }
        }
        ol.claims {
            @for (index, claim) in claims.iter().enumerate() {
                li value=(claim.number) {
                    (verdict(claim.verdict))
                    div {
                        p.statement { (unbroken(&claim.statement)) }
                        p.measured { (unbroken(&claim.measured)) }
                        @if let Some(text) = over_seeds(context, index) { p.measured { (text) } }
                    }
                }
            }
        }
        p.caption {
            b { "Holds" } ": the difference has the claimed direction and the intervals are apart. "
            b { "In part" } ": so in some of the claim's cases, undecided in the others. "
            b { "Mixed" } ": some cases are for the claim, some against. "
            b { "Undecided" } ": the intervals overlap. "
            b { "Does not hold" } ": the difference contradicts the claim."
        }
    }
}

/// In how many seeds a claim held.
fn over_seeds(context: &Context, index: usize) -> Option<String> {
    let seeds = &context.results.seeds;
    let verdicts: Vec<Verdict> = seeds
        .iter()
        .filter_map(|seed| seed.verdicts.get(index).copied())
        .collect();
    if verdicts.len() < 2 {
        return None;
    }
    let parts: Vec<String> = [
        (Verdict::Holds, "holds"),
        (Verdict::HoldsInPart, "holds in part"),
        (Verdict::Mixed, "is mixed"),
        (Verdict::Undecided, "is undecided"),
        (Verdict::DoesNotHold, "does not hold"),
    ]
    .into_iter()
    .map(|(kind, words)| (verdicts.iter().filter(|&&one| one == kind).count(), words))
    .filter(|(count, _)| *count > 0)
    .map(|(count, words)| format!("{words} in {count}"))
    .collect();
    Some(format!("Over {} seeds it {}.", verdicts.len(), parts.join(", ")))
}

/// Keeps percent signs on the line of their numbers.
fn unbroken(text: &str) -> String {
    text.replace(" %", "\u{a0}%")
}
