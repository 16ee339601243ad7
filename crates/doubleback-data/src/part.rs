//! The parts of a data set.

use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use crate::unknown_name::UnknownName;

/// One of the three parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = UnknownName, parse_err_fn = unknown)]
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
    pub const ALL: [Self; Self::COUNT] = [Self::Train, Self::Validation, Self::Test];

    /// `train`, `validation` or `test`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> UnknownName {
    UnknownName::new("part", name, Part::ALL.map(Part::name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_others_are_refused_with_the_nearest() {
        assert_eq!(Part::ALL.map(Part::name), ["train", "validation", "test"]);
        for part in Part::ALL {
            assert_eq!((part.to_string().parse(), part.name().parse()), (Ok(part), Ok(part)));
        }
        let error = "tests".parse::<Part>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown part `tests`. Did you mean `test`? Known: train, validation, test"
        );
    }
}
