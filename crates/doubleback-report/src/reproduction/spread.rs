//! An accuracy with what is known of its spread: over seeds where there are several, else over images.

use doubleback::evaluate::TransferCell;

use crate::eps::{distinct, same_eps};
use crate::format::{interval, percent, short};
use crate::reproduction::context::Context;
use crate::svg::{Look, Point};

/// An accuracy, with the ends of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    pub eps: f64,
    /// Of the run, or the mean over seeds.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval, or the least over seeds.
    pub low: f64,
    /// Upper end, or the greatest over seeds.
    pub high: f64,
}

impl Measured {
    /// `85.2 % [83.1, 87.0]`.
    pub fn words(&self) -> String {
        format!("{} {}", percent(self.accuracy), interval(self.low, self.high))
    }

    /// On a line by eps.
    pub fn point(&self) -> Point {
        Point {
            x: self.eps,
            y: self.accuracy,
            interval: Some((self.low, self.high)),
            text: (short(self.eps), self.words()),
            look: Look::Plain,
        }
    }
}

impl From<&TransferCell> for Measured {
    fn from(cell: &TransferCell) -> Self {
        Self {
            eps: cell.eps,
            accuracy: cell.accuracy,
            low: cell.low,
            high: cell.high,
        }
    }
}

/// Mean, least and greatest of the finite values.
fn mean_and_ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64, f64)> {
    let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let low = values.iter().copied().reduce(f64::min)?;
    let high = values.iter().copied().reduce(f64::max)?;
    Some((mean, low, high))
}

impl Context<'_> {
    /// How many seeds the run has.
    pub fn seeds(&self) -> usize {
        self.results.seeds.len().max(1)
    }

    /// Accuracy by eps of one model on the examples crafted on another, from small eps to large.
    pub fn measured(&self, attack: &str, crafted_on: &str, evaluated_on: &str) -> Vec<Measured> {
        let fits = |cell: &&TransferCell| {
            cell.attack == attack && cell.crafted_on == crafted_on && cell.evaluated_on == evaluated_on
        };
        let own = distinct(self.transfer().filter(fits).map(|cell| cell.eps));
        let one = |eps: f64| {
            if self.results.seeds.len() < 2 {
                return self.cell(attack, crafted_on, evaluated_on, eps).map(Measured::from);
            }
            let all = self.results.seeds.iter().flat_map(|seed| &seed.transfer);
            let of_seeds = all.filter(fits).filter(|cell| same_eps(cell.eps, eps));
            let (accuracy, low, high) = mean_and_ends(of_seeds.map(|cell| cell.accuracy))?;
            Some(Measured {
                eps,
                accuracy,
                low,
                high,
            })
        };
        own.into_iter().filter_map(one).collect()
    }

    /// One value of [`measured`](Self::measured).
    pub fn measured_at(&self, attack: &str, crafted_on: &str, evaluated_on: &str, eps: f64) -> Option<Measured> {
        let all = self.measured(attack, crafted_on, evaluated_on);
        all.into_iter().find(|one| same_eps(one.eps, eps))
    }

    /// The paper's curve.
    pub fn published_points(&self, attack: &str, crafted_on: &str, evaluated_on: &str) -> Vec<Point> {
        let curve = self
            .published
            .into_iter()
            .flat_map(|published| published.curve(attack, crafted_on, evaluated_on));
        curve
            .map(|(eps, accuracy)| Point {
                x: eps,
                y: accuracy,
                interval: None,
                text: (short(eps), percent(accuracy)),
                look: Look::Plain,
            })
            .collect()
    }

    /// Least and greatest accuracy over seeds on unperturbed images; `None` with one seed.
    pub fn clean_over_seeds(&self, model: &str) -> Option<(f64, f64)> {
        let seeds = &self.results.seeds;
        let all = seeds
            .iter()
            .flat_map(|seed| &seed.clean)
            .filter(|one| one.model == model);
        let (_, low, high) = mean_and_ends(all.map(|one| one.accuracy))?;
        (seeds.len() > 1).then_some((low, high))
    }

    /// What bands and brackets mean.
    pub fn spread_in_words(&self) -> String {
        match self.seeds() {
            1 => "Bands and brackets: 95\u{a0}% Wilson intervals over test images; one training a model.".to_owned(),
            seeds => format!(
                "Lines: means over {seeds} seeds. Bands and brackets: the least and the greatest of the {seeds}; they do not include the \
                 sampling error of the test images."
            ),
        }
    }
}
