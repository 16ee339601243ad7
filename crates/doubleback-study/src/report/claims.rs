use doubleback_report::parts::format::points;
use maud::{Markup, html};

use super::view::{View, equals};
use crate::analysis::{Claim, Verdict};

/// The claims with what this study says of them.
pub fn body(view: &View) -> Markup {
    html! {
        p {
            "What the paper's Table 1 says in numbers, as claims. Each is judged by a rule that was fixed before: the sign-flip test below, p at most 0.05, with "
            "Holm's correction for the two measures of the regularized model. The paper itself states p\u{a0}=\u{a0}0.07 (MNIST) and 0.08 (SVHN) for the first."
        }
        ol.claims { @for claim in &view.analysis.claims { (item(view, claim)) } }
        p.caption {
            b { "Replicates" } ": a difference in the claimed direction that chance would hardly make. "
            b { "Contradicted" } ": such a difference in the other direction. "
            b { "Undecided" } ": neither; with few participants that is likely even if the claim is true. "
            b { "Not asked" } ": the study has no such models."
        }
    }
}

fn item(view: &View, claim: &Claim) -> Markup {
    let (class, sign, words) = match claim.verdict {
        Verdict::Replicates => ("holds", "✓", "Replicates"),
        Verdict::Contradicted => ("does-not-hold", "✗", "Contradicted"),
        Verdict::Undecided => ("undecided", "?", "Undecided"),
        Verdict::NotAsked => ("undecided", "–", "Not asked"),
    };
    html! {
        li {
            span class={ "verdict " (class) } { span aria-hidden="true" { (sign) " " } (words) }
            div {
                p.statement { (claim.text) "." }
                @for one in &claim.evidence {
                    p.measured {
                        (view.name(one.to)) " less " (view.name(one.from)) ": " (points(one.difference)) " points, p " (equals(one.p))
                    }
                }
            }
        }
    }
}
