//! Figures 1 to 3: accuracy by perturbation size, of every model on the examples crafted on every model.

use maud::html;

use super::transfer_table::{table, values};
use crate::format::{attack_name, percent, short};
use crate::page::{Content, Entry, Group, reading_of};
use crate::reproduction::context::Context;
use crate::reproduction::headline::headline;
use crate::reproduction::published::PUBLISHED_IMAGES;
use crate::reproduction::spread::Measured;
use crate::svg::{Axis, Drawing, Line, LineChart, Panel, Style};
use doubleback_experiments::reproduce::model_names::{ADVTRAIN, BOTH, DOUBLEBACK, NORMAL};

/// Figure 1.
pub fn fgsm(context: &Context) -> Result<Content, String> {
    content(
        context,
        "fgsm",
        &context.models().filter(|model| *model != BOTH).collect::<Vec<_>>(),
    )
}

/// Figure 2.
pub fn both(context: &Context) -> Result<Content, String> {
    if !context.models().any(|model| model == BOTH) {
        return Err(
            "This run has no model with both defenses (“both”: double backprop with adversarial training). The profiles standard and paper train it.".to_owned(),
        );
    }
    let wanted = [NORMAL, ADVTRAIN, DOUBLEBACK, BOTH];
    content(
        context,
        "fgsm",
        &context
            .models()
            .filter(|model| wanted.contains(model))
            .collect::<Vec<_>>(),
    )
}

/// Figure 3.
pub fn tgsm(context: &Context) -> Result<Content, String> {
    content(
        context,
        "tgsm",
        &context.models().filter(|model| *model != BOTH).collect::<Vec<_>>(),
    )
}

fn content(context: &Context, attack: &str, models: &[&str]) -> Result<Content, String> {
    let panels: Vec<Panel> = models
        .iter()
        .filter_map(|crafted_on| panel(context, attack, crafted_on, models))
        .collect();
    if panels.is_empty() {
        return Err(format!(
            "No {} examples were evaluated in this run.",
            attack_name(attack)
        ));
    }
    let published = context.published.filter(|published| {
        models
            .iter()
            .any(|a| models.iter().any(|b| published.curve(attack, a, b).next().is_some()))
    });
    let own = models.iter().map(|model| Entry::ours(context.slots.of(model), *model));
    let mut caption = format!(
        "Share of {} examples that are still classified as their true label, by perturbation size ε. One panel for each model whose \
         gradients made the examples, one line for each model that classifies them; the thick line is the white-box case, the panel's own \
         model, all others are black-box. {}",
        attack_name(attack),
        context.spread_in_words()
    );
    if context.models().any(|model| model == BOTH) && !models.contains(&BOTH) {
        caption += " The model with both defenses is in Figure 2.";
    }
    if published.is_some() {
        caption += &format!(
            " Dashed with hollow markers: the paper's, over {PUBLISHED_IMAGES} images (±6 points at 50\u{a0}%)."
        );
    }
    Ok(Content {
        reading: reading(context, attack, models),
        groups: vec![Group {
            heading: None,
            legend: own.chain(published.map(|_| Entry::published())).collect(),
            panels,
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption,
        details: html! {
            details {
                summary { "Table: accuracy under " (attack_name(attack)) " (%)" }
                (table(context, attack, models))
            }
        },
        values: values(context, attack, models),
    })
}

fn reading(context: &Context, attack: &str, models: &[&str]) -> String {
    let Some(eps) = headline(context) else {
        return String::new();
    };
    // One sentence or two: the table has the others.
    let main = models
        .iter()
        .filter(|model| [NORMAL, ADVTRAIN, DOUBLEBACK, BOTH].contains(model));
    let on = |crafted_on: &str| {
        let parts: Vec<String> = main
            .clone()
            .filter_map(|model| {
                let ours = context.measured_at(attack, crafted_on, model, eps)?;
                let paper = context
                    .published
                    .and_then(|paper| paper.accuracy(attack, crafted_on, model, eps));
                let paper = paper.map_or(String::new(), |paper| format!(" (paper {})", percent(paper)));
                Some(format!("{model} {}{paper}", percent(ours.accuracy)))
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    reading_of([
        on(NORMAL).map(|text| format!("At ε\u{a0}=\u{a0}{}, crafted on normal: {text}.", short(eps))),
        on(DOUBLEBACK).map(|text| format!("Crafted on doubleback: {text}.")),
    ])
}

fn panel(context: &Context, attack: &str, crafted_on: &str, models: &[&str]) -> Option<Panel> {
    let lines = lines(context, attack, crafted_on, models);
    if lines.is_empty() {
        return None;
    }
    Some(Panel {
        model: Some((context.slots.of(crafted_on), crafted_on.to_owned())),
        ..Panel::new("Crafted on", chart(context, attack, crafted_on, lines))
    })
}

fn chart(context: &Context, attack: &str, crafted_on: &str, lines: Vec<Line>) -> Drawing {
    let largest = context.eps_values(attack).last().copied().unwrap_or(1.0);
    LineChart {
        x: Axis::linear(context.eps_label(), 0.0, largest),
        y: Axis::percent("accuracy (%)", 0.0, 1.0),
        head: "ε\u{a0}=",
        description: describe(attack, crafted_on, &lines),
        lines,
        rules: Vec::new(),
    }
    .draw()
}

fn lines(context: &Context, attack: &str, crafted_on: &str, models: &[&str]) -> Vec<Line> {
    let mut lines = Vec::new();
    for evaluated_on in models {
        let slot = context.slots.of(evaluated_on);
        let measured = context.measured(attack, crafted_on, evaluated_on);
        if measured.is_empty() {
            continue;
        }
        let style = if crafted_on == *evaluated_on {
            Style::WhiteBox
        } else {
            Style::Ours
        };
        lines.push(Line {
            slot,
            name: (*evaluated_on).to_owned(),
            style,
            points: measured.iter().map(Measured::point).collect(),
        });
        let points = context.published_points(attack, crafted_on, evaluated_on);
        if !points.is_empty() {
            lines.push(Line {
                slot,
                name: format!("{evaluated_on}, paper"),
                style: Style::Published,
                points,
            });
        }
    }
    lines
}

fn describe(attack: &str, crafted_on: &str, lines: &[Line]) -> String {
    let ends: Vec<String> = lines
        .iter()
        .filter(|line| line.style != Style::Published)
        .filter_map(|line| {
            line.points
                .last()
                .map(|end| format!("{} {} at ε {}", line.name, percent(end.y), end.text.0))
        })
        .collect();
    format!(
        "Accuracy by ε on {} examples crafted on {crafted_on}: {}.",
        attack_name(attack),
        ends.join(", ")
    )
}
