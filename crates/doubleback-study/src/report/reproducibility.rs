use doubleback_report::parts::format::{count, short};
use doubleback_report::parts::{pairs, saved_as};
use maud::{Markup, html};

use super::view::View;
use crate::analysis::Counted;

/// How it was analysed.
pub fn body(view: &View) -> Markup {
    let options = &view.analysis.options;
    let mut rows = vec![
        (
            "Answers",
            match options.counted {
                Counted::Finished => "of those who finished".to_owned(),
                Counted::All => "all".to_owned(),
            },
        ),
        ("Confidence of intervals", short(options.confidence)),
        ("Random flips, where all are more", count(options.flips)),
        ("Draws of a bootstrap", count(options.draws)),
        ("Seed", options.seed.to_string()),
    ];
    if let Some(power) = &options.power {
        rows.push((
            "Simulated studies of each size, and flips of each",
            format!("{}, {}", count(power.studies), count(power.flips)),
        ));
    }
    html! {
        p { "The same answers, options and version give the same numbers." }
        (pairs("Options", ["Option", "Value"], rows.into_iter().map(|(name, value)| (name.to_owned(), value)), false))
        h3 { "Models" }
        (pairs(
            "Models",
            ["Model", "Role, and images that participants may be shown"],
            view.analysis.models.iter().map(|model| (model.name.clone(), format!("{}, {}", super::view::role(model.role), count(model.candidates)))),
            false,
        ))
        (saved_as("analysis.json", view.analysis))
    }
}
