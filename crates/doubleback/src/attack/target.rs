use std::fmt;

use crate::{Error, Result};

/// The class that a targeted attack wants an image to be taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// The class after the true one, `(y + 1) mod K`, as in the paper.
    #[default]
    Next,
    /// The same class for all images. Those that are of this class already are not left out: mostly they are successes from the start.
    Class(usize),
}

impl Target {
    /// The target of each image, given the true labels.
    pub fn of(self, labels: &[usize], classes: usize) -> Vec<usize> {
        let target = |&label: &usize| match self {
            Target::Next => (label + 1) % classes.max(1),
            Target::Class(class) => class,
        };
        labels.iter().map(target).collect()
    }

    /// Refuses a class that the model does not have.
    ///
    /// # Errors
    /// Says how many there are.
    pub fn check(self, classes: usize) -> Result<()> {
        match self {
            Target::Class(class) if class >= classes => Err(Error::value(
                "target",
                format!("below the {classes} classes of the model"),
                class,
            )),
            _ => Ok(()),
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
