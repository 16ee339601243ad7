use doubleback::data::words;
use doubleback::diagnose::Estimate;
use doubleback::statistics::greatest_by;
use doubleback_experiments::diagnosis::{DiagnosisResults, LayerVulnerability, ModelDiagnosis};
use maud::{Markup, html};

use crate::format::{capital, interval, percent, points, points_interval, short, whole_percent};
use crate::svg::{Slots, badge, extent};

/// Slots of the measures: the same look in every chart that has no models as lines.
pub const EXPLANATIONS: usize = 4;
pub const SMOOTH: usize = 6;
pub const PROBES: usize = 2;

/// What every section draws from.
pub struct View<'a> {
    pub results: &'a DiagnosisResults,
    pub slots: Slots,
}

impl<'a> View<'a> {
    pub fn new(results: &'a DiagnosisResults) -> Self {
        let names = results.models.iter().map(|model| model.model.as_str());
        Self {
            results,
            slots: Slots::new(names),
        }
    }

    pub fn models(&self) -> impl Iterator<Item = &'a ModelDiagnosis> + use<'a> {
        self.results.models.iter()
    }

    /// Whether models stand side by side.
    pub fn several(&self) -> bool {
        self.results.models.len() > 1
    }

    /// A model's name with its marker.
    pub fn badge(&self, model: &ModelDiagnosis) -> Markup {
        badge(self.slots.of(&model.model), &model.model)
    }

    /// What the heading of a model's panel ends with; nothing where there is but one.
    pub fn label(&self, model: &ModelDiagnosis) -> Option<(usize, String)> {
        self.several()
            .then(|| (self.slots.of(&model.model), model.model.clone()))
    }

    /// What a figure says of each model, a line each; with the model's name where there are several.
    pub fn reading<'m>(
        &self,
        models: impl Iterator<Item = &'m ModelDiagnosis>,
        sentence: fn(&ModelDiagnosis) -> Option<String>,
    ) -> String {
        let named = |model: &ModelDiagnosis| {
            let sentence = sentence(model)?;
            Some(match self.several() {
                true => format!("{}: {sentence}", model.model),
                false => capital(&sentence),
            })
        };
        models.filter_map(named).collect::<Vec<_>>().join("\n")
    }

    /// The name of a class, or its number where the data has no names.
    pub fn class_name(&self, class: usize) -> String {
        let name = self.results.classes.get(class).cloned();
        name.unwrap_or_else(|| class.to_string())
    }

    /// The unit of eps.
    pub fn unit(&self) -> String {
        let [low, high] = self.results.bounds;
        format!("pixel values {} to {}", short(low.into()), short(high.into()))
    }
}

/// Stages in order.
pub fn stages(model: &ModelDiagnosis) -> Vec<String> {
    model.layers.iter().map(|layer| layer.layer.clone()).collect()
}

/// The stage with the greatest share of the damage.
pub fn dominant(model: &ModelDiagnosis) -> Option<&LayerVulnerability> {
    let known = model.layers.iter().filter(|layer| layer.v.value.is_finite());
    greatest_by(known, |layer| layer.v.value)
}

/// The stage with the next greatest share.
pub fn second<'a>(model: &'a ModelDiagnosis, first: &LayerVulnerability) -> Option<&'a LayerVulnerability> {
    let others = model
        .layers
        .iter()
        .filter(|layer| layer.layer != first.layer && layer.v.value.is_finite());
    greatest_by(others, |layer| layer.v.value)
}

/// Whether an estimate's interval lies above another's.
pub fn clearly_above(a: &Estimate, b: &Estimate) -> bool {
    a.low > b.high
}

/// Ends of an estimate, for a chart.
pub fn ends(estimate: &Estimate) -> Option<(f64, f64)> {
    (estimate.low.is_finite() && estimate.high.is_finite()).then_some((estimate.low, estimate.high))
}

/// `52.0 % [50.1, 53.8]`.
pub fn share(estimate: &Estimate) -> String {
    joined(percent(estimate.value), &interval(estimate.low, estimate.high))
}

/// `+31.4 [+25.0, +36.1]`, in points.
pub fn difference(estimate: &Estimate) -> String {
    joined(points(estimate.value), &points_interval(estimate.low, estimate.high))
}

fn joined(value: String, interval: &str) -> String {
    if interval.is_empty() {
        value
    } else {
        format!("{value} {interval}")
    }
}

/// `30 to 80 %`: a bar on both sides.
pub fn window([low, high]: [f64; 2]) -> String {
    format!("{} to {}", words::fixed(100.0 * low, 0), whole_percent(high))
}

/// A share as cells of a table show it.
pub fn share_cell(estimate: &Estimate) -> Markup {
    html! { td { (percent(estimate.value)) " " span.interval { (interval(estimate.low, estimate.high)) } } }
}

/// A difference as cells of a table show it.
pub fn difference_cell(estimate: &Estimate) -> Markup {
    html! { td { (points(estimate.value)) " " span.interval { (points_interval(estimate.low, estimate.high)) } } }
}

/// An axis of differences of shares that holds all of them, zero and their intervals: whole tenths at the ends.
pub fn around<'e>(estimates: impl Iterator<Item = &'e Estimate>) -> (f64, f64) {
    let (low, high) = extent(estimates.flat_map(|estimate| [estimate.value, estimate.low, estimate.high]))
        .map_or((0.0, 0.1), |(low, high)| (low.min(0.0), high.max(0.1)));
    let (fine, coarse) = (20.0, if high - low > 0.3 { 10.0 } else { 20.0 });
    // A hair below zero is drawn at zero: an axis that starts lower would only take room.
    let low = if low > -0.01 { 0.0 } else { (low * fine).floor() / fine };
    (low, (high * coarse - 1e-9).ceil() / coarse)
}

/// `51.7` points that are known to be more than none.
pub fn unsigned(difference: f64) -> String {
    points(difference).trim_start_matches('+').to_owned()
}
