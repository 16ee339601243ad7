use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::layers::{AvgPool, LayerKind, MaxPool};
use crate::{Error, Result};

/// Kind of pooling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Largest value of a window.
    #[default]
    Max,
    /// Mean of a window.
    Avg,
}

impl Pool {
    /// Both kinds.
    pub const ALL: [Pool; 2] = [Pool::Max, Pool::Avg];

    /// `max` or `avg`.
    pub fn name(self) -> &'static str {
        match self {
            Pool::Max => "max",
            Pool::Avg => "avg",
        }
    }

    /// The layer with square windows that do not overlap.
    pub fn layer(self, size: usize) -> LayerKind {
        match self {
            Pool::Max => LayerKind::MaxPool(MaxPool::square(size)),
            Pool::Avg => LayerKind::AvgPool(AvgPool::square(size)),
        }
    }
}

impl FromStr for Pool {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Pool::ALL.iter().map(|pool| pool.name());
        Pool::ALL
            .into_iter()
            .find(|pool| pool.name() == name)
            .ok_or_else(|| Error::unknown("pooling", name, known))
    }
}
