//! Average less max pooling, attack by attack.

use doubleback_experiments::pooling_study::{CLEAN, Comparison};
use maud::html;

use super::view::{AVERAGE, MAX, Sign, View, attack_words, ends, eps_name, tally, training_words};
use crate::format::{capital, points};
use crate::page::{Content, Group, Table};
use crate::svg::{Axis, Panel, Row, RowChart, extent};

/// Other than the color, a marker tells which way a difference clearly goes.
const OPEN: usize = 0;

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    if view.results.comparisons.is_empty() {
        return Err("Nothing was compared in this run.".to_owned());
    }
    let (low, high) = range(view);
    let attacked = || view.results.comparisons.iter().filter(|one| one.attack != CLEAN);
    let [above, below, open] = tally(attacked().map(|one| &one.difference));
    Ok(Content {
        reading: format!(
            "Of all {} differences under a single attack or the worst of them, {above} are clearly in favor of average pooling, {below} of max pooling, {open} open.",
            attacked().count()
        ),
        groups: view
            .results
            .architectures
            .iter()
            .map(|architecture| Group {
                heading: Some(architecture.clone()),
                legend: Vec::new(),
                panels: view
                    .trainings(architecture)
                    .into_iter()
                    .map(|training| panel(view, architecture, training, (low, high)))
                    .collect(),
            })
            .collect(),
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "Accuracy with average pooling less accuracy with max pooling, with 95\u{a0}% intervals over seeds: to the right of zero average pooling is ahead. Diamonds: the \
                  interval lies to the right of zero; triangles: to the left; circles: it holds zero. If an attack on the network's own gradient finds average \
                  pooling ahead and the transferred one does not, the gain is in the gradients, not in the network."
            .to_owned(),
        details: html! {},
        values: values(view),
    })
}

/// Ends of the axis: all means, and intervals as far as one mean's reach more; a wilder interval is cut off.
fn range(view: &View) -> (f64, f64) {
    let all = || view.results.comparisons.iter();
    let (low, high) = extent(all().filter_map(|one| one.difference.mean)).unwrap_or((-0.1, 0.1));
    let reach = (high - low).max(0.1);
    let bounds = extent(
        all()
            .filter_map(|one| ends(&one.difference))
            .flat_map(|(low, high)| [low, high]),
    );
    let (least, most) = bounds.unwrap_or((low, high));
    let low = least.max(low - reach).min(0.0);
    let high = most.min(high + reach).max(0.0);
    ((low * 20.0).floor() / 20.0, (high * 20.0).ceil() / 20.0)
}

fn panel(view: &View, architecture: &str, training: &str, (low, high): (f64, f64)) -> Panel {
    let mut attacks = vec![CLEAN];
    attacks.extend(view.attacks());
    let rows: Vec<Row> = attacks
        .into_iter()
        .flat_map(|attack| view.comparisons(architecture, training, attack))
        .map(row)
        .collect();
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::percent("average less max (points)", low, high),
        description: format!(
            "Accuracy of average less max pooling in points, {architecture}, {}: {}.",
            training_words(training),
            described.join(", ")
        ),
        bars: false,
        rows,
    };
    Panel::new(capital(training_words(training)), chart.draw())
}

fn row(one: &Comparison) -> Row {
    let name = match one.attack.as_str() {
        CLEAN => attack_words(CLEAN),
        attack => format!("{} {}", attack_words(attack), eps_name(one.eps)),
    };
    let mean = one.difference.mean.unwrap_or(f64::NAN);
    Row {
        slot: slot(Sign::of(&one.difference)),
        name,
        value: mean,
        interval: ends(&one.difference),
        published: None,
        text: points(mean),
    }
}

/// Marker and color of a difference.
pub fn slot(sign: Sign) -> usize {
    match sign {
        Sign::Above => AVERAGE,
        Sign::Below => MAX,
        Sign::Open => OPEN,
    }
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&[
        "architecture",
        "training",
        "attack",
        "eps",
        "max",
        "average",
        "difference",
        "low",
        "high",
        "pairs",
        "clean_difference",
        "matched_difference",
        "matched_low",
        "matched_high",
        "matched_pairs",
    ]);
    for one in &view.results.comparisons {
        table.row([
            one.architecture.as_str().into(),
            one.training.as_str().into(),
            one.attack.as_str().into(),
            one.eps.into(),
            one.max.into(),
            one.avg.into(),
            one.difference.mean.into(),
            one.difference.low.into(),
            one.difference.high.into(),
            one.difference.values.len().into(),
            one.clean_difference.into(),
            one.matched.mean.into(),
            one.matched.low.into(),
            one.matched.high.into(),
            one.matched.values.len().into(),
        ]);
    }
    table
}
