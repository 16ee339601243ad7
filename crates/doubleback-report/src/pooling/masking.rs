use doubleback_experiments::pooling_study::{AttackedAccuracy, MaskingSign, ModelResult};
use maud::{Markup, html};

use super::view::{View, eps_name, training_words};
use crate::format::{count, percent};

/// Signs that gradients hide what an attack could do.
pub fn body(view: &View) -> Markup {
    let signs: Vec<Markup> = view.results.models.iter().flat_map(signs).collect();
    html! {
        p {
            "An attack that follows gradients finds nothing where they vanish, and a network then looks robust without being so. Three signs are looked for in every network: "
            "images whose gradient was exactly zero, a single step that does better than many, and examples of the other network that do better than the network's own."
        }
        @if signs.is_empty() {
            p.note.good { strong { "No sign of gradient masking " } "in " (count(view.results.models.len())) " networks." }
        } @else {
            p.note {
                strong { (count(signs.len())) " signs of gradient masking. " }
                "Accuracy under attack of these networks is an upper bound on what they withstand; the worst case and the transferred examples say more than PGD alone."
            }
            ul.plain-list { @for sign in signs.iter().take(SHOWN) { li { (sign) } } }
            @if signs.len() > SHOWN {
                details {
                    summary { (count(signs.len() - SHOWN)) " more" }
                    ul.plain-list { @for sign in signs.iter().skip(SHOWN) { li { (sign) } } }
                }
            }
        }
    }
}

const SHOWN: usize = 8;

fn signs(model: &ModelResult) -> Vec<Markup> {
    let name = format!(
        "{}, {} pooling, {}, seed {}",
        model.architecture,
        if model.pool == "avg" { "average" } else { &model.pool },
        training_words(&model.training),
        model.seed
    );
    let signs = model.masking_signs().into_iter();
    signs
        .map(|sign| match sign {
            MaskingSign::ZeroGradients(images) => {
                html! { (name) ": the gradient of " (count(images)) " images was exactly zero all along PGD." }
            }
            MaskingSign::SingleStep { fgsm, pgd } => stronger(&name, fgsm, pgd, "one step (FGSM) does better than PGD"),
            MaskingSign::Transfer { transfer, pgd } => stronger(
                &name,
                transfer,
                pgd,
                "examples of the other network do better than its own",
            ),
        })
        .collect()
}

fn stronger(name: &str, a: &AttackedAccuracy, pgd: &AttackedAccuracy, what: &str) -> Markup {
    html! {
        (name) ": at ε\u{a0}=\u{a0}" (eps_name(pgd.eps)) " " (what) " (accuracy " (percent(a.accuracy.accuracy)) " against " (percent(pgd.accuracy.accuracy)) ")."
    }
}
