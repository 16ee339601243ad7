use doubleback::Error;
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

/// How much work to spend on the study.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Display, EnumCount, EnumString, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
pub enum Profile {
    /// One architecture, two seeds, a hundred steps: minutes, and too little to decide anything.
    #[default]
    Quick,
    /// 400 steps a model; five seeds and two architectures for gray images, three seeds and one for color: hours.
    Standard,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; Self::COUNT] = [Profile::Quick, Profile::Standard];

    /// `quick` or `standard`.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("profile", name, Profile::ALL.map(Profile::name))
}
