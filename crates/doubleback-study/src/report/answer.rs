use doubleback_report::parts::format::{self, count, percent};
use maud::{Markup, html};

use super::view::{View, equals, p, participants};
use crate::analysis::{Measure, ModelComparison, Verdict};
use crate::folder::Role;

/// The top of the page: the answer, and what it rests on.
pub fn header(view: &View) -> Markup {
    let analysis = view.analysis;
    let about = &analysis.description;
    html! {
        header.top {
            p.kicker { "doubleback " (analysis.version) " · human study after Ross & Doshi-Velez 2018, Table 1" }
            h1 { "“" (analysis.title) "”: are the mistakes of gradient-regularized models more convincing to people?" }
            p.lede { (answer(view)) }
            @for comparison in analysis.comparisons.iter().filter(|one| one.main) { p.reading { (sentence(view, comparison)) } }
            @if about.finished < 8 {
                p.note {
                    strong { "Few participants. " }
                    "With fewer than eight who finished, no result can be clear of chance: the least p that a sign-flip test can give of " (about.finished)
                    " people, all with a difference of the same sign, is " (least_p(about.finished)) ", before its correction for two measures."
                }
            }
            dl.facts { @for (name, value) in facts(view) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn least_p(people: usize) -> String {
    match people.checked_sub(1) {
        Some(free) => p(0.5_f64.powi(free as i32)),
        None => "1".to_owned(),
    }
}

fn answer(view: &View) -> Markup {
    let of = |at: usize| view.analysis.claims.get(at).map(|claim| claim.verdict);
    let words = match (of(0), of(1)) {
        (Some(Verdict::NotAsked) | None, _) => {
            "This study cannot say: it has no normal and regularized model that the same people saw."
        }
        (Some(Verdict::Replicates), Some(Verdict::Replicates)) => {
            "Yes: people are fooled more often, and find fewer mistakes unreasonable."
        }
        (Some(Verdict::Contradicted), Some(Verdict::Contradicted)) => {
            "No, on the contrary: people are fooled less often, and find more mistakes unreasonable."
        }
        (Some(Verdict::Replicates), Some(Verdict::Contradicted))
        | (Some(Verdict::Contradicted), Some(Verdict::Replicates)) => "The two measures say opposite things.",
        (Some(Verdict::Replicates), _) => {
            "In part: people find fewer mistakes unreasonable; whether they are fooled more often stays open."
        }
        (_, Some(Verdict::Replicates)) => {
            "In part: people are fooled more often; whether they find fewer mistakes unreasonable stays open."
        }
        (Some(Verdict::Contradicted), _) => {
            "Rather not: people find more mistakes unreasonable; whether they are fooled more often stays open."
        }
        (_, Some(Verdict::Contradicted)) => {
            "Rather not: people are fooled less often; whether they find fewer mistakes unreasonable stays open."
        }
        (Some(Verdict::Undecided), _) => "Undecided: the differences of this study may be chance.",
    };
    html! { strong { (words) } }
}

fn sentence(view: &View, comparison: &ModelComparison) -> String {
    let parts = comparison.measures.iter().filter_map(|one| {
        let (from, to) = one.from.zip(one.to)?;
        Some(format!(
            "{} {} with {} and {} with {} (p\u{a0}{})",
            one.measure.words(),
            percent(from),
            view.name(comparison.from),
            percent(to),
            view.name(comparison.to),
            equals(one.p_holm.unwrap_or(one.p))
        ))
    });
    let parts: Vec<String> = parts.collect();
    match parts.is_empty() {
        true => "No participant answered images of both models.".to_owned(),
        false => format!("Of {}: {}.", participants(comparison.participants), parts.join("; ")),
    }
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let analysis = view.analysis;
    let about = &analysis.description;
    let fooled: usize = analysis
        .rates
        .iter()
        .filter_map(|one| one.of(Measure::Fooled))
        .map(|one| one.answers)
        .sum();
    let roles = |role: Role| analysis.models.iter().filter(|one| one.role == role).count();
    let mut facts = vec![
        ("Data set", analysis.dataset.clone()),
        ("Attack", format::attack_name(&analysis.attack)),
        ("Participants", count(about.participants)),
        ("Finished", count(about.finished)),
        ("Answers counted", count(fooled)),
        ("Images each", count(about.images_each)),
        ("Models", count(analysis.models.len())),
    ];
    if roles(Role::Regularized) > 1 || roles(Role::Normal) > 1 {
        facts.push((
            "Comparisons",
            count(analysis.comparisons.iter().filter(|one| one.main).count()),
        ));
    }
    facts
}
