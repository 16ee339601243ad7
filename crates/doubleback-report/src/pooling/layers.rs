//! What the stages of networks with normal training lose and add, by kind of pooling.

use doubleback_experiments::pooling_study::LayerComparison;
use maud::{Markup, html};

use super::difference::slot;
use super::view::{AVERAGE, MAX, Sign, View, ends, eps_name};
use crate::format::{self, DASH, points, points_interval, short, signed};
use crate::page::{Content, Entry, Group, Table, unfolded};
use crate::svg::{Axis, Drawing, Line, LineChart, Look, Panel, Point, Row, RowChart, Style, extent};

/// A measure, and how it is written.
struct Measure {
    name: &'static str,
    title: &'static str,
    /// The title within a heading.
    heading: &'static str,
    unit: &'static str,
    /// Whether it is a share of images.
    share: bool,
}

const MEASURES: [Measure; 4] = [
    Measure {
        name: "vulnerability",
        title: "Error that the layer adds, v",
        heading: "error that each layer adds, v",
        unit: "points",
        share: true,
    },
    Measure {
        name: "information-loss",
        title: "What the layer loses of the image, IL",
        heading: "what each layer loses of the image, IL",
        unit: "nats a pixel",
        share: false,
    },
    Measure {
        name: "entropy-loss",
        title: "What the layer loses of the class",
        heading: "what each layer loses of the class",
        unit: "nats an image",
        share: false,
    },
    Measure {
        name: "error-rise",
        title: "Added error up to the layer, r",
        heading: "added error up to each layer, r",
        unit: "points",
        share: true,
    },
];

impl Measure {
    fn write(&self, value: f64) -> String {
        if self.share {
            points(value)
        } else if value.abs() < 0.1 {
            short((value * 1e3).round() / 1e3)
        } else {
            signed(value)
        }
    }

    fn bracket(&self, (low, high): (f64, f64)) -> String {
        if self.share {
            points_interval(low, high)
        } else {
            format!("[{},\u{a0}{}]", self.write(low), self.write(high))
        }
    }

    fn axis(&self, label: &str, (low, high): (f64, f64)) -> Axis {
        let label = format!("{label} ({})", self.unit);
        let step = match high - low {
            width if width > 1.0 => 2.0,
            width if width > 0.1 => 20.0,
            _ => 200.0,
        };
        let (low, high) = ((low * step).floor() / step, (high * step).ceil() / step);
        if self.share {
            Axis::percent(label, low, high)
        } else {
            Axis::linear(label, low, high)
        }
    }
}

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let results = view.results;
    if results.layer_comparisons.is_empty() {
        return Err("The stages were not looked at in this run.".to_owned());
    }
    let groups = results.architectures.iter().flat_map(|architecture| {
        MEASURES[..2].iter().filter_map(move |measure| {
            let panels = panels(view, architecture, measure);
            (!panels.is_empty()).then(|| Group {
                heading: Some(format!("{architecture}: {}", measure.heading)),
                legend: vec![Entry::ours(MAX, "max pooling"), Entry::ours(AVERAGE, "average pooling")],
                panels,
            })
        })
    });
    Ok(Content {
        reading: reading(view),
        groups: groups.collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption: format!(
            "Networks with normal training{}, means over seeds. v is by how much the error of a probe, a small classifier on the stage's features, rises under \
             attack from one stage to the next; IL by how much worse a decoder gives the image back. Differences are average less max pooling with 95\u{a0}% intervals over \
             seeds; diamonds lie clearly to the right of zero, triangles clearly to the left. In rings: the pooling layers, the only ones that differ by design.",
            attacked(view)
        ),
        details: html! { @for architecture in &results.architectures { (table(view, architecture)) } },
        values: values(view),
    })
}

/// What the networks were attacked with: eps differs between architectures.
fn attacked(view: &View) -> String {
    let results = view.results;
    let eps = |architecture: &String| {
        let layer = results
            .layers
            .iter()
            .find(|layer| layer.architecture == *architecture)?;
        Some(format!("{} ({architecture})", eps_name(layer.eps)))
    };
    let sizes: Vec<String> = results.architectures.iter().filter_map(eps).collect();
    match sizes.is_empty() {
        true => String::new(),
        false => format!(" under PGD at ε\u{a0}=\u{a0}{}", sizes.join(" and ")),
    }
}

fn of<'a>(view: &View<'a>, architecture: &str, measure: &Measure) -> Vec<&'a LayerComparison> {
    let all = view.results.layer_comparisons.iter();
    all.filter(|one| one.architecture == architecture && one.measure == measure.name)
        .collect()
}

