//! Accuracy by class, and which classes each model takes for which.

use doubleback_experiments::ALL_PAIRS_UP_TO;
use doubleback_experiments::reproduce::ByClass;
use maud::{Markup, html};

use crate::format::{self, attack_name, percent, short};
use crate::page::{caption, confusion, missing, scrolled};
use crate::reproduction::context::Context;
use crate::svg::badge;

/// Rows of the tables of many classes.
const ROWS: usize = 12;

pub fn body(context: &Context) -> Markup {
    if context.results.by_class.is_empty() {
        return missing("Accuracy by class was not measured in this run.");
    }
    let few = context.results.data.classes.len() <= ALL_PAIRS_UP_TO;
    html! {
        @if few { (overview(context)) } @else { p { (many(context)) } }
        @for (place, model) in context.models().enumerate() {
            @let of_model = of(context, model);
            @if !of_model.is_empty() {
                details open[!few && place == 0] {
                    summary { (badge(context.slots.of(model), model)) ": " (summary(&of_model)) }
                    @if few { (matrices(context, &of_model)) } @else { (tables(&of_model)) }
                }
            }
        }
    }
}

/// What a model makes of unperturbed images, then of the examples that it withstands worst.
fn of<'a>(context: &Context<'a>, model: &str) -> Vec<&'a ByClass> {
    let all = context.results.by_class.iter();
    all.filter(|one| one.model == model).collect()
}

/// `FGSM, ε 0.2, crafted on normal`, or that there is no attack.
fn examples(one: &ByClass) -> String {
    match &one.examples {
        None => "unperturbed".to_owned(),
        Some(examples) => format!(
            "{}, ε\u{a0}{}, crafted on {}",
            attack_name(&examples.attack),
            short(examples.eps),
            examples.crafted_on
        ),
    }
}

fn accuracy(one: &ByClass) -> f64 {
    one.confusion.right() as f64 / one.confusion.images() as f64
}

fn summary(of_model: &[&ByClass]) -> String {
    let parts = of_model.iter().map(|one| {
        let spread = confusion::spread(&one.per_class).map_or_else(String::new, |spread| format!(" ({spread})"));
        let under = if one.examples.is_some() { "under " } else { "" };
        format!("{} {under}{}{spread}", percent(accuracy(one)), examples(one))
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// All models and classes in one table.
fn overview(context: &Context) -> Markup {
    let classes = &context.results.data.classes;
    let table = html! {
        table.heat.classes.by-class style={ "--models: " (classes.len() + 2) } {
            colgroup { col.of-model; col.of-examples; @for _ in classes { col; } }
            thead {
                tr {
                    td.corner colspan="2" { "model\u{a0}↓" br; "class\u{a0}→" }
                    @for class in classes { th scope="col" { (class) } }
                }
            }
            @for model in context.models() {
                @let of_model = of(context, model);
                @if !of_model.is_empty() {
                    tbody {
                        @for (place, one) in of_model.iter().enumerate() {
                            tr {
                                @if place == 0 {
                                    th scope="rowgroup" rowspan=(of_model.len()) { (badge(context.slots.of(model), model)) }
                                }
                                th scope="row" title=(examples(one)) { (if one.examples.is_none() { "clean" } else { "attacked" }) }
                                (confusion::row(&format!("{model}, {}", examples(one)), &one.per_class, classes.len()))
                            }
                        }
                    }
                }
            }
        }
    };
    html! {
        figure {
            (scrolled("Accuracy by model and class", &table))
            (caption(None, &html! {
                "Accuracy in percent by class: on unperturbed test images, and on the examples of ε\u{a0}" (eps(context))
                " that the model withstands worst among all attacks and models that examples were crafted on. The intervals, and which examples these \
                 are, stand under the pointer and below."
            }))
        }
    }
}

fn eps(context: &Context) -> String {
    let examples = context.results.by_class.iter().find_map(|one| one.examples.as_ref());
    examples.map_or_else(|| format::DASH.to_owned(), |examples| short(examples.eps))
}

fn many(context: &Context) -> String {
    format!(
        "Accuracy by class on unperturbed test images, and on the examples of ε\u{a0}{} that the model withstands worst among all attacks and models \
         that examples were crafted on. Of {} classes those with the lowest accuracy are listed, and the most frequent confusions; all are in \
         results.json.",
        eps(context),
        format::count(context.results.data.classes.len())
    )
}

fn matrices(context: &Context, of_model: &[&ByClass]) -> Markup {
    html! {
        div.matrices {
            @for one in of_model {
                figure {
                    h4 { (format::capital(&examples(one))) ", " (format::count(one.confusion.images())) " images" }
                    (confusion::matrix(&format!("Confusions of {}, {}", one.model, examples(one)), &one.confusion, &context.results.data.classes))
                }
            }
        }
    }
}

fn tables(of_model: &[&ByClass]) -> Markup {
    let (first, second) = (of_model.first(), of_model.get(1));
    html! {
        @if let Some(first) = first {
            h4 { "Classes with the lowest accuracy" }
            (confusion::worst(
                &format!("Classes that {} recognizes worst", first.model),
                ["Unperturbed", "Attacked"],
                &first.per_class,
                second.map_or(&[], |second| &second.per_class),
                ROWS,
            ))
        }
        div.matrices {
            @for one in of_model {
                div {
                    h4 { "Most frequent confusions, " (examples(one)) }
                    (confusion::mistakes(&format!("Confusions of {}, {}", one.model, examples(one)), &one.confusion, &one.per_class, ROWS))
                }
            }
        }
    }
}
