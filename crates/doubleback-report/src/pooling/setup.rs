use doubleback_experiments::pooling_study::{AttackSetting, Training};
use maud::{Markup, html};

use super::view::{View, attack_words, eps_name, training_words};
use crate::format::{DASH, count, short};
use crate::page::scrolled;

/// What was asked and how it was tried.
pub fn body(view: &View) -> Markup {
    let results = view.results;
    html! {
        p {
            "A pooling layer makes an image's features smaller by putting one number in the place of a small square of them. Max pooling takes the largest and drops "
            "the rest; average pooling takes the mean, to which all contribute. Zheng et al. (2020) state that layers that lose more information tend to be more "
            "vulnerable (claim 4 on this page), and that average pooling, which loses less, is more robust than max pooling (claim 5)."
        }
        p {
            "This study trains pairs of networks that differ in nothing but the pooling: " (results.architectures.join(", ")) ", each with every seed and in every "
            "way of training below, and attacks all of them alike. A difference is always that of average less that of max pooling, with the same seed."
        }
        p {
            "Only the abstract of their paper could be had. Networks, trainings, attacks and measures are this project's own choice, and no number here is theirs."
        }
        h3 { "Trainings" }
        (trainings(&results.trainings))
        h3 { "Attacks" }
        (attacks(&results.attacks))
        p.caption {
            "FGSM takes one step along the sign of the gradient. PGD takes many and climbs the cross-entropy, or the margin between the best wrong class and the true "
            "one, which still has a gradient where the cross-entropy's vanishes. Transfer: the PGD examples of the twin with the other pooling, an attack "
            "that needs no gradient of the network it is tried on. Worst case: right under all white-box attacks at this and every smaller ε."
        }
    }
}

fn trainings(trainings: &[Training]) -> Markup {
    let number = |value: Option<f64>| value.map_or(DASH.to_owned(), short);
    scrolled(
        "Trainings",
        &html! {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Training" }
                        th scope="col" { "Steps" }
                        th scope="col" { "Batch" }
                        th scope="col" { "Learning rate" }
                        th scope="col" { "λ per example" }
                        th scope="col" { "ε of the adversary" }
                        th scope="col" { "Steps of the adversary" }
                    }
                }
                tbody {
                    @for one in trainings {
                        tr {
                            th scope="row" { (training_words(&one.name)) }
                            td { (count(one.steps)) }
                            td { (count(one.batch)) }
                            td { (short(one.learning_rate)) }
                            td { (number(one.lambda)) }
                            td { (one.adversarial_eps.map_or(DASH.to_owned(), eps_name)) }
                            td { (one.pgd_steps.map_or(DASH.to_owned(), count)) }
                        }
                    }
                }
            }
        },
    )
}

fn attacks(attacks: &[AttackSetting]) -> Markup {
    scrolled(
        "Attacks",
        &html! {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Attack (L∞)" }
                        th.text scope="col" { "ε" }
                        th scope="col" { "Steps" }
                        th scope="col" { "Length of a step" }
                        th.text scope="col" { "Climbs" }
                    }
                }
                tbody {
                    @for one in attacks {
                        tr {
                            th scope="row" { (attack_words(&one.name)) }
                            td.text { (one.eps.iter().map(|&eps| eps_name(eps)).collect::<Vec<_>>().join(", ")) }
                            td { (one.steps.map_or(DASH.to_owned(), count)) }
                            td { (one.step_size.map_or(DASH.to_owned(), short)) }
                            td.text { (one.loss.as_deref().map_or(DASH, |loss| if loss == "ce" { "cross-entropy" } else { loss })) }
                        }
                    }
                }
            }
        },
    )
}
