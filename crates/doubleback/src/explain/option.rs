use serde_json::Value;

use super::Quadrature;
use super::settings::BaselineKind;
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
    /// A whole number of at least 1.
    Count,
    /// A whole number.
    Seed,
    /// A number above 0.
    Positive,
    /// A number above 0 and at most 1.
    Share,
    /// The name of a [`Quadrature`].
    Rule,
    /// The name of a [`BaselineKind`].
    Baseline,
    /// The name of a method that is no wrapper of others.
    Method,
}

const OPTIONS: [ExplainOption; 15] = [
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
            ValueKind::Count => match text.parse::<usize>() {
                Ok(count) if count > 0 => Ok(count.into()),
                _ => Err("expected a whole number of at least 1".to_owned()),
            },
            ValueKind::Seed => match text.parse::<u64>() {
                Ok(seed) => Ok(seed.into()),
                Err(_) => Err("expected a whole number".to_owned()),
            },
            ValueKind::Positive => number(|x| x > 0.0, "a number above 0"),
            ValueKind::Share => number(|x| x > 0.0 && x <= 1.0, "a number above 0 and at most 1"),
            ValueKind::Rule => match text.parse::<Quadrature>() {
                Ok(rule) => Ok(rule.name().into()),
                Err(error) => Err(error.to_string()),
            },
            ValueKind::Baseline => match text.parse::<BaselineKind>() {
                Ok(kind) => Ok(kind.name().into()),
                Err(error) => Err(error.to_string()),
            },
            // Which methods there are, their table tells.
            ValueKind::Method => Ok(text.into()),
        }
    }

    /// Whether it takes numbers that may be written with a sign or a point.
    pub fn is_number(self) -> bool {
        matches!(self, ValueKind::Positive | ValueKind::Share)
    }

    /// The names that it takes, if it takes names that are known here.
    pub fn names(self) -> Vec<&'static str> {
        match self {
            ValueKind::Rule => Quadrature::ALL.map(Quadrature::name).to_vec(),
            ValueKind::Baseline => BaselineKind::ALL.map(BaselineKind::name).to_vec(),
            _ => Vec::new(),
        }
    }
}
