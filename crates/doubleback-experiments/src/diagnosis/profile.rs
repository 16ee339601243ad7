use std::fmt;
use std::str::FromStr;

use doubleback::Error;

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

    /// What it spends.
    pub fn budget(self) -> Budget {
        match self {
            Profile::Quick => Budget {
                images: 512,
                draws: 4,
                oracle_steps: 200,
                generator_steps: 300,
                reader_steps: 200,
            },
            Profile::Standard => Budget {
                images: 1024,
                draws: 8,
                oracle_steps: 600,
                generator_steps: 1500,
                reader_steps: 400,
            },
        }
    }
}

/// Work in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Test images that are attacked and explained, from the first; at most all.
    pub images: usize,
    /// Draws of noise for each image and stage.
    pub draws: usize,
    /// Training steps of each of the oracle's networks.
    pub oracle_steps: usize,
    /// Training steps of each model's InterpretGAN.
    pub generator_steps: usize,
    /// Training steps of probes and of decoders.
    pub reader_steps: usize,
}

impl Budget {
    /// # Errors
    /// Names the first value that is 0.
    pub fn check(&self) -> Result<(), Error> {
        for (name, value) in [
            ("test images", self.images),
            ("draws of noise", self.draws),
            ("steps of the oracle", self.oracle_steps),
            ("steps of InterpretGAN", self.generator_steps),
            ("steps of probes and decoders", self.reader_steps),
        ] {
            if value == 0 {
                return Err(Error::value(name, "at least 1", value));
            }
        }
        Ok(())
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
