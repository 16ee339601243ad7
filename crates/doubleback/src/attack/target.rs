use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Goal;
use crate::data::class_index;
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

    /// The one class that all images are to be taken for, if it is one.
    pub fn class(self, classes: &[String]) -> Option<TargetClass> {
        match self {
            Target::Next => None,
            Target::Class(index) => Some(TargetClass {
                class: classes.get(index).cloned().unwrap_or_else(|| index.to_string()),
                index,
            }),
        }
    }

    /// The target that a user names: `next`, or a class of `classes` by its name or label as [`class_index`] finds it. A class that is called
    /// `next` is to be had by its label.
    ///
    /// # Errors
    /// When there is no such class.
    pub fn named(wanted: &str, classes: &[String]) -> Result<Self> {
        match wanted {
            "next" => Ok(Target::Next),
            class => Ok(Target::Class(class_index(classes, class)?)),
        }
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

/// A class that all images are to be taken for: its name and its place in label order, which may be another class's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetClass {
    /// Its name.
    pub class: String,
    /// Its place in label order.
    pub index: usize,
}

impl fmt::Display for TargetClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { class, index } = self;
        match *class == index.to_string() {
            true => write!(f, "class {class}"),
            false => write!(f, "class {class} (label {index})"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_named_by_its_name_and_then_by_its_label() {
        let classes = ["0", "1", "10", "2", "cat"].map(str::to_owned);
        let named = |wanted: &str| Target::named(wanted, &classes).map(|target| target.class(&classes));
        let told = |wanted: &str| named(wanted).unwrap().unwrap().to_string();
        assert_eq!(told("2"), "class 2 (label 3)");
        assert_eq!(told("10"), "class 10 (label 2)");
        assert_eq!(told("1"), "class 1");
        assert_eq!(told("cat"), "class cat (label 4)");
        assert_eq!(told("3"), "class 2 (label 3)");
        assert_eq!(named("next").unwrap(), None);
        let unknown = named("cot").unwrap_err().to_string();
        assert_eq!(
            unknown,
            "unknown class `cot`. Did you mean `cat`? Known: 0, 1, 10, 2, cat, or their labels, 0 to 4"
        );
    }
}
