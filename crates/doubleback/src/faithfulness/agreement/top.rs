use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::super::relevance::{Maps, most_first};
use super::rank::mean_of_others;
use crate::{Error, Result};

/// Agreement of methods about what matters most (feature agreement of Krishna et al. 2022): the share of the `share` most important pixels that two maps have in
/// common, the mean over the maps of other methods ([`Explained::beside`]); 0 to 1. Neither direction is better. By chance it is `share`.
///
/// A map that is zero everywhere is left out of the mean, which is NaN where no other map says anything.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopAgreement {
    /// Share of the pixels, above 0 and at most 1; at least one pixel is taken.
    pub share: f64,
    /// Takes the sizes of the maps' values instead of these.
    pub absolute: bool,
}

impl Default for TopAgreement {
    fn default() -> Self {
        Self {
            share: 0.1,
            absolute: false,
        }
    }
}

impl Metric for TopAgreement {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        if !(self.share > 0.0 && self.share <= 1.0) {
            return Err(Error::value("share", "above 0 and at most 1", self.share));
        }
        let shape = explained.shape();
        let pixels = shape.height * shape.width;
        // So many pixels as a share written in decimals means.
        let count = ((self.share * pixels as f64 + 1e-9) as usize).max(1);
        let top = |maps: &Maps, image: usize| {
            let relevance = match self.absolute {
                true => maps.sizes_of_pixels(image),
                false => maps.of_pixels(image),
            };
            let mut top = most_first(&relevance);
            top.truncate(count);
            top.sort_unstable();
            top
        };
        mean_of_others(explained, |image, other| {
            let (own, other) = (top(explained.maps(), image), top(other, image));
            let common = own.iter().filter(|pixel| other.binary_search(pixel).is_ok()).count();
            common as f64 / count as f64
        })
    }
}
