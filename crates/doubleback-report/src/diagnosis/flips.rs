//! At which stage the explanations of single images turn to another class.

use doubleback::statistics::greatest_by;
use doubleback_experiments::diagnosis::{FlipCount, ModelDiagnosis};
use maud::html;

use super::view::View;
use crate::format::{self, percent};
use crate::page::{Content, Group, Table};
use crate::svg::{Axis, Panel, Row, RowChart};

/// What a count is named that belongs to no stage.
const NONE: &str = "none";

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let shown = || {
        view.models()
            .filter(|model| total(model, fooled) > 0 || total(model, others) > 0)
    };
    if shown().next().is_none() {
        return Err("Where single images turn was not counted in this run.".to_owned());
    }
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: shown()
            .map(|model| Group {
                heading: view.label(model).map(|(_, name)| name),
                legend: Vec::new(),
                panels: panels(model),
            })
            .collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "For each attacked image, the stage from which on its explanations show another class than those of the clean image. Images that the attack turned wrong should turn \
                  somewhere and the others nowhere: turns among the others are mistakes of generators or oracle, or images that came close."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

/// Which images of a count.
type Part = fn(&FlipCount) -> usize;

fn fooled(flip: &FlipCount) -> usize {
    flip.fooled
}

fn others(flip: &FlipCount) -> usize {
    flip.others
}

fn total(model: &ModelDiagnosis, part: Part) -> usize {
    model.flips.iter().map(part).fold(0, usize::saturating_add)
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    let all = total(model, fooled);
    let stages = model.flips.iter().filter(|flip| flip.layer != NONE);
    let most = greatest_by(stages, |flip| flip.fooled as f64).filter(|_| all > 0)?;
    let never = model
        .flips
        .iter()
        .filter(|flip| flip.layer == NONE)
        .map(fooled)
        .fold(0, usize::saturating_add);
    Some(format!(
        "of the {} images that the attack turned wrong, {} turn at {}, the most at any stage; {} never turn.",
        format::count(all),
        format::count(most.fooled),
        most.layer,
        format::count(never)
    ))
}

fn panels(model: &ModelDiagnosis) -> Vec<Panel> {
    let parts: [(&str, usize, Part); 2] = [
        ("Images that the attack turned wrong", 2, fooled),
        ("The others", 0, others),
    ];
    parts
        .into_iter()
        .filter(|(_, _, part)| total(model, *part) > 0)
        .map(|(heading, slot, part)| {
            let all = total(model, part) as f64;
            let rows: Vec<Row> = model
                .flips
                .iter()
                .map(|flip| {
                    let value = part(flip) as f64 / all;
                    Row {
                        slot,
                        name: if flip.layer == NONE { "never" } else { &flip.layer }.to_owned(),
                        value,
                        interval: None,
                        published: None,
                        text: percent(value),
                    }
                })
                .collect();
            let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
            let greatest = rows.iter().map(|row| row.value).fold(0.1, f64::max);
            let chart = RowChart {
                x: Axis::percent("share of these images (%)", 0.0, (greatest * 10.0).ceil() / 10.0),
                description: format!("{heading} by the stage at which they turn: {}.", words.join(", ")),
                bars: true,
                rows,
            };
            Panel {
                note: Some(format!("{} images", format::count(all as usize))),
                ..Panel::new(heading, chart.draw())
            }
        })
        .collect()
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["model", "stage", "turned_wrong", "others"]);
    for model in view.models() {
        for flip in &model.flips {
            table.row([
                model.model.as_str().into(),
                flip.layer.as_str().into(),
                flip.fooled.into(),
                flip.others.into(),
            ]);
        }
    }
    table
}
