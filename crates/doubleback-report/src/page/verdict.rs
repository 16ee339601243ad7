//! Whether a claim holds, at a glance.

use doubleback_experiments::Verdict;
use maud::{Markup, html};

/// A verdict as a badge.
pub fn verdict(verdict: Verdict) -> Markup {
    let (class, sign, text) = match verdict {
        Verdict::Holds => ("holds", "✓", "Holds"),
        Verdict::HoldsInPart => ("in-part", "◐", "In part"),
        Verdict::Mixed => ("in-part", "±", "Mixed"),
        Verdict::Undecided => ("undecided", "?", "Undecided"),
        Verdict::DoesNotHold => ("does-not-hold", "✗", "Does not hold"),
    };
    html! { span class={ "verdict " (class) } { span aria-hidden="true" { (sign) " " } (text) } }
}
