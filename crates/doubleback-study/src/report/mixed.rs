use doubleback_report::parts::format::DASH;
use doubleback_report::parts::scrolled;
use maud::{Markup, html};

use super::view::{View, p};
use crate::analysis::{MixedModel, OddsRatio};

/// The mixed models.
pub fn body(view: &View) -> Markup {
    html! {
        p {
            "A logistic model in which each model has a level, and each participant and each image moves it (random effects of both, crossed; greatest likelihood by "
            "Laplace's approximation). It says how the odds differ for the same person and like images, which is more than the difference of shares where people "
            "differ much. It assumes a shape for people and images that the test above does not."
        }
        @for mixed in &view.analysis.mixed {
            h3 { (doubleback_report::parts::format::capital(mixed.measure.words())) }
            @if !mixed.converged { p.note { strong { "Not a fit. " } "Do not read these values as results." } }
            @for note in &mixed.notes { p.note { (note) } }
            (scrolled(mixed.measure.words(), &table(view, mixed)))
        }
        p.caption {
            "The level is the log odds for the typical person and image. The odds ratio has a Wald interval (" (view.confidence()) "); p is of the likelihood ratio "
            "test of no difference."
        }
    }
}

fn table(view: &View, mixed: &MixedModel) -> Markup {
    let number = |value: Option<f64>| value.map_or(DASH.to_owned(), |value| format!("{value:.2}").replace('-', "−"));
    html! {
        table.numbers {
            thead { tr { th scope="col" { "Quantity" } th scope="col" { "Estimate" } th scope="col" { "Error or interval" } th scope="col" { "p" } } }
            tbody {
                @for one in &mixed.models {
                    tr {
                        th scope="row" { "Level, " (view.name(one.model)) }
                        td { (number(Some(one.logit))) }
                        td { @if let Some(error) = one.standard_error { "±\u{a0}" (number(Some(error))) } @else { (DASH) } }
                        td { (DASH) }
                    }
                }
                @for one in &mixed.odds {
                    tr {
                        th scope="row" { "Odds, " (view.name(one.to)) " by " (view.name(one.from)) }
                        td { (number(Some(one.ratio))) }
                        td { (interval(one)) }
                        td { (one.p.map_or(DASH.to_owned(), p)) }
                    }
                }
                tr { th scope="row" { "Deviation of people" } td { (number(mixed.people)) } td { (DASH) } td { (DASH) } }
                tr { th scope="row" { "Deviation of images" } td { (number(mixed.images)) } td { (DASH) } td { (DASH) } }
            }
        }
    }
}

fn interval(odds: &OddsRatio) -> String {
    odds.interval
        .map_or(DASH.to_owned(), |[low, high]| format!("[{low:.2},\u{a0}{high:.2}]"))
}
