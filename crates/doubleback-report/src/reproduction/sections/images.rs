use doubleback_experiments::reproduce::{Perturbed, Picture, Prediction};
use maud::{Markup, html};

use super::panes::{Pane, panes};
use crate::eps::{distinct, same_eps};
use crate::format::short;
use crate::page::{caption, missing, picture};
use crate::reproduction::context::Context;
use crate::reproduction::gallery::{columns, guesses, original, whole_percent};
use crate::reproduction::headline::headline;
use crate::sampled::classes_shown;
use crate::svg::badge;

pub fn body(context: &Context) -> Markup {
    let pictures = context.pictures;
    let mut attacks: Vec<&str> = Vec::new();
    for perturbed in pictures.images.iter().flat_map(|picture| &picture.perturbed) {
        if !attacks.contains(&perturbed.attack.as_str()) {
            attacks.push(&perturbed.attack);
        }
    }
    let tables: Vec<Pane> = attacks
        .into_iter()
        .flat_map(|attack| sizes(context, attack).into_iter().map(move |eps| (attack, eps)))
        .map(|(attack, eps)| Pane {
            attack: attack.to_owned(),
            eps,
            body: table(context, attack, eps),
        })
        .collect();
    if tables.is_empty() {
        return missing("No adversarial examples were kept as pictures in this run.");
    }
    let first = nearest(&tables, headline(context).unwrap_or(0.2));
    let classes = serde_json::to_string(&context.results.data.classes).unwrap_or_else(|_| "[]".to_owned());
    html! {
        figure data-guesses=(classes) {
            (panes("images", &tables, first, Some(&judge_control(context))))
            (caption(None, &html! {
                (classes_shown(pictures.images.len(), context.results.data.classes.len()))
                "One test image a row. The first column is the unperturbed image with its true class; "
                "each further column is the same image perturbed with the gradients of the model that heads it. Under each example stands the class that "
                span.script-only { "the chosen model" } span.no-script { "the model that it was crafted on" }
                " sees in it, and its probability; ✗ marks a wrong one. An image that FGSM left unchanged has a gradient of exactly zero. "
                "Regularization promises that what fools a model looks changed to us as well. "
                "The paper shows examples of other attacks this way (Figures 5 and 11)."
            }))
        }
    }
}

/// The pane shown first: the nearest to the size of the headline, and of two equally near ones the larger.
fn nearest(tables: &[Pane], eps: f64) -> usize {
    let order = |a: &Pane, b: &Pane| {
        let distance = |pane: &Pane| ((pane.eps - eps).abs() * 1e6).round();
        distance(a).total_cmp(&distance(b)).then(b.eps.total_cmp(&a.eps))
    };
    (0..tables.len())
        .min_by(|&a, &b| order(&tables[a], &tables[b]))
        .unwrap_or(0)
}

fn sizes(context: &Context, attack: &str) -> Vec<f64> {
    let all = context.pictures.images.iter().flat_map(|picture| &picture.perturbed);
    distinct(
        all.filter(|perturbed| perturbed.attack == attack)
            .map(|perturbed| perturbed.eps),
    )
}

/// Which model's predictions stand under the examples.
fn judge_control(context: &Context) -> Markup {
    html! {
        label {
            "Classified by "
            select data-judge="" {
                option value="own" selected { "the model it was crafted on" }
                @for (index, model) in context.models().enumerate() { option value=(index) { (model) } }
            }
        }
    }
}

fn table(context: &Context, attack: &str, eps: f64) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Adversarial examples" {
            table.gallery style=(columns(context)) {
                thead {
                    tr.over {
                        td {}
                        th scope="colgroup" colspan=(context.results.models.len().max(1)) { "Perturbed with the gradients of" }
                    }
                    tr {
                        th scope="col" { "Original" }
                        @for model in context.models() { th scope="col" { (badge(context.slots.of(model), model)) } }
                    }
                }
                tbody {
                    @for picture in &context.pictures.images {
                        tr data-label=(picture.label) {
                            (original(context, picture))
                            @for (own, model) in context.models().enumerate() {
                                (example(context, picture, own, find(picture, attack, model, eps)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn find<'a>(picture: &'a Picture, attack: &str, crafted_on: &str, eps: f64) -> Option<&'a Perturbed> {
    picture.perturbed.iter().find(|perturbed| {
        perturbed.attack == attack && perturbed.crafted_on == crafted_on && same_eps(perturbed.eps, eps)
    })
}

fn example(context: &Context, picture: &Picture, own: usize, perturbed: Option<&Perturbed>) -> Markup {
    let Some(perturbed) = perturbed else {
        return html! { td.empty { "–" } };
    };
    let pictures = context.pictures;
    let prediction = perturbed.predictions.get(&perturbed.crafted_on);
    let alt = format!(
        "Test image {} perturbed on {} at ε {}",
        picture.index,
        perturbed.crafted_on,
        short(perturbed.eps)
    );
    html! {
        td data-own=(own) data-guess=(guesses(context, &perturbed.predictions)) {
            @match picture::image(&perturbed.pixels, pictures.shape, pictures.bounds) {
                Some(uri) => img src=(uri) alt=(alt);,
                None => span.missing { "no image" },
            }
            @if let Some(prediction) = prediction { (guess(context, prediction, picture.label)) } @else { span.guess {} }
        }
    }
}

fn guess(context: &Context, prediction: &Prediction, label: usize) -> Markup {
    let wrong = prediction.class != label;
    html! {
        span.guess.wrong[wrong] {
            @if wrong { "✗ " }
            (context.class_name(prediction.class)) " "
            small { (whole_percent(prediction.probability)) "\u{a0}%" }
        }
    }
}
