//! How far the nearest examples of images are.

use serde::{Deserialize, Serialize};

use crate::attack::Metric;

/// Distances of the nearest examples that an attack found, over all images. One without an example counts as farther than any.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distance {
    /// The norm in which it is measured.
    pub norm: Metric,
    /// Images with an example, of those attacked.
    pub found: usize,
    /// Half of the images have an example within this distance; none if fewer than half have one.
    pub median: Option<f64>,
    /// A tenth of them.
    pub p10: Option<f64>,
    /// Nine tenths of them.
    pub p90: Option<f64>,
}

impl Distance {
    /// Of one distance for each image.
    pub(crate) fn of(norm: Metric, distances: &[Option<f32>]) -> Self {
        let mut all: Vec<f64> = distances
            .iter()
            .map(|far| far.map_or(f64::INFINITY, f64::from))
            .collect();
        all.sort_by(f64::total_cmp);
        let percentile = |share: f64| {
            // Between the two nearest ranks, as NumPy has it by default.
            let place = share * all.len().saturating_sub(1) as f64;
            let (below, above) = (all.get(place.floor() as usize)?, all.get(place.ceil() as usize)?);
            let value = if below == above {
                *below
            } else {
                below + place.fract() * (above - below)
            };
            value.is_finite().then_some(value)
        };
        Self {
            norm,
            found: distances.iter().flatten().count(),
            median: percentile(0.5),
            p10: percentile(0.1),
            p90: percentile(0.9),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_an_example_are_far() {
        let distances = [Some(3.0), None, Some(1.0), Some(2.0), None];
        let of = Distance::of(Metric::L2, &distances);
        assert_eq!((of.found, of.median, of.p90), (3, Some(3.0), None));
        assert!((of.p10.unwrap() - 1.4).abs() < 1e-12);
        assert_eq!(Distance::of(Metric::L2, &distances[1..2]).median, None);
        assert_eq!(Distance::of(Metric::L2, &[]).median, None);
    }
}
