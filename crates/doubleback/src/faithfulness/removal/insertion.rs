use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::fill::{Fill, check_blur};
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::curve::{Curves, along, counts};
use super::order::Order;
use crate::Result;

/// Insertion (Petsiuk, Das & Saenko 2018): the area under the model's answer while the pixels of the image take the place of a filling, the most important
/// first. Higher is better; in units of the answer, so 0 to 1 of a probability.
///
/// As [`Deletion`](super::Deletion) in all else. The filling is the blurred image, as in the paper; the authors cut a Gaussian of deviation 5 pixels off after
/// one deviation (an 11 by 11 kernel, for images of 224 pixels), here it is cut off after three.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Insertion {
    /// Pixels that come at each step, at least 1. The curve has as many points as steps, and one more.
    pub step: usize,
    /// What stands in their place before.
    pub fill: Fill,
    /// Deviation of [`Fill::Blur`], in pixels.
    pub blur: f64,
    /// Which pixels come first.
    pub order: Order,
    /// What is read off the model.
    pub answer: Answer,
}

impl Default for Insertion {
    fn default() -> Self {
        Self {
            step: 1,
            fill: Fill::Blur,
            blur: 5.0,
            order: Order::MostFirst,
            answer: Answer::Probability,
        }
    }
}

impl Insertion {
    /// The curves that the areas are under.
    ///
    /// # Errors
    /// When an option is out of range, or the model fails.
    pub fn curves(&self, explained: &Explained<'_>) -> Result<Curves> {
        check_blur(self.blur)?;
        let shape = explained.shape();
        along(
            explained,
            self.answer,
            &counts(shape.height * shape.width, self.step)?,
            |image| self.order.of(explained, image),
            |image| self.fill.of(explained, image, self.blur),
            |image| explained.pixels(image).to_vec(),
        )
    }
}

impl Metric for Insertion {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        Ok(self.curves(explained)?.areas().into())
    }
}
