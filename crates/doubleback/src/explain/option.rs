use serde_json::Value;

use super::lrp::Composite;
use super::settings::BaselineKind;
use super::{Quadrature, Upsampling};
use crate::Result;
use crate::attack::parse_eps;

/// An option of methods of explanation.
#[derive(Clone, Copy, Debug)]
pub struct ExplainOption {
    /// As on the command line, with hyphens.
    pub flag: &'static str,
    /// What stands for its value in a usage line.
    pub placeholder: &'static str,
    /// What it is, up to the methods that have it.
    pub(super) about: &'static str,
    /// Its default in words, if that is no single value.
    pub(super) default: Option<&'static str>,
    /// Values that it takes.
    pub kind: ValueKind,
}

/// Values that an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// None: given or not.
    Flag,
    /// A whole number of at least 1.
    Count,
    /// A whole number.
    Seed,
    /// A number above 0.
    Positive,
    /// 0 or a number above.
    NotNegative,
    /// A number above 0 and at most 1.
    Share,
    /// The name of a [`Quadrature`].
    Rule,
    /// The name of a [`BaselineKind`].
    Baseline,
    /// The name of a [`Composite`].
    Composite,
    /// The name of an [`Upsampling`].
    Upsampling,
    /// The name of a method that is no wrapper of others.
    Method,
    /// The name of a stage of the model.
    Stage,
}

const OPTIONS: [ExplainOption; 21] = [
    option(
        "steps",
        "N",
        "Points of the path, or steps towards the target,",
        ValueKind::Count,
    ),
    option(
        "step-size",
        "X",
        "Length of a step in each value, in the units of the data,",
        ValueKind::Positive,
    ),
    option("rule", "RULE", "Which points of the path are taken,", ValueKind::Rule),
    option(
        "baseline",
        "NAME",
        "What an image without its content is: zeros, the lower bound (black), the image blurred, the mean of the background, or all images of the background, whose attributions are averaged;",
        ValueKind::Baseline,
    ),
    option(
        "blur",
        "X",
        "Standard deviation in pixels by which --baseline blur blurs,",
        ValueKind::Positive,
    ),
    option(
        "draws",
        "N",
        "Noisy copies, or points of paths, an image,",
        ValueKind::Count,
    ),
    option(
        "noise",
        "X",
        "Standard deviation of the noise, as a share of the range of the data,",
        ValueKind::Positive,
    ),
    option(
        "of",
        "METHOD",
        "Method that is asked about noisy copies,",
        ValueKind::Method,
    ),
    ExplainOption {
        default: Some("the last with more than one pixel"),
        ..option("stage", "NAME", "Stage whose channels are looked at,", ValueKind::Stage)
    },
    ExplainOption {
        default: Some("cut off below 0"),
        ..option("signed", "", "Keep what speaks against the class too,", ValueKind::Flag)
    },
    option(
        "upsampling",
        "NAME",
        "How the map of a stage is brought to the size of the images,",
        ValueKind::Upsampling,
    ),
    option(
        "composite",
        "NAME",
        "Rules by layer: epsilon or gamma in all; epsilon-plus: z+ in convolutions, epsilon in dense layers; epsilon-gamma-box: zB at the pixels, gamma in other convolutions, epsilon in other dense layers;",
        ValueKind::Composite,
    ),
    option(
        "epsilon",
        "X",
        "What rule epsilon adds to the magnitude of each output,",
        ValueKind::NotNegative,
    ),
    option(
        "gamma",
        "X",
        "By how much rule gamma raises positive weights,",
        ValueKind::NotNegative,
    ),
    ExplainOption {
        default: Some("an eighth of the side"),
        ..option(
            "window",
            "N",
            "Pixels of the side of the window that is hidden,",
            ValueKind::Count,
        )
    },
    ExplainOption {
        default: Some("half of the window"),
        ..option("stride", "N", "Pixels from one window to the next,", ValueKind::Count)
    },
    option("masks", "N", "Masks,", ValueKind::Count),
    option("cells", "N", "Cells of a mask along each side,", ValueKind::Count),
    option("keep", "X", "Share of the cells that a mask keeps,", ValueKind::Share),
    option(
        "background-images",
        "N",
        "Images that baselines are drawn from, themselves drawn by --seed,",
        ValueKind::Count,
    ),
    option("seed", "N", "Seed of what is drawn,", ValueKind::Seed),
];

