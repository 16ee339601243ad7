//! The claims that a figure bears on.

use maud::{Markup, html};

use super::context::Context;
use crate::page::verdict;

/// The claims of these numbers, with this run's verdicts.
pub fn bears_on(context: &Context, numbers: &[usize]) -> Markup {
    let claims: Vec<_> = context
        .results
        .claims
        .iter()
        .filter(|claim| numbers.contains(&claim.number))
        .collect();
    html! {
        @if !claims.is_empty() {
            ul.bears-on aria-label="Claims of the paper that this figure bears on" {
                @for claim in claims {
                    li { (verdict(claim.verdict)) a href="#claims" { "Claim " (claim.number) } ": " (claim.statement.replace(" %", "\u{a0}%")) }
                }
            }
        }
    }
}
