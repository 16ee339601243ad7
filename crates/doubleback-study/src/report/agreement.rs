use doubleback_report::parts::format::{DASH, count, signed};
use doubleback_report::parts::scrolled;
use maud::{Markup, html};

use super::view::View;

/// Krippendorff's alpha.
pub fn body(view: &View) -> Markup {
    html! {
        p {
            "Krippendorff's alpha of the most plausible label (N/A is one of the values), on images that two or more saw: 1 if all agree, 0 if they agree no more than "
            "if the same labels had been dealt out at random. It is about what people see, not about models: where all see through an attack, they agree as well as "
            "where all are fooled."
        }
        (scrolled("Agreement", &html! {
            table.numbers {
                thead {
                    tr {
                        th scope="col" { "Images of" } th scope="col" { "Alpha" } th scope="col" { "Interval" } th scope="col" { "Images" } th scope="col" { "Answers" }
                    }
                }
                tbody {
                    @for one in &view.analysis.agreement {
                        tr {
                            th scope="row" { (one.model.map_or("all models", |model| view.name(model))) }
                            td { (one.alpha.map_or(DASH.to_owned(), signed)) }
                            td { (one.interval.map_or(DASH.to_owned(), |[low, high]| format!("[{},\u{a0}{}]", signed(low), signed(high)))) }
                            td { (count(one.images)) }
                            td { (count(one.answers)) }
                        }
                    }
                }
            }
        }))
        p.caption { (view.confidence()) " intervals by drawing images with replacement (" (count(view.analysis.options.draws)) " draws); none of fewer than ten images." }
    }
}
