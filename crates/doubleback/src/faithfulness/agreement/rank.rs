use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use super::super::relevance::Maps;
use crate::statistics::{mean, spearman};
use crate::{Error, Result};

/// Agreement of methods: Spearman's rank correlation of what the map says of the pixels with what the maps of other methods say, the mean of these
/// ([`Explained::beside`]); -1 to 1. Neither direction is better: methods that agree may be wrong together.
///
/// A map that says the same of all pixels has no order: its correlation is 0. One that is zero everywhere says nothing and is left out of the mean, which is NaN
/// where no other map says anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankAgreement {
    /// Takes the sizes of the maps' values instead of these: some methods say what speaks against the class, others cannot.
    pub absolute: bool,
}

impl Metric for RankAgreement {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        mean_of_others(explained, |image, other| {
            correlation((explained.maps(), image), (other, image), self.absolute)
        })
    }
}

/// By image, the mean of what is said of the maps of other methods, of those that are not zero everywhere; NaN where all are.
pub(super) fn mean_of_others(explained: &Explained<'_>, of: impl Fn(usize, &Maps) -> f64 + Sync) -> Result<Measured> {
    let others = explained.others();
    if others.is_empty() {
        let expected = "at least one set to compare with (`Explained::beside`)";
        return Err(Error::value("maps of other methods", expected, "none"));
    }
    let mean = |image| {
        let heard = others.iter().filter(|other| !other.is_zero(image));
        mean(heard.map(|other| of(image, other))).unwrap_or(f64::NAN)
    };
    Ok((0..explained.len())
        .into_par_iter()
        .map(mean)
        .collect::<Vec<_>>()
        .into())
}

/// Spearman's rank correlation of what two maps say of the pixels, or of its size; 0 where one says the same of all.
pub(in super::super) fn correlation(a: (&Maps, usize), b: (&Maps, usize), absolute: bool) -> f64 {
    let of = |(maps, image): (&Maps, usize)| match absolute {
        true => maps.sizes_of_pixels(image),
        false => maps.of_pixels(image),
    };
    spearman(&of(a), &of(b)).unwrap_or(0.0)
}
