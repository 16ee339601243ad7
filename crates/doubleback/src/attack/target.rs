use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Goal;
use crate::{Error, Result};

/// The rule by which a targeted attack chooses the class that an image should be taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Target {
    /// The class after the true one, `(y + 1) mod K`, as in the paper.
    #[default]
    Next,
    /// The same class for all images. Those that are of this class already are not left out: mostly they are successes from the start.
    Class(usize),
}

impl Target {
    /// The target of each image, given the true labels.
    ///
    /// # Errors
    /// When the model does not have the class; says how many there are.
    pub fn goal(self, labels: &[usize], classes: usize) -> Result<Goal> {
        if let Target::Class(class) = self
            && class >= classes
        {
            let expected = format!("below the {classes} classes of the model");
            return Err(Error::value("target", expected, class));
        }
        let target = |&label: &usize| match self {
            Target::Next => (label + 1) % classes.max(1),
            Target::Class(class) => class,
        };
        Ok(Goal::Towards(labels.iter().map(target).collect()))
    }

    /// In words, after `towards`.
    pub(super) fn in_words(self) -> String {
        match self {
            Target::Next => "the next class".to_owned(),
            Target::Class(class) => format!("class {class}"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Next => f.write_str("next"),
            Target::Class(class) => write!(f, "{class}"),
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "next" => Ok(Target::Next),
            number => number
                .parse()
                .map(Target::Class)
                .map_err(|_| Error::value("target", "`next` or the number of a class, from 0", text)),
        }
    }
}

/// As in JSON: `"next"` or a number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Class(usize),
    Name(String),
}

impl From<Target> for Written {
    fn from(target: Target) -> Self {
        match target {
            Target::Next => Written::Name("next".to_owned()),
            Target::Class(class) => Written::Class(class),
        }
    }
}

impl TryFrom<Written> for Target {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        match written {
            Written::Class(class) => Ok(Target::Class(class)),
            Written::Name(name) => name.parse(),
        }
    }
}
