use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// Which attacks an audit runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suite {
    /// AutoAttack's standard ensemble (Croce & Hein 2020): `apgd-ce`, `apgd-t`, `fab-t`, `square`.
    #[default]
    Standard,
    /// Its longer form: five starts each of `apgd-ce`, `apgd-dlr` and `fab`, then `square`, `apgd-t`, `fab-t`.
    Plus,
    /// Its form for models with randomness: `apgd-ce` and `apgd-dlr`, each gradient the mean of [`Suite::DRAWS`] draws.
    Rand,
    /// Attacks that are named one by one.
    Custom,
}

impl Suite {
    /// All of them.
    pub const ALL: [Suite; 4] = [Suite::Standard, Suite::Plus, Suite::Rand, Suite::Custom];

    /// Draws of the model's randomness for each gradient of [`Suite::Rand`].
    pub const DRAWS: usize = 20;

    /// `standard`, `plus`, `rand` or `custom`.
    pub fn name(self) -> &'static str {
        match self {
            Suite::Standard => "standard",
            Suite::Plus => "plus",
            Suite::Rand => "rand",
            Suite::Custom => "custom",
        }
    }

    /// Names of its attacks, in order, each with the starts that its publication gives it where these are not one.
    pub(super) fn attacks(self) -> &'static [(&'static str, usize)] {
        match self {
            Suite::Standard => &[("apgd-ce", 1), ("apgd-t", 1), ("fab-t", 1), ("square", 1)],
            Suite::Plus => &[
                ("apgd-ce", 5),
                ("apgd-dlr", 5),
                ("fab", 5),
                ("square", 1),
                ("apgd-t", 1),
                ("fab-t", 1),
            ],
            Suite::Rand => &[("apgd-ce", 1), ("apgd-dlr", 1)],
            Suite::Custom => &[],
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Suite {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Suite::ALL.into_iter().find(|suite| suite.name() == name);
        found.ok_or_else(|| Error::unknown("ensemble", name, Suite::ALL.map(Suite::name)))
    }
}
