//! The parts of a data set.

use std::fmt;
use std::str::FromStr;

use crate::unknown_name::UnknownName;

/// One of the three parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Images to train on.
    Train,
    /// Images to choose settings by.
    Validation,
    /// Images to report on.
    Test,
}

impl Part {
    /// All parts.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// `train`, `validation` or `test`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Part {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let known = Part::ALL.iter().map(|part| part.name());
        Part::ALL
            .into_iter()
            .find(|part| part.name() == name)
            .ok_or_else(|| UnknownName::new("part", name, known))
    }
}
