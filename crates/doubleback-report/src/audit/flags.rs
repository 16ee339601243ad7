use doubleback::audit::{PROBED, flags};
use doubleback::evaluate::masking;
use maud::{Markup, html};

use super::view::View;
use crate::page::unfolded;

/// Flags with their evidence, and what else was looked at.
pub fn body(view: &View) -> Markup {
    let raised = &view.audit.flags;
    html! {
        @for flag in raised {
            div.note {
                p { strong { (flag.name) } ". " (flag.detail) "." }
            }
        }
        @if raised.is_empty() {
            p.reading { "No flag was raised." }
        }
        p {
            "Looked at: the first " (view.audit.images.iter().filter(|image| image.probe.is_some()).count()) " images (at most " (PROBED)
            ") for outputs, gradients and short attacks, all images for what the ensemble did. A flag is a reason to look again, not a proof; no flag is no proof either."
            @if view.audit.certified.is_none() {
                " Robust accuracy is what these attacks left, an upper bound of what no perturbation breaks: nothing is certified here."
            }
        }
        (unfolded("Every check and its bar", &html! {
            table.numbers.dense {
                thead { tr { th.text scope="col" { "Check" } th.text scope="col" { "Raised when" } th.text scope="col" { "Here" } } }
                tbody {
                    @for (name, bar) in bars() {
                        tr {
                            th scope="row" { (name) }
                            td.text { (bar) }
                            td.text { @if raised.iter().any(|flag| flag.name == name) { strong { "raised" } } @else { "–" } }
                        }
                    }
                }
            }
        }))
    }
}

/// What raises each flag, in words.
fn bars() -> Vec<(&'static str, String)> {
    let percent = |share: f64| format!("{} %", 100.0 * share);
    let greater = |share: f64, of: &str| format!("more than {} of {of}", percent(share));
    vec![
        (
            flags::NOT_FINITE,
            "any image has a logit or gradient that is NaN or infinite".to_owned(),
        ),
        (
            masking::ZERO_GRADIENTS,
            greater(
                masking::ZERO_GRADIENT_SHARE,
                "the images have a gradient that is exactly zero",
            ),
        ),
        (
            flags::PROBABILITIES,
            greater(
                flags::PROBABILITY_SHARE,
                "the images have outputs between 0 and 1 whose sum is 1",
            ),
        ),
        (
            flags::LOG_PROBABILITIES,
            greater(
                flags::PROBABILITY_SHARE,
                "the images have outputs whose exponentials sum to 1",
            ),
        ),
        (
            flags::RANDOM,
            greater(flags::CHANGED_SHARE, "the images get another answer the second time"),
        ),
        (
            flags::BATCH_DEPENDENT,
            greater(
                flags::CHANGED_SHARE,
                "the images get another answer alone than in a batch",
            ),
        ),
        (
            flags::WRONG_GRADIENTS,
            format!(
                "for half of the images the margin's slope is {} or more away from the gradient",
                percent(flags::SLOPE_ERROR)
            ),
        ),
        (
            masking::LOSS_UNDERFLOW,
            format!(
                "FGSM on the margin takes {} points more than on the cross-entropy",
                100.0 * masking::MARGIN_FALL
            ),
        ),
        (
            flags::ONE_STEP_STRONGER,
            greater(
                flags::ONE_STEP_SHARE,
                "the images, and more than one, fall to one step but not to 20",
            ),
        ),
        (
            flags::BLACK_BOX_STRONGER,
            greater(
                flags::BLACK_BOX_SHARE,
                "what gradients left, and more than one image, falls to Square",
            ),
        ),
        (
            flags::TRANSFER_STRONGER,
            greater(
                flags::BLACK_BOX_SHARE,
                "what all attacks left, and more than one image, falls to examples of a surrogate (if one was asked for)",
            ),
        ),
        (
            flags::NOT_CONVERGED,
            greater(
                flags::MORE_SHARE,
                "the probed images, and more than one, fall to a longer attack at the end",
            ),
        ),
        (
            flags::UNBOUNDED,
            greater(
                flags::UNBOUNDED_SHARE,
                "the images, and more than one, stand with the greatest eps",
            ),
        ),
        (
            flags::NOT_RISING,
            greater(
                flags::FALLING_SHARE,
                "the images, and more than one, suffer less within twice the eps",
            ),
        ),
        (
            flags::EPS_UNIT,
            "eps is less than half of a 255th of the range, or half of the range or more".to_owned(),
        ),
        (
            flags::ROUNDING,
            greater(
                flags::ROUNDED_SHARE,
                "the examples, and more than one, are undone by rounding to 8 bits",
            ),
        ),
        (
            flags::NOT_REPEATED,
            greater(
                flags::REPEATED_SHARE,
                "the examples are classified rightly when asked once more",
            ),
        ),
        (
            flags::NEAR_CHANCE,
            "clean accuracy may be no better than guessing".to_owned(),
        ),
    ]
}
