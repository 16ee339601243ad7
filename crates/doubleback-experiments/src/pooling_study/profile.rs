use std::fmt;
use std::str::FromStr;

use doubleback::{Error, Result};

/// How much work to spend on the study.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// One architecture, two seeds, a hundred steps: minutes, and too little to decide anything.
    #[default]
    Quick,
    /// 400 steps a model; five seeds and two architectures for gray images, three seeds and one for color: hours.
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
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let known = Profile::ALL.iter().map(|profile| profile.name());
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == name)
            .ok_or_else(|| Error::unknown("profile", name, known))
    }
}
