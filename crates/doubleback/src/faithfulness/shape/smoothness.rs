use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::Result;

/// Smoothness: the total variation of the map (Rudin, Osher & Fatemi 1992, in its anisotropic form), relative to its size: the sum of `|a - b|` over all pairs of
/// values beside or above each other in the same channel, over the sum of all `|a|`. 0 of a constant map, 4 of a map of isolated values that do not touch the
/// edge, and never more. Lower is better; no units.
///
/// There is no agreed definition: some take Euclidean lengths of both differences, or do not divide by the size; of these a map of small values is smooth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smoothness {}

impl Metric for Smoothness {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let shape = explained.maps().shape();
        let variation = |image| {
            let map = explained.maps().map(image);
            let at = |row: usize, column: usize| f64::from(map[row * shape.width + column]);
            let mut sum = 0.0;
            for row in 0..shape.channels * shape.height {
                for column in 0..shape.width {
                    let value = at(row, column);
                    if column + 1 < shape.width {
                        sum += (value - at(row, column + 1)).abs();
                    }
                    // The row after the last of a channel is another channel's.
                    if (row + 1) % shape.height != 0 {
                        sum += (value - at(row + 1, column)).abs();
                    }
                }
            }
            sum / map.iter().map(|&value| f64::from(value).abs()).sum::<f64>()
        };
        Ok((0..explained.len()).map(variation).collect::<Vec<_>>().into())
    }
}
