use maud::html;

use super::view::View;
use crate::format::{count, duration, percent, short};
use crate::page::{Content, Group, Table, scrolled};
use crate::svg::{Axis, Panel, Row, RowChart};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let audit = view.audit;
    let mut rows = vec![row("clean", audit.clean_accuracy, 0)];
    rows.extend(
        audit
            .attacks
            .iter()
            .map(|(name, attack)| row(name, attack.cumulative, 1)),
    );
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::percent("standing (%)", 0.0, 1.0),
        description: format!("Share of images standing after each attack: {}.", described.join("; ")),
        bars: true,
        rows,
    };
    Ok(Content {
        reading: reading(view),
        groups: vec![Group {
            heading: None,
            legend: Vec::new(),
            panels: vec![Panel::new("After each attack", chart.draw())],
        }],
        pictures: table(view),
        file_panels: Vec::new(),
        caption: "Share of all images that are classified rightly and stand after each attack. An attack is tried on the images that none before it has broken; \
                  gradients and forward passes are means over these."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

fn row(name: &str, value: f64, slot: usize) -> Row {
    Row {
        slot,
        name: name.to_owned(),
        value,
        interval: None,
        published: None,
        text: percent(value),
    }
}

fn reading(view: &View) -> String {
    let most = view.audit.attacks.iter().max_by_key(|(_, attack)| attack.broken);
    match most {
        Some((name, attack)) if attack.broken > 0 => format!(
            "{name} breaks most: {} of the {} images that it was tried on.",
            count(attack.broken),
            count(attack.tried)
        ),
        _ => "No attack breaks any image.".to_owned(),
    }
}

fn table(view: &View) -> maud::Markup {
    scrolled(
        "Attacks",
        &html! {
            table.numbers {
                thead {
                    tr {
                        th.text scope="col" { "Attack" } th scope="col" { "Tried on" } th scope="col" { "Broke" } th scope="col" { "Standing" }
                        th scope="col" { "Gradients" } th scope="col" { "Forwards" } th scope="col" { "Median distance" } th scope="col" { "Time" }
                        th.text scope="col" { "Settings" }
                    }
                }
                tbody {
                    @for ((name, attack), planned) in view.audit.attacks.iter().zip(&view.audit.setup.settings.attacks) {
                        tr {
                            th scope="row" { (name) }
                            td { (count(attack.tried)) }
                            td { (count(attack.broken)) }
                            td { (percent(attack.cumulative)) }
                            td { (count(attack.gradients / attack.tried.max(1))) }
                            td { (count(attack.forwards / attack.tried.max(1))) }
                            td { @match attack.distance.and_then(|distance| distance.median) { Some(median) => (short(median)), None => "–" } }
                            td { (duration(attack.seconds)) }
                            td.text { (planned.in_words) }
                        }
                    }
                }
            }
        },
    )
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "attack",
        "tried",
        "broken",
        "standing",
        "gradients",
        "forwards",
        "seconds",
    ]);
    for (name, attack) in &view.audit.attacks {
        table.row([
            name.as_str().into(),
            attack.tried.into(),
            attack.broken.into(),
            attack.cumulative.into(),
            attack.gradients.into(),
            attack.forwards.into(),
            attack.seconds.into(),
        ]);
    }
    table
}