const fn option(flag: &'static str, placeholder: &'static str, about: &'static str, kind: ValueKind) -> ExplainOption {
    ExplainOption {
        flag,
        placeholder,
        about,
        default: None,
        kind,
    }
}

impl ExplainOption {
    /// Options of all methods, in the order in which they are listed.
    pub fn all() -> &'static [ExplainOption] {
        &OPTIONS
    }

    /// As in JSON and in other languages, with underscores.
    pub fn name(&self) -> String {
        self.flag.replace('-', "_")
    }

    /// What it is, in a few words.
    pub fn about(&self) -> &'static str {
        self.about.trim_end_matches([',', ';'])
    }

    /// Its default in words, if that is no single value.
    pub fn default_in_words(&self) -> Option<&'static str> {
        self.default
    }
}

impl ValueKind {
    /// Reads a value as it is typed.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn parse(self, text: &str) -> std::result::Result<Value, String> {
        let number = |good: fn(f64) -> bool, expected: &str| match parse_eps(text) {
            Ok(number) if number.is_finite() && good(number) => Ok(number.into()),
            _ => Err(format!("expected {expected}")),
        };
        match self {
            ValueKind::Flag => Ok(true.into()),
            ValueKind::Count => match text.parse::<usize>() {
                Ok(count) if count > 0 => Ok(count.into()),
                _ => Err("expected a whole number of at least 1".to_owned()),
            },
            ValueKind::Seed => match text.parse::<u64>() {
                Ok(seed) => Ok(seed.into()),
                Err(_) => Err("expected a whole number".to_owned()),
            },
            ValueKind::Positive => number(|x| x > 0.0, "a number above 0"),
            ValueKind::NotNegative => number(|x| x >= 0.0, "0 or a number above"),
            ValueKind::Share => number(|x| x > 0.0 && x <= 1.0, "a number above 0 and at most 1"),
            ValueKind::Rule | ValueKind::Baseline | ValueKind::Composite | ValueKind::Upsampling => {
                match self.check_name(text) {
                    Ok(()) => Ok(text.into()),
                    Err(error) => Err(error.to_string()),
                }
            }
            // Which methods there are, their table tells; which stages, the model.
            ValueKind::Method | ValueKind::Stage => Ok(text.into()),
        }
    }

    /// Whether it takes numbers that may be written with a sign or a point.
    pub fn is_number(self) -> bool {
        matches!(self, ValueKind::Positive | ValueKind::NotNegative | ValueKind::Share)
    }

    /// The names that it takes, if it takes names that are known here.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            ValueKind::Rule => Quadrature::ALL.map(Quadrature::name).to_vec(),
            ValueKind::Baseline => BaselineKind::ALL.map(BaselineKind::name).to_vec(),
            ValueKind::Composite => Composite::ALL.map(Composite::name).to_vec(),
            ValueKind::Upsampling => Upsampling::ALL.map(Upsampling::name).to_vec(),
            _ => Vec::new(),
        }
    }

    /// Refuses a name that is none of those.
    ///
    /// # Errors
    /// Suggests the nearest one.
    pub fn check_name(self, name: &str) -> Result<()> {
        match self {
            ValueKind::Rule => name.parse::<Quadrature>().map(drop),
            ValueKind::Baseline => name.parse::<BaselineKind>().map(drop),
            ValueKind::Composite => name.parse::<Composite>().map(drop),
            ValueKind::Upsampling => name.parse::<Upsampling>().map(drop),
            _ => Ok(()),
        }
    }
}
