use doubleback::data::Bounds;
use doubleback::evaluate::{Explanations, TestSet};
use doubleback::statistics::greatest_by;
use doubleback_experiments::explanations::{ExplainResults, MethodMaps, MethodResults, ModelResults, Outcome};
use maud::Markup;

use crate::svg::{Slots, badge};

/// Images on the page, at most.
const IMAGES: usize = 10;
/// Values of all maps on the page, at most: of large images fewer are shown, but one.
const VALUES: usize = 1_200_000;

/// What every section draws from.
pub struct View<'a> {
    pub results: &'a ExplainResults,
    pub test: &'a TestSet<'a>,
    pub bounds: Bounds,
    maps: &'a [Vec<MethodMaps>],
    slots: Slots,
}

impl<'a> View<'a> {
    pub fn new(outcome: &'a Outcome, test: &'a TestSet<'a>, bounds: Bounds) -> Self {
        let names = outcome.results.models.iter().map(|model| model.model.as_str());
        Self {
            results: &outcome.results,
            test,
            bounds,
            maps: &outcome.maps,
            slots: Slots::new(names),
        }
    }

    pub fn models(&self) -> &'a [ModelResults] {
        &self.results.models.0
    }

    /// Whether models stand side by side.
    pub fn several(&self) -> bool {
        self.results.models.several()
    }

    /// The methods, which are the same of every model; so are their metrics.
    pub fn methods(&self) -> &'a [MethodResults] {
        self.models()
            .first()
            .map(|model| model.methods.as_slice())
            .unwrap_or_default()
    }

    /// The maps of a method of a model, at the size of the images.
    pub fn maps(&self, model: usize, method: usize) -> Option<&'a Explanations> {
        Some(self.maps.get(model)?.get(method)?.at_image_size())
    }

    /// The look of a model.
    pub fn slot(&self, model: &ModelResults) -> usize {
        self.slots.of(&model.model)
    }

    /// A model's name with its marker.
    pub fn badge(&self, model: &ModelResults) -> Markup {
        badge(self.slot(model), &model.model)
    }

    /// Names of the models, one after the other.
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.models().iter().map(|model| model.model.as_str()).collect();
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// Name of a class.
    pub fn class(&self, label: usize) -> String {
        let name = self.results.classes.get(label).cloned();
        name.unwrap_or_else(|| label.to_string())
    }

    /// The class that is explained, in words.
    pub fn target(&self) -> String {
        match self.results.target.as_str() {
            "true" => "the true class".to_owned(),
            "predicted" => "the class that the model takes the image for".to_owned(),
            class => format!("class {class}"),
        }
    }

    /// How many images are on the page: the first ones.
    pub fn shown(&self) -> usize {
        let shape = self.test.shape;
        let maps = self.models().len() * self.methods().len();
        let of_an_image = (maps * shape.height * shape.width).max(1);
        self.results.count.min(IMAGES).min((VALUES / of_an_image).max(1))
    }

    /// What a model takes an image for, with its probability.
    pub fn prediction(&self, model: usize, place: usize) -> Option<(usize, f64)> {
        let found = &self.maps.get(model)?.first()?.own;
        let classes = found.classes.len();
        let logits = found.logits.get(place * classes..(place + 1) * classes)?;
        let predicted = greatest_by(0..classes, |&class| f64::from(logits[class]))?;
        let own = f64::from(logits[predicted]);
        let sum: f64 = logits.iter().map(|&logit| (f64::from(logit) - own).exp()).sum();
        Some((predicted, 1.0 / sum))
    }
}
