use serde::{Deserialize, Serialize};

use super::super::answers::Answer;
use super::super::explained::Explained;
use super::super::fill::{Fill, check_blur};
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::{Error, Result};

/// Completeness (Sundararajan, Taly & Yan 2017; local accuracy of Lundberg & Lee 2017, sensitivity-n for all values of Ancona et al. 2018): by how much the
/// sum of a map's values misses the change of the class' logit from a baseline to the image, `|Σ a - (f(x) - f(x'))|`. Lower is better; in units of the logit.
///
/// The gap is a number, not a yes or no: Quantus 0.6 asks whether two floats are equal, after the map was divided by the greatest value of all images.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Completeness {
    /// The baseline; if there is none, the gap that the method itself has counted against its own.
    pub baseline: Option<Fill>,
    /// Deviation of [`Fill::Blur`], in pixels.
    pub blur: f64,
}

impl Default for Completeness {
    fn default() -> Self {
        Self {
            baseline: None,
            blur: 5.0,
        }
    }
}

impl Metric for Completeness {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        check_blur(self.blur)?;
        let Some(baseline) = self.baseline else {
            let gap = explained.gap().ok_or_else(|| {
                let expected = "there: the method promises no completeness. Name a baseline (black, mean or blur) to measure it all the same";
                Error::value("completeness gap", expected, "none")
            })?;
            return Ok(gap.iter().map(|gap| gap.abs()).collect::<Vec<_>>().into());
        };
        let images = explained.answers_as_they_are(Answer::Logit)?;
        let fill = |image: usize, values: &mut [f32]| {
            values.copy_from_slice(&baseline.of(explained, image, self.blur));
        };
        let baselines = explained.answers(Answer::Logit, explained.len(), |image| image, fill)?;
        let gap = |image: usize| {
            // One value a pixel is the sum of its channels.
            let sum: f64 = explained.maps().of_pixels(image).iter().sum();
            (sum - (images[image] - baselines[image])).abs()
        };
        Ok((0..explained.len()).map(gap).collect::<Vec<_>>().into())
    }
}
