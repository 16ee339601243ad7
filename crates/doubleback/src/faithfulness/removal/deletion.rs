use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::fill::{Fill, check_blur};
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::curve::{Curves, along, counts};
use super::order::Order;
use crate::Result;

/// Deletion (Petsiuk, Das & Saenko 2018): the area under the model's answer while the pixels of the image give way to a filling, the most important first. Lower
/// is better; in units of the answer, so 0 to 1 of a probability.
///
/// All channels of a pixel go at once. The area is over the share of the pixels, 0 to 1, with the answer to the whole image at 0 and that to the filling at 1.
/// The authors delete `height` pixels a step to zeros after standardization, which are the mean of the training set; here the filling is black in the model's
/// own bounds unless another is asked for, and a step is one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deletion {
    /// Pixels that go at each step, at least 1. The curve has as many points as steps, and one more.
    pub step: usize,
    /// What stands in their place.
    pub fill: Fill,
    /// Deviation of [`Fill::Blur`], in pixels.
    pub blur: f64,
    /// Which pixels go first.
    pub order: Order,
    /// What is read off the model.
    pub answer: Answer,
}

impl Default for Deletion {
    fn default() -> Self {
        Self {
            step: 1,
            fill: Fill::Black,
            blur: 5.0,
            order: Order::MostFirst,
            answer: Answer::Probability,
        }
    }
}

impl Deletion {
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
            |image| explained.pixels(image).to_vec(),
            |image| self.fill.of(explained, image, self.blur),
        )
    }
}

impl Metric for Deletion {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        Ok(self.curves(explained)?.areas().into())
    }
}
