//! Why a part of a file cannot be used.

use std::fmt;

/// What was found and what would help, in one line. Where (file, node, operator, opset) is added by whoever walks the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub String);

impl From<String> for Refusal {
    fn from(problem: String) -> Self {
        Self(problem)
    }
}

impl From<&str> for Refusal {
    fn from(problem: &str) -> Self {
        Self(problem.to_owned())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
