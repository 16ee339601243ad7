use maud::html;

use super::view::View;
use crate::format::{interval, percent, short};
use crate::page::{Content, Group, Table};
use crate::svg::{Axis, Line, LineChart, Look, Panel, Point, Style};

/// The figure. The greatest eps, which allows any image, is among the values but not drawn: it would press all others together.
pub fn content(view: &View) -> Result<Content, String> {
    let curve = &view.audit.curve;
    let drawn = curve.len().saturating_sub(1);
    if drawn < 2 {
        return Err("No image was probed.".to_owned());
    }
    let points: Vec<Point> = curve[..drawn]
        .iter()
        .map(|point| Point {
            x: point.eps,
            y: point.accuracy,
            interval: Some((point.low, point.high)),
            text: (
                short(point.eps),
                format!("{} {}", percent(point.accuracy), interval(point.low, point.high)),
            ),
            look: Look::Plain,
        })
        .collect();
    let described: Vec<String> = points
        .iter()
        .map(|point| format!("{} at {}", point.text.1, point.text.0))
        .collect();
    let greatest = points.iter().fold(0.0, |most: f64, point| most.max(point.x));
    let chart = LineChart {
        x: Axis::linear("ε", 0.0, greatest),
        y: Axis::percent("accuracy (%)", 0.0, 1.0),
        head: "ε =",
        description: format!("Accuracy under a short attack by ε: {}.", described.join("; ")),
        lines: vec![Line {
            slot: 1,
            name: "APGD, 20 steps".to_owned(),
            style: Style::Ours,
            points,
        }],
        rules: vec![(view.audit.clean_accuracy, "clean".to_owned())],
    };
    let last = &curve[drawn];
    Ok(Content {
        reading: format!(
            "With an eps of {}, which allows any image, {} of {} images stand.",
            short(last.eps),
            (last.accuracy * last.count as f64).round(),
            last.count
        ),
        groups: vec![Group {
            heading: None,
            legend: Vec::new(),
            panels: vec![Panel::new("Under a short attack", chart.draw())],
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: format!(
            "Accuracy of the {} probed images under 20 steps of APGD on the cross-entropy alone, with 95 % Wilson intervals: an upper bound of what the whole ensemble \
             would leave.",
            last.count
        ),
        details: html! {},
        values: values(view),
    })
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["eps", "accuracy", "low", "high", "images", "mean margin"]);
    for point in &view.audit.curve {
        table.row([
            point.eps.into(),
            point.accuracy.into(),
            point.low.into(),
            point.high.into(),
            point.count.into(),
            point.mean_margin.into(),
        ]);
    }
    table
}
