use serde::{Deserialize, Serialize};

use super::super::explained::Explained;
use super::super::relevance::most_first;

/// In which order pixels are changed. A pixel counts by the sum of what the map says of its channels; of equal ones the first in the image comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// What speaks most for the class first.
    #[default]
    MostFirst,
    /// What speaks least for it, or most against it, first: a faithful map does the contrary of what it does in the other order.
    LeastFirst,
    /// What is nearest to 0 first.
    NearZeroFirst,
}

impl Order {
    /// The pixels of an image in this order.
    pub(super) fn of(self, explained: &Explained<'_>, image: usize) -> Vec<usize> {
        let mut relevance = explained.maps().of_pixels(image);
        for value in &mut relevance {
            // Zeros of either sign are equal.
            *value = match self {
                Order::MostFirst => *value,
                Order::LeastFirst => -*value,
                Order::NearZeroFirst => -value.abs(),
            } + 0.0;
        }
        most_first(&relevance)
    }
}
