use serde::{Deserialize, Serialize};

use super::explained::Explained;
use super::measured::Measured;
use crate::Result;

/// A number about an explanation.
pub trait Metric: Send + Sync {
    /// One number for each image.
    ///
    /// # Errors
    /// When an option is out of range, what the metric needs is not there (a method, a network, other maps), or the model or the method fails.
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured>;
}

/// Which values of a metric are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Higher ones.
    Higher,
    /// Lower ones.
    Lower,
    /// Neither: it describes.
    Neither,
}

impl Direction {
    /// `higher is better`, `lower is better`, or `neither is better`.
    pub fn in_words(self) -> &'static str {
        match self {
            Direction::Higher => "higher is better",
            Direction::Lower => "lower is better",
            Direction::Neither => "neither is better",
        }
    }
}

/// What a metric needs besides images and their maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The method that made the maps, which is asked again.
    Method,
    /// The network that the model is, whose weights are drawn anew.
    Network,
    /// Maps that other methods made of the images.
    OtherMaps,
}
