use maud::{Markup, html};

use super::view::View;
use crate::format::duration;
use crate::page::{pairs, saved, scrolled};

pub fn body(view: &View) -> Markup {
    let results = view.results;
    let times = results
        .seconds
        .iter()
        .map(|(phase, seconds)| (phase.clone(), duration(*seconds)));
    html! {
        p { "The same numbers, times apart, come from the same version, seeds, device, instruction set and threads:" }
        pre { code {
            "doubleback pooling --dataset " (results.dataset) " --profile " (results.profile) " --seeds " (results.seeds.len())
            @if let Some(first) = results.seeds.first() { " --seed " (first) }
            " --device " (results.run.device) " --threads " (results.run.threads)
        } }
        h3 { "Files" }
        (pairs("Checksums of the data", ["File", "SHA-256"], results.data.checksums.clone().into_iter(), true))
        details {
            summary { "Checksums of the networks" }
            (scrolled("Checksums of the networks", &html! {
                table.numbers.dense {
                    thead { tr { th scope="col" { "Network" } th.text scope="col" { "Seed" } th.text scope="col" { "SHA-256" } } }
                    tbody {
                        @for model in &results.models {
                            tr {
                                th scope="row" { (model.architecture) ", " (model.pool) ", " (model.training) }
                                td.text { (model.seed) }
                                td.text { code.checksum { (model.sha256) } }
                            }
                        }
                    }
                }
            }))
        }
        @if !results.seconds.is_empty() {
            h3 { "Time" }
            (pairs("Time", ["Phase", "Time"], times, false))
        }
        (saved(results))
    }
}
