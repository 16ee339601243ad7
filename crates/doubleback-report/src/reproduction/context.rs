use doubleback::evaluate::{CleanAccuracy, TransferCell};
use doubleback_experiments::reproduce::{Pictures, Results};

use crate::eps::{distinct, same_eps};
use crate::format::short;
use crate::reproduction::published::Published;
use crate::svg::Slots;

/// What every section draws from.
pub struct Context<'a> {
    pub results: &'a Results,
    pub pictures: &'a Pictures,
    pub published: Option<&'a Published>,
    pub slots: Slots,
}

impl<'a> Context<'a> {
    pub fn new(results: &'a Results, pictures: &'a Pictures, published: Option<&'a Published>) -> Self {
        let slots = Slots::new(results.models.iter().chain(results.curves.keys()).map(String::as_str));
        Self {
            results,
            pictures,
            published,
            slots,
        }
    }

    /// The models in the order of the run.
    pub fn models(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.results.models.iter().map(String::as_str)
    }

    /// Whether a run has too little data or training to be compared with the paper's.
    pub fn is_small(&self) -> bool {
        self.results.profile == "quick" || self.results.dataset.ends_with("-mini")
    }

    /// The measured cells of the transfer table, in its order.
    pub fn transfer(&self) -> impl Iterator<Item = &'a TransferCell> + use<'a> {
        self.results
            .transfer
            .iter()
            .filter(|cell| cell.accuracy.is_finite() && cell.eps.is_finite())
    }

    /// One cell of the transfer table.
    pub fn cell(&self, attack: &str, crafted_on: &str, evaluated_on: &str, eps: f64) -> Option<&'a TransferCell> {
        self.transfer().find(|cell| {
            cell.attack == attack
                && cell.crafted_on == crafted_on
                && cell.evaluated_on == evaluated_on
                && same_eps(cell.eps, eps)
        })
    }

    /// The attacks of the transfer table, in order of appearance.
    pub fn attacks(&self) -> Vec<&'a str> {
        let mut attacks: Vec<&str> = Vec::new();
        for cell in self.transfer() {
            if !attacks.contains(&cell.attack.as_str()) {
                attacks.push(&cell.attack);
            }
        }
        attacks
    }

    /// The perturbation sizes of an attack, from small to large.
    pub fn eps_values(&self, attack: &str) -> Vec<f64> {
        distinct(
            self.transfer()
                .filter(|cell| cell.attack == attack)
                .map(|cell| cell.eps),
        )
    }

    /// What the axis of perturbation sizes says: epsilon and its unit.
    pub fn eps_label(&self) -> String {
        let [low, high] = self.results.data.bounds;
        // Each image then has zero mean and unit deviation.
        let prepared = self.results.data.preparation.as_deref();
        if prepared.is_some_and(|preparation| preparation.contains("global contrast normalization")) {
            return "ε (standard deviations of an image)".to_owned();
        }
        format!("ε (pixel values {} to {})", short(low.into()), short(high.into()))
    }

    /// Accuracy on unperturbed test images, with its interval.
    pub fn clean(&self, model: &str) -> Option<&'a CleanAccuracy> {
        self.results
            .clean
            .iter()
            .find(|clean| clean.model == model && clean.accuracy.is_finite())
    }

    /// The name of a class, or its number where the data has no names.
    pub fn class_name(&self, class: usize) -> String {
        self.results
            .data
            .classes
            .get(class)
            .cloned()
            .unwrap_or_else(|| class.to_string())
    }
}
