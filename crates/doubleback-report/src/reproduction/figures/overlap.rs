//! Figure 10: which images three models get wrong together.

use doubleback::statistics::wilson;
use doubleback_experiments::reproduce::Overlap;
use maud::html;

use crate::format::{self, attack_name, bare_percent, percent, short};
use crate::page::{Content, Entry, Group, Table, reading_of};
use crate::reproduction::context::Context;
use crate::reproduction::published::PUBLISHED_IMAGES;
use crate::svg::{Axis, Panel, Region, RegionChart};
use doubleback_experiments::reproduce::model_names::{ADVTRAIN, DOUBLEBACK, NORMAL};

/// Which of a, b, c each region lies in, in the order of [`Overlap::regions`].
const WITHIN: [[bool; 3]; 7] = [
    [true, false, false],
    [false, true, false],
    [false, false, true],
    [true, true, false],
    [true, false, true],
    [false, true, true],
    [true, true, true],
];

/// Figure 10.
pub fn overlap(context: &Context) -> Result<Content, String> {
    let overlaps: Vec<&Overlap> = context
        .results
        .overlaps
        .iter()
        .filter(|overlap| overlap.count > 0)
        .collect();
    if overlaps.is_empty() {
        return Err("Which examples fool which models together was not counted in this run.".to_owned());
    }
    let greatest = overlaps
        .iter()
        .flat_map(|overlap| {
            let ours = overlap.regions.iter().map(|&wrong| wrong as f64 / overlap.count as f64);
            ours.chain(published(context, overlap).into_iter().flatten())
        })
        .fold(0.1, f64::max);
    let axis = (greatest * 10.0).ceil() / 10.0;
    let mut attacks: Vec<&str> = Vec::new();
    for overlap in &overlaps {
        if !attacks.contains(&overlap.attack.as_str()) {
            attacks.push(&overlap.attack);
        }
    }
    let group = |attack: &&str| {
        let own = overlaps.iter().filter(|overlap| overlap.attack == **attack);
        Group {
            heading: Some(attack_name(attack)),
            legend: Vec::new(),
            panels: own.map(|overlap| panel(context, overlap, axis)).collect(),
        }
    };
    let mut groups: Vec<Group> = attacks.iter().map(group).collect();
    if let (Some(group), Some(overlap)) = (groups.first_mut(), overlaps.first()) {
        group.legend = overlap
            .models
            .iter()
            .map(|model| Entry::ours(context.slots.of(model), model.clone()))
            .collect();
    }
    let compared = overlaps.iter().any(|overlap| published(context, overlap).is_some());
    let mut caption = "The seven regions of a Venn diagram as bars: of the examples crafted on one model, the share that the models with a full \
                       dot classify wrongly and those with a pale dot rightly. The fine line is the 95\u{a0}% Wilson interval over test images."
        .to_owned();
    if compared {
        caption += &format!(
            " Broken upright lines: the paper's counts among {PUBLISHED_IMAGES} images (in brackets), one run a model."
        );
    }
    Ok(Content {
        reading: reading(context, &overlaps),
        groups,
        pictures: html! {},
        file_panels: Vec::new(),
        caption,
        details: html! {},
        values: values(context, &overlaps),
    })
}

/// The paper's shares.
fn published(context: &Context, overlap: &Overlap) -> Option<[f64; 7]> {
    let models = overlap.models.each_ref().map(String::as_str);
    let counts = context
        .published?
        .overlap(&overlap.attack, &overlap.crafted_on, overlap.eps, models)?;
    Some(counts.map(|count| count as f64 / PUBLISHED_IMAGES as f64))
}

fn reading(context: &Context, overlaps: &[&Overlap]) -> String {
    let all = |crafted_on: &str| {
        let overlap = overlaps
            .iter()
            .find(|overlap| overlap.attack == "fgsm" && overlap.crafted_on == crafted_on)?;
        let share = overlap.regions[6] as f64 / overlap.count as f64;
        let paper =
            published(context, overlap).map_or(String::new(), |paper| format!(" (paper {})", percent(paper[6])));
        Some((
            overlap.eps,
            format!("{}{paper} of the examples crafted on {crafted_on}", percent(share)),
        ))
    };
    let parts: Vec<_> = [NORMAL, ADVTRAIN, DOUBLEBACK].into_iter().filter_map(all).collect();
    let eps = parts.first().map(|(eps, _)| *eps);
    let text: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
    reading_of([eps.map(|eps| {
        format!(
            "FGSM, ε\u{a0}=\u{a0}{}: all three models are wrong on {}.",
            short(eps),
            text.join(", ")
        )
    })])
}

fn panel(context: &Context, overlap: &Overlap, axis: f64) -> Panel {
    let paper = published(context, overlap);
    let regions: Vec<Region> = WITHIN
        .iter()
        .zip(overlap.regions)
        .enumerate()
        .map(|(index, (&within, wrong))| {
            let published = paper.map(|paper| paper[index]);
            let share = wrong as f64 / overlap.count as f64;
            Region {
                within,
                share,
                interval: wilson(wrong.min(overlap.count), overlap.count),
                published,
                text: format!(
                    "{}{}",
                    percent(share),
                    published.map_or(String::new(), |paper| format!(" ({})", bare_percent(paper)))
                ),
            }
        })
        .collect();
    let words: Vec<String> = regions
        .iter()
        .map(|region| format!("{} {}", names(overlap, region.within), region.text))
        .collect();
    let chart = RegionChart {
        x: Axis::percent("share of examples (%)", 0.0, axis),
        description: format!(
            "Of {} examples crafted on {}, the share that only these models get wrong: {}.",
            attack_name(&overlap.attack),
            overlap.crafted_on,
            words.join(", ")
        ),
        sets: overlap.models.each_ref().map(|model| context.slots.of(model)),
        regions,
    };
    Panel {
        model: Some((context.slots.of(&overlap.crafted_on), overlap.crafted_on.clone())),
        note: Some(format!(
            "{}, ε\u{a0}=\u{a0}{}, {} images",
            attack_name(&overlap.attack),
            short(overlap.eps),
            format::count(overlap.count)
        )),
        ..Panel::new("Crafted on", chart.draw())
    }
}

/// The models that a region lies in.
fn names(overlap: &Overlap, within: [bool; 3]) -> String {
    let inside = overlap.models.iter().zip(within).filter(|(_, within)| *within);
    inside
        .map(|(model, _)| model.as_str())
        .collect::<Vec<_>>()
        .join(" and ")
}

fn values(context: &Context, overlaps: &[&Overlap]) -> Table {
    let mut table = Table::new(&[
        "attack",
        "eps",
        "crafted_on",
        "only_wrong",
        "images_wrong",
        "images",
        "share",
        "low",
        "high",
        "published_share",
    ]);
    for overlap in overlaps {
        let paper = published(context, overlap);
        for (index, (&within, &wrong)) in WITHIN.iter().zip(&overlap.regions).enumerate() {
            let (low, high) = wilson(wrong.min(overlap.count), overlap.count);
            table.row([
                overlap.attack.as_str().into(),
                overlap.eps.into(),
                overlap.crafted_on.as_str().into(),
                names(overlap, within).into(),
                wrong.into(),
                overlap.count.into(),
                (wrong as f64 / overlap.count as f64).into(),
                low.into(),
                high.into(),
                paper.map(|paper| paper[index]).into(),
            ]);
        }
    }
    table
}
