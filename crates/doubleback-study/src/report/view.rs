use doubleback_report::parts::format::{DASH, interval, percent};
use maud::{Markup, html};

use crate::analysis::{Analysis, Measure, Rate};
use crate::folder::Role;

/// Slots of roles: the same looks as in the reproduction's charts.
const NORMAL: usize = 0;
const DISTILLED: usize = 1;
const REGULARIZED: usize = 4;
/// For further models.
const OTHERS: [usize; 7] = [6, 5, 8, 2, 7, 9, 3];

/// What every section draws from.
pub struct View<'a> {
    pub analysis: &'a Analysis,
}

impl View<'_> {
    /// Color and marker of a model.
    pub fn slot(&self, model: usize) -> usize {
        let slot = |role: Role| match role {
            Role::Normal => Some(NORMAL),
            Role::Distilled => Some(DISTILLED),
            Role::Regularized => Some(REGULARIZED),
            Role::Other => None,
        };
        let models = &self.analysis.models;
        let first = |at: usize| models.iter().position(|one| one.role == models[at].role) == Some(at);
        match slot(models[model].role).filter(|_| first(model)) {
            Some(slot) => slot,
            None => {
                let others = (0..model)
                    .filter(|&at| slot(models[at].role).is_none() || !first(at))
                    .count();
                OTHERS[others % OTHERS.len()]
            }
        }
    }

    /// Its name.
    pub fn name(&self, model: usize) -> &str {
        &self.analysis.models[model].name
    }

    /// `95 %`.
    pub fn confidence(&self) -> String {
        format!(
            "{}\u{a0}%",
            doubleback_report::parts::format::short(100.0 * self.analysis.options.confidence)
        )
    }

    /// Published rate of a role in the half of Table 1 that this study repeats.
    pub fn published(&self, role: Role, measure: Measure) -> Option<f64> {
        let half = self.analysis.published.iter().find(|half| half.same)?;
        let row = half.rows.iter().find(|row| row.role == role)?;
        Some(match measure {
            Measure::Fooled => row.fooled,
            Measure::Reasonable => row.reasonable,
            Measure::Unreasonable => 1.0 - row.reasonable,
        })
    }
}

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Normal => "normal",
        Role::Distilled => "defensively distilled",
        Role::Regularized => "gradient regularized",
        Role::Other => "other",
    }
}

/// `16.4 %` with its interval.
pub fn rate(rate: &Rate) -> Markup {
    html! {
        (rate.rate.map_or(DASH.to_owned(), percent))
        @if let Some([low, high]) = rate.interval { " " span.interval { (interval(low, high)) } }
    }
}

/// `0.012`, `< 0.001`.
pub fn p(value: f64) -> String {
    if value < 0.001 {
        "<\u{a0}0.001".to_owned()
    } else {
        format!("{value:.3}")
    }
}

/// `1 participant`, `7 participants`.
pub fn participants(count: usize) -> String {
    doubleback_data::words::count(count, "participant")
}

/// `= 0.012`, `< 0.001`.
pub fn equals(value: f64) -> String {
    let text = p(value);
    match text.starts_with('<') {
        true => text,
        false => format!("=\u{a0}{text}"),
    }
}