fn reading(view: &View) -> String {
    let sentence = |measure: &Measure, less: &str, more: &str| {
        let all = view.results.layer_comparisons.iter();
        let pools: Vec<_> = all.filter(|one| one.pooling && one.measure == measure.name).collect();
        let below = pools
            .iter()
            .filter(|one| Sign::of(&one.difference) == Sign::Below)
            .count();
        let above = pools
            .iter()
            .filter(|one| Sign::of(&one.difference) == Sign::Above)
            .count();
        (!pools.is_empty()).then(|| {
            format!(
                "Of {} pooling layers, with average pooling {below} clearly {less} and {above} clearly {more}.",
                format::count(pools.len())
            )
        })
    };
    let sentences = [
        sentence(&MEASURES[1], "lose less of the image", "lose more"),
        sentence(&MEASURES[0], "add less error under attack", "add more"),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn panels(view: &View, architecture: &str, measure: &Measure) -> Vec<Panel> {
    let layers = of(view, architecture, measure);
    if layers.is_empty() {
        return Vec::new();
    }
    vec![
        Panel::new("With either kind of pooling", levels(architecture, measure, &layers)),
        Panel::new("Average less max", differences(architecture, measure, &layers)),
    ]
}

fn levels(architecture: &str, measure: &Measure, layers: &[&LayerComparison]) -> Drawing {
    let line = |slot, name: &str, value: fn(&LayerComparison) -> f64| Line {
        slot,
        name: name.to_owned(),
        style: Style::Ours,
        points: layers
            .iter()
            .enumerate()
            .map(|(index, layer)| Point {
                x: index as f64,
                y: value(layer),
                interval: None,
                text: (layer.layer.clone(), measure.write(value(layer))),
                look: if layer.pooling { Look::Ringed } else { Look::Plain },
            })
            .collect(),
    };
    let both = layers.iter().flat_map(|layer| [layer.max, layer.avg]);
    let (low, high) = extent(both).unwrap_or((0.0, 1.0));
    let described: Vec<String> = layers
        .iter()
        .map(|layer| {
            format!(
                "{} {} and {}",
                layer.layer,
                measure.write(layer.max),
                measure.write(layer.avg)
            )
        })
        .collect();
    LineChart {
        x: Axis::stages("stage", layers.iter().map(|layer| layer.layer.clone()).collect()),
        y: measure.axis("mean over seeds", (low.min(0.0), high)),
        head: "stage",
        description: format!(
            "{} with max and with average pooling, {architecture}, in {}: {}.",
            measure.title,
            measure.unit,
            described.join(", ")
        ),
        lines: vec![
            line(MAX, "max", |layer| layer.max),
            line(AVERAGE, "average", |layer| layer.avg),
        ],
        rules: Vec::new(),
    }
    .draw()
}

fn differences(architecture: &str, measure: &Measure, layers: &[&LayerComparison]) -> Drawing {
    let rows: Vec<Row> = layers
        .iter()
        .map(|layer| {
            let mean = layer.difference.mean.unwrap_or(f64::NAN);
            Row {
                slot: slot(Sign::of(&layer.difference)),
                name: layer.layer.clone(),
                value: mean,
                interval: ends(&layer.difference),
                published: None,
                text: measure.write(mean),
            }
        })
        .collect();
    let all = rows.iter().flat_map(|row| {
        let (low, high) = row.interval.unwrap_or((row.value, row.value));
        [row.value, low, high]
    });
    let (low, high) = extent(all).unwrap_or((0.0, 0.1));
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    RowChart {
        x: measure.axis("average less max", (low.min(0.0), high.max(0.0))),
        description: format!(
            "{}, average less max pooling, {architecture}, in {}: {}.",
            measure.title,
            measure.unit,
            described.join(", ")
        ),
        bars: false,
        rows,
    }
    .draw()
}

fn table(view: &View, architecture: &str) -> Markup {
    let mut stages: Vec<&str> = Vec::new();
    let all = || {
        view.results
            .layer_comparisons
            .iter()
            .filter(|one| one.architecture == architecture)
    };
    for one in all() {
        if !stages.contains(&one.layer.as_str()) {
            stages.push(&one.layer);
        }
    }
    if stages.is_empty() {
        return html! {};
    }
    let table = html! {
        table.numbers.dense.pairs {
            thead { tr { th scope="col" { "Stage" } @for measure in &MEASURES { th scope="col" { (measure.title) " (" (measure.unit) ")" } } } }
            tbody {
                @for stage in stages {
                    tr {
                        th scope="row" { (stage) }
                        @for measure in &MEASURES {
                            (cell(measure, all().find(|one| one.layer == stage && one.measure == measure.name)))
                        }
                    }
                }
            }
        }
    };
    unfolded(&format!("Values: {architecture}"), &table)
}

fn cell(measure: &Measure, comparison: Option<&LayerComparison>) -> Markup {
    let Some(one) = comparison else {
        return html! { td { (DASH) } };
    };
    html! {
        td {
            (measure.write(one.max)) " → " (measure.write(one.avg))
            @if let Some(mean) = one.difference.mean {
                span.difference { (Sign::of(&one.difference).mark()) " " (measure.write(mean)) }
                @if let Some(ends) = ends(&one.difference) { span.interval { (measure.bracket(ends)) } }
            }
        }
    }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "architecture",
        "stage",
        "pooling",
        "measure",
        "max",
        "average",
        "difference",
        "low",
        "high",
        "pairs",
    ]);
    for one in &view.results.layer_comparisons {
        table.row([
            one.architecture.as_str().into(),
            one.layer.as_str().into(),
            one.pooling.into(),
            one.measure.as_str().into(),
            one.max.into(),
            one.avg.into(),
            one.difference.mean.into(),
            one.difference.low.into(),
            one.difference.high.into(),
            one.difference.values.len().into(),
        ]);
    }
    table
}
