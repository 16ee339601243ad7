use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::Result;

/// Complexity (Bhatt, Weller & Moura 2020, definition 6): the entropy of the shares that the map's values have of the sum of all sizes, `-Σ p ln p` with
/// `p = |a| / Σ |a|`. 0 if one has all, `ln n` if all are equal. Lower is better; in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complexity {}

impl Metric for Complexity {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let entropy = |image| {
            let sizes = || explained.maps().map(image).iter().map(|&value| f64::from(value).abs());
            let sum: f64 = sizes().sum();
            // A share of 0 has no part in it.
            let shares = sizes().map(|size| size / sum).filter(|&share| share > 0.0);
            shares.map(|share| -share * share.ln()).sum::<f64>().max(0.0)
        };
        Ok((0..explained.len()).map(entropy).collect::<Vec<_>>().into())
    }
}
