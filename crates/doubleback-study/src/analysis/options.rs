use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Whose answers are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// All answers of those who answered all their images.
    #[default]
    Finished,
    /// All answers, those of people who left before the end too.
    All,
}

/// How answers are analysed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whose answers are counted.
    pub counted: Counted,
    /// Of intervals, in (0, 1).
    pub confidence: f64,
    /// Random sign flips of a test where all of them are more.
    pub flips: usize,
    /// Draws of a bootstrap.
    pub draws: usize,
    /// Whether the mixed models are fitted.
    pub mixed: bool,
    /// The simulation of how many participants are enough; `None`: none is made.
    pub power: Option<PowerOptions>,
    /// Seed of all that is drawn.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            counted: Counted::Finished,
            confidence: 0.95,
            flips: 9_999,
            draws: 2_000,
            mixed: true,
            power: Some(PowerOptions::default()),
            seed: 0,
        }
    }
}

impl Options {
    /// # Errors
    /// [`Error::Setting`] if a value is not in its range.
    pub(super) fn check(&self) -> Result<()> {
        if !(self.confidence > 0.5 && self.confidence < 1.0) {
            return Err(Error::Setting(format!(
                "a confidence of {}: give one between 0.5 and 1, such as 0.95",
                self.confidence
            )));
        }
        at_least("flips", self.flips, 99)?;
        at_least("draws", self.draws, 100)?;
        match &self.power {
            Some(power) => power.check(),
            None => Ok(()),
        }
    }
}

fn at_least(name: &str, value: usize, least: usize) -> Result<()> {
    if value < least {
        return Err(Error::Setting(format!("{name} of {value}: give at least {least}")));
    }
    Ok(())
}

/// What the simulation of [`power`](super::Power) assumes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerOptions {
    /// Error of the first kind that is accepted, before Holm's correction for two measures.
    pub level: f64,
    /// Standard deviation of people on the logit scale.
    pub people: f64,
    /// Standard deviation of images on the logit scale.
    pub images: f64,
    /// Simulated studies of each size.
    pub studies: usize,
    /// Sign flips of each test.
    pub flips: usize,
    /// No more participants than these are tried.
    pub most: usize,
}

impl Default for PowerOptions {
    fn default() -> Self {
        Self {
            level: 0.05,
            people: 0.7,
            images: 1.0,
            studies: 200,
            flips: 199,
            most: 200,
        }
    }
}

impl PowerOptions {
    /// # Errors
    /// [`Error::Setting`] if a value is not in its range.
    pub(super) fn check(&self) -> Result<()> {
        let sizes = [self.people, self.images];
        if !sizes.iter().all(|size| (0.0..=5.0).contains(size)) {
            return Err(Error::Setting(format!(
                "standard deviations of {} (people) and {} (images): give them between 0 and 5",
                self.people, self.images
            )));
        }
        if !(self.level > 0.0 && self.level <= 0.2) {
            return Err(Error::Setting(format!("a level of {}: give one up to 0.2", self.level)));
        }
        at_least("studies of the power simulation", self.studies, 20)?;
        at_least("flips of the power simulation", self.flips, 99)?;
        at_least("participants of the power simulation", self.most, 4)
    }
}
