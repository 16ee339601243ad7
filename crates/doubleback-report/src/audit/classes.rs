use maud::html;

use super::view::View;
use crate::format::{count, interval, percent};
use crate::page::{Content, Group, Table, unfolded};
use crate::svg::{Axis, Panel, Row, RowChart};

/// Of more classes the weakest are drawn.
const DRAWN: usize = 20;

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let mut classes: Vec<_> = view.audit.per_class.iter().collect();
    if classes.is_empty() {
        return Err("There are no images.".to_owned());
    }
    classes.sort_by(|a, b| a.robust.total_cmp(&b.robust));
    let weakest = classes.iter().take(DRAWN).map(|class| Row {
        slot: 1,
        name: class.class.clone(),
        value: class.robust,
        interval: Some((class.low, class.high)),
        published: None,
        text: percent(class.robust),
    });
    let rows: Vec<Row> = weakest.collect();
    let described: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, row.text)).collect();
    let chart = RowChart {
        x: Axis::percent("standing (%)", 0.0, 1.0),
        description: format!("Share of each class that stands: {}.", described.join("; ")),
        bars: false,
        rows,
    };
    let title = match classes.len() {
        all if all > DRAWN => format!("The weakest {DRAWN} of {all} classes"),
        _ => "All classes".to_owned(),
    };
    Ok(Content {
        reading: reading(view),
        groups: vec![Group {
            heading: None,
            legend: Vec::new(),
            panels: vec![Panel::new(title, chart.draw())],
        }],
        pictures: html! {},
        file_panels: Vec::new(),
        caption: "Share of the images of a class that are classified rightly and withstand all attacks, with 95 % Wilson intervals; the weakest first."
            .to_owned(),
        details: unfolded(
            "All classes",
            &html! {
                table.numbers.dense {
                    thead { tr {
                        th.text scope="col" { "Class" } th scope="col" { "Images" } th scope="col" { "Clean" } th scope="col" { "Robust" }
                        th scope="col" { "95 % interval" }
                    } }
                    tbody { @for class in &classes { tr {
                        th scope="row" { (class.class) } td { (count(class.count)) } td { (percent(class.clean)) } td { (percent(class.robust)) }
                        td { (interval(class.low, class.high)) }
                    } } }
                }
            },
        ),
        values: values(view),
    })
}

fn reading(view: &View) -> String {
    let mistakes = view.audit.mistakes.mistakes();
    mistakes
        .first()
        .map_or_else(String::new, |&(label, prediction, images)| {
            format!(
                "Most often, {} is made to be taken for {}: {} images.",
                view.class(label),
                view.class(prediction),
                count(images)
            )
        })
}

fn values(view: &View) -> Table {
    let mut table = Table::new(&["class", "images", "clean", "robust", "low", "high"]);
    for class in &view.audit.per_class {
        table.row([
            class.class.as_str().into(),
            class.count.into(),
            class.clean.into(),
            class.robust.into(),
            class.low.into(),
            class.high.into(),
        ]);
    }
    table
}
