//! How many participants the paper's effect needs.

use doubleback_report::parts::format::{DASH, percent, short};
use doubleback_report::parts::{
    Axis, Content, Entry, Group, Line, LineChart, Look, Panel, Point, Style, Table, scrolled,
};
use maud::{Markup, html};

use super::view::View;
use crate::analysis::{Measure, Power, SettingPower};

/// Slots of the two measures: none of a model's.
const UNREASONABLE: usize = 2;
const FOOLED: usize = 3;

fn slot(measure: Measure) -> usize {
    match measure {
        Measure::Fooled => FOOLED,
        Measure::Reasonable | Measure::Unreasonable => UNREASONABLE,
    }
}

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let Some(power) = &view.analysis.power else {
        return Err("No power was simulated in this analysis.".to_owned());
    };
    let assumed = &power.assumed;
    Ok(Content {
        reading: String::new(),
        groups: vec![Group {
            heading: None,
            legend: Measure::COMPARED
                .map(|measure| Entry::ours(slot(measure), measure.words()))
                .into(),
            panels: power.settings.iter().map(panel).collect(),
        }],
        pictures: scrolled("Participants needed", &table(power)),
        file_panels: Vec::new(),
        caption: format!(
            "Share of {} simulated studies in which the test above finds the difference between the published rates of the normal and the regularized model, with Holm's \
             correction over both measures at a level of {}. Assumed: the published rates are the true ones, people deviate by {} and images by {} on the logit scale, ten \
             images of each model a participant, drawn from 450. If the truth is nearer to no difference than what the paper found with 11 people, more are needed: \
             first findings are more often too large than too small.",
            assumed.studies,
            short(assumed.level),
            short(assumed.people),
            short(assumed.images)
        ),
        details: html! {},
        values: values(power),
    })
}

fn panel(setting: &SettingPower) -> Panel {
    let lines: Vec<Line> = setting
        .measures
        .iter()
        .map(|measure| Line {
            slot: slot(measure.measure),
            name: measure.measure.words().to_owned(),
            style: Style::Ours,
            points: measure
                .curve
                .iter()
                .map(|point| Point {
                    x: point.participants as f64,
                    y: point.corrected,
                    interval: None,
                    text: (point.participants.to_string(), percent(point.corrected)),
                    look: Look::Plain,
                })
                .collect(),
        })
        .collect();
    let most = setting
        .measures
        .iter()
        .flat_map(|one| &one.curve)
        .map(|point| point.participants)
        .max()
        .unwrap_or(1);
    let words: Vec<String> = setting
        .measures
        .iter()
        .map(|one| {
            format!(
                "{}: {} participants for 80 %, {} for 90 %",
                one.measure.words(),
                needed(one.for_80, most),
                needed(one.for_90, most)
            )
        })
        .collect();
    let chart = LineChart {
        x: Axis::linear("participants", 0.0, most as f64),
        y: Axis::percent("power (%)", 0.0, 1.0),
        head: "participants:",
        description: format!(
            "Power by the number of participants, {}. {}.",
            setting.setting,
            words.join("; ")
        ),
        lines,
        rules: vec![(0.8, "80 %".to_owned()), (0.9, "90 %".to_owned())],
    };
    Panel::new(setting.setting.clone(), chart.draw())
}

/// `37`, `more than 200`.
fn needed(count: Option<usize>, most: usize) -> String {
    count.map_or_else(|| format!("more than {most}"), |count| count.to_string())
}

fn table(power: &Power) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Published rates" }
                    th.text scope="col" { "Measure" }
                    th scope="col" { "Normal" }
                    th scope="col" { "Regularized" }
                    th scope="col" { "Power with 11, this test alone" }
                    th scope="col" { "Participants for 80\u{a0}%" }
                    th scope="col" { "For 90\u{a0}%" }
                }
            }
            tbody {
                @for setting in &power.settings {
                    @for (at, one) in setting.measures.iter().enumerate() {
                        tr {
                            @if at == 0 { th scope="rowgroup" rowspan=(setting.measures.len()) { (setting.setting) } }
                            td.text { (one.measure.words()) }
                            td { (percent(one.rates[0])) }
                            td { (percent(one.rates[1])) }
                            td { (percent(one.at_paper)) }
                            @let most = one.curve.last().map_or(0, |point| point.participants);
                            td { @if one.curve.is_empty() { (DASH) } @else { (needed(one.for_80, most)) } }
                            td { @if one.curve.is_empty() { (DASH) } @else { (needed(one.for_90, most)) } }
                        }
                    }
                }
            }
        }
    }
}

fn values(power: &Power) -> Table {
    let mut table = Table::new(&["setting", "measure", "participants", "power", "power_holm"]);
    for setting in &power.settings {
        for one in &setting.measures {
            for point in &one.curve {
                table.row([
                    setting.setting.as_str().into(),
                    one.measure.words().into(),
                    point.participants.into(),
                    point.power.into(),
                    point.corrected.into(),
                ]);
            }
        }
    }
    table
}
