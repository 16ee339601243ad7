use maud::{Markup, html};

use super::view::{View, tally};
use crate::format;

/// The top of the page: the answer, and what it rests on.
pub fn header(view: &View) -> Markup {
    let results = view.results;
    html! {
        header.top {
            p.kicker {
                "doubleback " (results.run.version) " · max against average pooling, after Zheng et al. (2020, arXiv 2007.08716), in this project's own formulation"
            }
            h1 { "Is average pooling more robust than max pooling? On " (results.dataset) }
            p.lede { (answer(view)) }
            (matched(view))
            p {
                "A comparison is one architecture, one training and one ε, under the worst of the white-box attacks: an image counts as right only if it withstands "
                "all of them. “Clearly” means that the 95\u{a0}% interval over " (seeds(view)) " leaves zero out. Comparisons in which neither kind of "
                "pooling keeps 1\u{a0}% of the images are left out: there is nothing to compare."
            }
            @for note in &results.data.notes { div.note { p { strong { (results.dataset) ": " } (note) } } }
            @if results.profile == "quick" || results.seeds.len() < 3 { (small(view)) }
            dl.facts { @for (name, value) in facts(view) { div { dt { (name) } dd { (value) } } } }
        }
    }
}

fn answer(view: &View) -> Markup {
    let worst = view.worst();
    let [above, below, open] = tally(worst.iter().map(|one| &one.difference));
    let answer = match (above, below) {
        (0, 0) => "This run cannot tell.",
        (_, 0) if open == 0 => "Yes, everywhere in this study.",
        (_, 0) => "In part: where there is a clear difference, average pooling is ahead.",
        (0, _) => "No: where there is a clear difference, max pooling is ahead.",
        _ => "It depends on the training and the network.",
    };
    html! {
        @if worst.is_empty() {
            "This run has no comparison under attack in which either kind of pooling keeps any images."
        } @else {
            strong { (answer) } " Of " (worst.len()) " comparisons under attack, average pooling is clearly more accurate in " strong { (above) }
            ", clearly less in " strong { (below) } ", and in " strong { (open) } " the seeds do not decide."
        }
    }
}

/// How often average pooling is clearly more accurate under attack, among pairs with like clean accuracies.
fn matched(view: &View) -> Markup {
    let worst = view.worst();
    let with_pairs: Vec<_> = worst.iter().filter(|one| !one.matched.values.is_empty()).collect();
    let [above, below, open] = tally(with_pairs.iter().map(|one| &one.matched));
    html! {
        @if !worst.is_empty() {
            p.reading {
                "Among pairs whose clean accuracies lie within " (format::short(100.0 * view.results.matched_within)) " points of each other, which there are in "
                (with_pairs.len()) " of these comparisons: " (above) " clearly for average pooling, " (below) " clearly against it, " (open) " open."
            }
        }
    }
}

fn seeds(view: &View) -> String {
    match view.results.seeds.len() {
        1 => "1 seed".to_owned(),
        count => format!("{count} seeds"),
    }
}

fn small(view: &View) -> Markup {
    html! {
        p.note {
            strong { "A small experiment. " }
            "Profile " (view.results.profile) ", " (seeds(view)) ": it shows how the study works. A difference between two kinds of pooling is about as large as one between two "
            "seeds, so that few seeds decide little."
        }
    }
}

fn facts(view: &View) -> Vec<(&'static str, String)> {
    let results = view.results;
    let [channels, height, width] = results.data.shape;
    let attacked = results.models.first().and_then(|model| model.attacked.first());
    let mut facts = vec![
        ("Data set", results.dataset.clone()),
        ("Profile", results.profile.clone()),
        (
            "Seeds",
            results.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        ),
        ("Models", format::count(results.models.len())),
        ("Training images", format::count(results.data.train)),
        ("Image", format!("{height} × {width} × {channels}")),
    ];
    if let Some(model) = results.models.first() {
        facts.push(("Images, clean", format::count(model.clean.count)));
    }
    if let Some(attacked) = attacked {
        facts.push(("Images, attacked", format::count(attacked.accuracy.count)));
    }
    facts.extend([
        ("Device", results.run.device.clone()),
        ("Threads", results.run.threads.to_string()),
        ("Instruction set", results.run.isa.clone()),
    ]);
    if let Some(total) = results.seconds.get("total") {
        facts.push(("Time", format::duration(*total)));
    }
    facts
}
