use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How much work to spend on a diagnosis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Minutes.
    #[default]
    Quick,
    /// Up to half an hour a model.
    Standard,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 2] = [Profile::Quick, Profile::Standard];

    /// `quick` or `standard`.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Quick => "quick",
            Profile::Standard => "standard",
        }
    }

    /// How long a diagnosis takes, in words.
    pub fn time(self) -> &'static str {
        match self {
            Profile::Quick => "some minutes a model",
            Profile::Standard => "up to half an hour a model",
        }
    }

    /// Test images that are attacked and explained.
    pub fn images(self) -> usize {
        match self {
            Profile::Quick => 512,
            Profile::Standard => 1024,
        }
    }

    /// Draws of noise for each image and stage.
    pub fn draws(self) -> usize {
        match self {
            Profile::Quick => 4,
            Profile::Standard => 8,
        }
    }

    /// Training steps of InterpretGAN.
    pub fn gan_steps(self) -> usize {
        match self {
            Profile::Quick => 300,
            Profile::Standard => 2000,
        }
    }

    /// Training steps of the oracle.
    pub fn oracle_steps(self) -> usize {
        match self {
            Profile::Quick => 400,
            Profile::Standard => 1500,
        }
    }

    /// Training steps of probes and of decoders.
    pub fn probe_steps(self) -> usize {
        match self {
            Profile::Quick => 200,
            Profile::Standard => 400,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = Profile::ALL.iter().map(|profile| profile.name());
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| Error::unknown("profile", name, known))
    }
}
