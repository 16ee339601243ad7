//! The rates of each model, with the paper's.

use doubleback_report::parts::format::percent;
use doubleback_report::parts::{Axis, Content, Entry, Group, Panel, Row, RowChart, Table};
use maud::html;

use super::view::View;
use crate::analysis::{Measure, ModelRates};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let rates = &view.analysis.rates;
    let answered = rates.iter().any(|one| one.participants > 0);
    if !answered {
        return Err("No answer is counted yet.".to_owned());
    }
    let published = view.analysis.published.iter().any(|half| half.same);
    Ok(Content {
        reading: String::new(),
        groups: vec![Group {
            heading: None,
            legend: if published {
                vec![Entry::published()]
            } else {
                Vec::new()
            },
            panels: [Measure::Fooled, Measure::Reasonable]
                .map(|measure| panel(view, rates, measure))
                .into(),
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: format!(
            "Share of the answers, with {} intervals: Wilson's, on the number of answers that would say as much if each were of another person and another image. \
             Human fooled: the most plausible label is the class that the attack aimed at. Mistake reasonable: the target is among the two most plausible labels, or \
             no label is plausible.",
            view.confidence()
        ),
        details: html! {},
        values: values(rates),
    })
}

fn panel(view: &View, rates: &[ModelRates], measure: Measure) -> Panel {
    let rows: Vec<Row> = rates
        .iter()
        .filter_map(|model| {
            let own = model.of(measure)?;
            Some(Row {
                slot: view.slot(model.model),
                name: model.name.clone(),
                value: own.rate?,
                interval: own.interval.map(|[low, high]| (low, high)),
                published: view.published(model.role, measure),
                text: percent(own.rate?),
            })
        })
        .collect();
    let words: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::percent("share of answers (%)", 0.0, 1.0),
        description: format!("Share of answers with {}: {}.", measure.words(), words.join(", ")),
        bars: false,
        rows,
    };
    Panel::new(doubleback_report::parts::format::capital(measure.words()), chart.draw())
}

fn values(rates: &[ModelRates]) -> Table {
    let mut table = Table::new(&[
        "model",
        "role",
        "measure",
        "hits",
        "answers",
        "rate",
        "low",
        "high",
        "design_effect",
    ]);
    for model in rates {
        for own in &model.rates {
            table.row([
                model.name.as_str().into(),
                model.role.name().into(),
                own.measure.words().into(),
                own.hits.into(),
                own.answers.into(),
                own.rate.into(),
                own.interval.map(|ends| ends[0]).into(),
                own.interval.map(|ends| ends[1]).into(),
                own.design_effect.into(),
            ]);
        }
    }
    table
}
