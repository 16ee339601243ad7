use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::Result;

/// Sparseness (Chalasani et al. 2020): the Gini index of the sizes of the map's values, `Σ (2i - n - 1) |a|_(i) / (n Σ |a|)` with the sizes in ascending order.
/// 0 if all are equal, `(n - 1) / n` if one has all. Higher is better; no units.
///
/// Quantus 0.6 adds 1e-7 to each size, which counts for maps of small values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sparseness {}

impl Metric for Sparseness {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let gini = |image| {
            let mut sizes: Vec<f64> = explained
                .maps()
                .map(image)
                .iter()
                .map(|&value| f64::from(value).abs())
                .collect();
            sizes.sort_by(f64::total_cmp);
            let n = sizes.len() as f64;
            let (mut weighted, mut sum) = (0.0, 0.0);
            for (place, size) in sizes.into_iter().enumerate() {
                weighted += (2.0 * (place as f64 + 1.0) - n - 1.0) * size;
                sum += size;
            }
            weighted / (n * sum)
        };
        Ok((0..explained.len()).map(gini).collect::<Vec<_>>().into())
    }
}
