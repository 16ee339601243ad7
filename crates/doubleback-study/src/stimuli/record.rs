//! How the images of a study came about: `stimuli.json`, for the researcher. No page of the study reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::craft::Success;
use crate::Result;

/// How the images of a study came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// By file name of the candidate.
    pub images: BTreeMap<String, ImageRecord>,
    /// By model and then by class.
    pub cells: Vec<CellRecord>,
}

/// How a candidate came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// The size of the attack that worked, the smallest of those tried; none if it takes none.
    pub eps: Option<f64>,
    /// Values that the attack changed, before the image was rounded to 8 bits.
    pub l0: f32,
    /// L2 length of that change.
    pub l2: f32,
    /// Largest change of a value.
    pub linf: f32,
    /// What the model takes the unchanged image for. The protocol does not ask that this be the true class.
    pub original_prediction: usize,
    /// The pixel value of the model that black stands for.
    pub black: f32,
    /// The same of white.
    pub white: f32,
}

/// What became of the attempts on the images of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRecord {
    /// Index of the model.
    pub model: usize,
    /// The original class.
    pub original: usize,
    /// Images that were attacked.
    pub images: usize,
    /// Of these, how many the model classifies rightly unchanged.
    pub rightly: usize,
    /// Attempts, each towards one other class.
    pub attempts: usize,
    /// Attempts whose rounded image the model takes for the target.
    pub found: usize,
}

impl ImageRecord {
    pub(super) fn of(success: &Success, original_prediction: usize) -> Self {
        Self {
            eps: success.size,
            l0: success.l0,
            l2: success.l2,
            linf: success.linf,
            original_prediction,
            black: success.drawn.levels.black,
            white: success.drawn.levels.white,
        }
    }
}

impl Record {
    /// As a file.
    pub(super) fn json(&self) -> Result<Vec<u8>> {
        let json = serde_json::to_vec_pretty(self);
        let mut json = json.map_err(|error| doubleback::Error::internal("writing how images came about", error))?;
        json.push(b'\n');
        Ok(json)
    }
}
