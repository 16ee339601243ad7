use std::fmt;

/// Why a node cannot be imported, in words: what was found, and what would help. Who asked adds the file, the node, its operator and opset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub String);

impl Refusal {
    /// For these reasons.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Most characters of a message: names in a file may have any length.
const LONGEST: usize = 2000;

impl fmt::Display for Refusal {
    /// In one line, whatever names of the file are in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, character) in self.0.chars().enumerate() {
            match character {
                _ if place == LONGEST => return f.write_str("…"),
                _ if character.is_control() => write!(f, "{}", character.escape_default())?,
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self(reason)
    }
}

impl From<&str> for Refusal {
    fn from(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}
