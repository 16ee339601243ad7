//! How often the attack succeeds by its size, and the size that was taken.

use doubleback::diagnose::SUCCESS;

use doubleback_experiments::diagnosis::ModelDiagnosis;
use maud::html;

use super::view::{PROBES, View, window};
use crate::eps::same_eps;
use crate::format::{self, attack_name, percent, short};
use crate::page::{Content, Group, Table};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let shown = || view.models().filter(|model| !model.sweep.is_empty());
    if shown().next().is_none() {
        return Err(format!(
            "No sweep was needed: the ε that was given makes the attack succeed on {} of images.",
            window(SUCCESS)
        ));
    }
    Ok(Content {
        reading: view.reading(shown(), reading),
        groups: vec![Group {
            heading: None,
            legend: Vec::new(),
            panels: shown().map(|model| chart(view, model)).collect(),
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "Share of the correctly classified images that the attack turns wrong, by the size of the attack. In a ring: the ε of this page. Between the \
                  broken lines stages can be ranked; below them too little happens, and near 100\u{a0}% every late stage is as wrong as the next."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

fn reading(model: &ModelDiagnosis) -> Option<String> {
    Some(format!(
        "{} at ε\u{a0}=\u{a0}{} succeeds on {} of the images that the network had right; this ε was {}.",
        attack_name(&model.attack.name),
        short(model.attack.eps),
        percent(model.attack.success.value),
        if model.attack.chosen {
            "chosen from the sweep"
        } else {
            "given"
        }
    ))
}

fn chart(view: &View, model: &ModelDiagnosis) -> Panel {
    let attack = &model.attack;
    let greatest = model.sweep.iter().map(|point| point.eps).fold(0.0, f64::max);
    let words: Vec<String> = model
        .sweep
        .iter()
        .map(|point| format!("ε {} {}", short(point.eps), percent(point.success)))
        .collect();
    let points = model.sweep.iter().map(|point| Point {
        x: point.eps,
        y: point.success,
        interval: None,
        text: (
            short(point.eps),
            format!("{} of {}", percent(point.success), format::count(point.count)),
        ),
        look: if same_eps(point.eps, attack.eps) {
            Look::Ringed
        } else {
            Look::Plain
        },
    });
    let chart = LineChart {
        x: Axis::linear(format!("ε ({})", view.unit()), 0.0, greatest),
        y: Axis::percent("success of the attack (%)", 0.0, 1.0),
        head: "ε =",
        description: format!(
            "Success of {} by its size on the {} model: {}.",
            attack_name(&attack.name),
            model.model,
            words.join(", ")
        ),
        lines: vec![Line {
            slot: PROBES,
            name: "success".to_owned(),
            style: Style::Ours,
            points: points.collect(),
        }],
        rules: SUCCESS.map(|bar| (bar, String::new())).to_vec(),
    };
    Panel {
        model: view.label(model),
        ..Panel::new(attack_name(&attack.name), chart.draw())
    }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["model", "attack", "eps", "success", "images", "taken"]);
    for model in view.models() {
        for point in &model.sweep {
            table.row([
                model.model.as_str().into(),
                model.attack.name.as_str().into(),
                point.eps.into(),
                point.success.into(),
                point.count.into(),
                same_eps(point.eps, model.attack.eps).into(),
            ]);
        }
    }
    table
}
