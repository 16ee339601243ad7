//! The paper's comparison, measure by measure.

use doubleback_report::parts::format::{DASH, percent, points, points_interval};
use doubleback_report::parts::{
    Axis, Content, Entry, Group, IntervalPoint, IntervalRow, IntervalRows, Panel, Table, scrolled,
};
use maud::{Markup, html};

use super::view::{View, p};
use crate::analysis::{Difference, Measure, ModelComparison};

/// The figure.
pub fn content(view: &View) -> Result<Content, String> {
    let comparisons = &view.analysis.comparisons;
    if comparisons.iter().all(|one| one.participants == 0) {
        return Err(
            "No participant answered images of a normal and of another model: there is nothing to compare.".to_owned(),
        );
    }
    let mut models: Vec<usize> = comparisons.iter().map(|one| one.to).collect();
    models.dedup();
    Ok(Content {
        reading: reading(view),
        groups: vec![Group {
            heading: None,
            legend: models
                .into_iter()
                .map(|to| Entry::ours(view.slot(to), view.name(to)))
                .collect(),
            panels: vec![Panel::new("Difference from the normal model", chart(view, comparisons))],
        }],
        pictures: scrolled("Comparisons", &table(view, comparisons)),
        file_panels: Vec::new(),
        caption: format!(
            "Mean over the participants of the share with a model less that with the normal one, in points, with {} intervals (Student's t; variance over people and \
             over images). p: each participant's difference keeps its size, and its sign is flipped at random, as it would fall if the models did not differ; the \
             statistic is the mean difference by its standard error with the dependence over people and over pairs of an original image and a target, which images \
             of both models may share. No assumption is made of how answers are spread.",
            view.confidence()
        ),
        details: html! {},
        values: values(view, comparisons),
    })
}

fn reading(view: &View) -> String {
    let main: Vec<&ModelComparison> = view.analysis.comparisons.iter().filter(|one| one.main).collect();
    let Some(first) = main.first() else {
        return "The study has no normal and regularized model: the paper's comparison cannot be made.".to_owned();
    };
    let exact = first.measures.iter().all(|one| one.exact);
    format!(
        "{} answered images of both models; of {} pairs of an original image and a target, images of both were seen. The p are of {}.",
        super::view::participants(first.participants),
        first.shared_pairs,
        if exact {
            "all flips that there are"
        } else {
            "random flips"
        }
    )
}

fn chart(view: &View, comparisons: &[ModelComparison]) -> doubleback_report::parts::Drawing {
    let row = |measure: Measure| IntervalRow {
        name: measure.words().to_owned(),
        points: comparisons
            .iter()
            .filter_map(|one| {
                let own = one.measures.iter().find(|own| own.measure == measure)?;
                Some(IntervalPoint {
                    slot: view.slot(one.to),
                    value: own.difference,
                    interval: own.interval,
                })
            })
            .collect(),
        text: String::new(),
    };
    let ends = comparisons.iter().flat_map(|one| &one.measures);
    let ends = ends.flat_map(|one| one.interval.unwrap_or_default().into_iter().chain(one.difference));
    let (low, high) = ends.fold((-0.1_f64, 0.1_f64), |(low, high), end| (low.min(end), high.max(end)));
    let words: Vec<String> = comparisons
        .iter()
        .flat_map(|one| one.measures.iter().map(move |own| (one, own)))
        .map(|(one, own)| {
            let difference = own.difference.map_or(DASH.to_owned(), points);
            format!("{}, {}: {difference} points", view.name(one.to), own.measure.words())
        })
        .collect();
    IntervalRows {
        x: Axis::percent("difference (points)", low - 0.02, high + 0.02),
        description: format!("Difference of each model from the normal one. {}.", words.join("; ")),
        rows: Measure::COMPARED.map(row).into(),
    }
    .draw()
}

fn table(view: &View, comparisons: &[ModelComparison]) -> Markup {
    html! {
        table.numbers {
            thead {
                tr {
                    th scope="col" { "Models" }
                    th.text scope="col" { "Measure" }
                    th scope="col" { "From" }
                    th scope="col" { "To" }
                    th scope="col" { "Difference (points)" }
                    th scope="col" { "More / less / equal" }
                    th scope="col" { "p" }
                    th scope="col" { "p, Holm" }
                }
            }
            tbody {
                @for comparison in comparisons {
                    @for (at, one) in comparison.measures.iter().enumerate() {
                        tr {
                            @if at == 0 {
                                th scope="rowgroup" rowspan=(comparison.measures.len()) {
                                    (view.name(comparison.from)) " → " (view.name(comparison.to))
                                    @if !comparison.main { " " span.interval { "not the paper's test" } }
                                }
                            }
                            td.text { (one.measure.words()) }
                            (numbers(one))
                        }
                    }
                }
            }
        }
    }
}

fn numbers(one: &Difference) -> Markup {
    let share = |share: Option<f64>| share.map_or(DASH.to_owned(), percent);
    html! {
        td { (share(one.from)) }
        td { (share(one.to)) }
        td {
            (one.difference.map_or(DASH.to_owned(), points))
            @if let Some([low, high]) = one.interval { " " span.interval { (points_interval(low, high)) } }
        }
        td { (one.signs[0]) " / " (one.signs[1]) " / " (one.signs[2]) }
        td { (p(one.p)) }
        td { (one.p_holm.map_or(DASH.to_owned(), p)) }
    }
}

fn values(view: &View, comparisons: &[ModelComparison]) -> Table {
    let mut table = Table::new(&[
        "from",
        "to",
        "measure",
        "participants",
        "rate_from",
        "rate_to",
        "difference",
        "low",
        "high",
        "p",
        "p_holm",
        "exact",
        "flips",
    ]);
    for comparison in comparisons {
        for one in &comparison.measures {
            table.row([
                view.name(comparison.from).into(),
                view.name(comparison.to).into(),
                one.measure.words().into(),
                comparison.participants.into(),
                one.from.into(),
                one.to.into(),
                one.difference.into(),
                one.interval.map(|ends| ends[0]).into(),
                one.interval.map(|ends| ends[1]).into(),
                one.p.into(),
                one.p_holm.into(),
                one.exact.into(),
                one.flips.into(),
            ]);
        }
    }
    table
}
