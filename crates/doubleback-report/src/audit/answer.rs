use maud::{Markup, html};

use super::view::View;
use crate::format::{count, duration, interval, percent, short};

/// The top of the page: the number, and whether there is reason to doubt it.
pub fn header(view: &View) -> Markup {
    let audit = view.audit;
    let setup = &audit.setup;
    html! {
        header.top {
            p.kicker { "doubleback " (setup.settings.version) " · audit of adversarial robustness" }
            h1 { (setup.model) " on " (setup.dataset) }
            p.lede {
                @match (audit.robust_accuracy, audit.low.zip(audit.high), &audit.partial) {
                    (Some(robust), Some((low, high)), _) => {
                        strong { (percent(robust)) } " of " (count(audit.images.len())) " test images are classified rightly and withstand every attack within eps "
                        (view.eps()) ". The 95\u{a0}% interval is " (interval(low, high)) "; unperturbed, accuracy is " (percent(audit.clean_accuracy)) "."
                    }
                    (_, _, Some(partial)) => {
                        strong { "This audit is partial. " } "Robust accuracy is at most " strong { (percent(partial.at_most)) } " of "
                        (count(audit.images.len())) " test images within eps " (view.eps()) ". " (partial.detail) "."
                    }
                    _ => { "There are no images." }
                }
            }
            p.reading {
                @match audit.flags.len() {
                    0 => "Nothing that was probed gives reason to doubt these numbers.",
                    1 => { strong { "One flag" } " gives reason to doubt them: see below." }
                    flags => { strong { (flags) " flags" } " give reason to doubt them: see below." }
                }
            }
            @for note in &setup.notes { div.note { p { (note) } } }
            dl.facts { @for (name, value) in facts(view) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let audit = view.audit;
    let setup = &audit.setup;
    let seconds: f64 = audit.attacks.iter().map(|(_, attack)| attack.seconds).sum();
    let gradients: usize = audit.attacks.iter().map(|(_, attack)| attack.gradients).sum();
    let forwards: usize = audit.attacks.iter().map(|(_, attack)| attack.forwards).sum();
    let mut facts = vec![
        ("Data set", setup.dataset.clone()),
        ("Images", count(audit.images.len())),
        ("Eps", view.eps()),
        ("Ensemble", setup.settings.ensemble.clone()),
        ("Classes", count(setup.classes.len())),
        ("Input gradients", count(gradients)),
        ("Forward passes", count(forwards)),
        ("Time of the attacks", duration(seconds)),
        ("Device", setup.settings.device.clone()),
    ];
    let tried = audit.attacks.iter().filter(|(_, attack)| attack.tried > 0);
    let joules: Option<f64> = tried.map(|(_, attack)| attack.joules).sum();
    if let Some(joules) = joules.filter(|joules| *joules > 0.0) {
        facts.push(("Energy of the processors", format!("{} kJ", short(joules / 1e3))));
    }
    if setup.shard.of > 1 {
        facts.push(("Shard", setup.shard.to_string()));
    }
    if let Some(certified) = &audit.certified {
        let (accuracy, norm) = (percent(certified.accuracy), certified.norm.sign());
        facts.push((
            "Certified accuracy",
            format!("{accuracy} ({}, {norm})", certified.method),
        ));
    }
    if let Some(seed) = setup.sample_seed {
        facts.push(("Images drawn by seed", seed.to_string()));
    }
    facts
}
