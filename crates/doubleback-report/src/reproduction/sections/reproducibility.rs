use doubleback_experiments::reproduce::TrainingSummary;
use maud::{Markup, html};

use crate::format::{self, DASH, short};
use crate::page::{missing, saved};
use crate::reproduction::context::Context;
use crate::svg::badge;

pub fn body(context: &Context) -> Markup {
    let results = context.results;
    html! {
        p { "The same numbers, times apart, come from the same version, seed, device, instruction set and threads:" }
        pre { code {
            "doubleback reproduce --dataset " (results.dataset) " --profile " (results.profile) " --seed " (results.seed)
            " --device " (results.run.device) " --threads " (results.run.threads)
        } }
        h3 { "Training of each model" }
        @if results.training.is_empty() {
            (missing("This run does not say how its models were trained."))
        } @else {
            (training(context))
        }
        h3 { "Source files" }
        @if results.data.checksums.is_empty() {
            (missing("This run does not give checksums of its data."))
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Checksums" {
                table.numbers {
                    thead { tr { th.text scope="col" { "File" } th.text scope="col" { "SHA-256" } } }
                    tbody {
                        @for (file, checksum) in &results.data.checksums {
                            tr { th scope="row" { (file) } td.text { code.checksum { (checksum) } } }
                        }
                    }
                }
            }
        }
        (saved(context.results))
    }
}

fn training(context: &Context) -> Markup {
    let number = |value: Option<f64>| value.map_or(DASH.to_owned(), short);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Training of each model" {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Model" }
                        th scope="col" { "Steps" }
                        th scope="col" { "Batch" }
                        th scope="col" { "Learning rate" }
                        th scope="col" { "λ per example" }
                        th scope="col" { "λ, authors' unit" }
                        th scope="col" { "Temperature" }
                        th scope="col" { "ε of adversarial training" }
                        th scope="col" { "Parameters" }
                    }
                }
                tbody {
                    @for (model, training) in in_order(context) {
                        tr {
                            th scope="row" { (badge(context.slots.of(model), model)) }
                            td { (format::count(training.steps)) }
                            td { (format::count(training.batch)) }
                            td { (short(training.learning_rate)) }
                            td { (number(training.lambda)) }
                            td { (number(training.paper_lambda)) }
                            td { (number(training.temperature)) }
                            td { (number(training.adversarial_eps)) }
                            td { (format::count(training.parameters)) }
                        }
                    }
                }
            }
        }
        p.caption {
            "λ per example weighs the mean over the batch of the squared gradient norm of one image's loss. "
            "The authors' code weighs the gradient of the batch mean instead: its λ is 2 × batch × λ per example."
        }
    }
}

/// The models in the order of the run, then any other that was trained.
fn in_order<'a>(context: &Context<'a>) -> Vec<(&'a str, &'a TrainingSummary)> {
    let all = &context.results.training;
    let others = all
        .keys()
        .map(String::as_str)
        .filter(|name| !context.models().any(|model| model == *name));
    context
        .models()
        .chain(others)
        .filter_map(|model| Some((model, all.get(model)?)))
        .collect()
}
