use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::curve::{Curves, along, counts};
use super::order::Order;
use crate::Result;

/// Pixel flipping (Bach et al. 2015): the area under the model's answer while pixels are turned to their opposite within the model's bounds, black to white and
/// white to black, the most important first. Lower is better; in units of the answer, so 0 to 1 of a probability.
///
/// The paper flips the states -1 and 1 of digits. What other programs call pixel flipping (Quantus 0.6) replaces pixels by a constant, which is
/// [`Deletion`](super::Deletion) here. The paper shows curves; the area is over the share of the pixels flipped, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PixelFlipping {
    /// Pixels that are flipped at each step, at least 1.
    pub step: usize,
    /// Which pixels are flipped first.
    pub order: Order,
    /// What is read off the model.
    pub answer: Answer,
}

impl Default for PixelFlipping {
    fn default() -> Self {
        Self {
            step: 1,
            order: Order::MostFirst,
            answer: Answer::Probability,
        }
    }
}

impl PixelFlipping {
    /// The curves that the areas are under.
    ///
    /// # Errors
    /// When an option is out of range, or the model fails.
    pub fn curves(&self, explained: &Explained<'_>) -> Result<Curves> {
        let (shape, bounds) = (explained.shape(), explained.model().bounds());
        along(
            explained,
            self.answer,
            &counts(shape.height * shape.width, self.step)?,
            |image| self.order.of(explained, image),
            |image| explained.pixels(image).to_vec(),
            |image| {
                let opposite = |&value: &f32| bounds.low + bounds.high - value;
                explained.pixels(image).iter().map(opposite).collect()
            },
        )
    }
}

impl Metric for PixelFlipping {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        Ok(self.curves(explained)?.areas().into())
    }
}
