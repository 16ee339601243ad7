use serde::{Deserialize, Serialize};

/// What the researcher decides while a study runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Nobody begins. Who has begun goes on.
    pub paused: bool,
    /// Anybody may take part without a link, until so many have begun in all: those who withdrew later count too. `None`: only by links.
    pub open_enrolment: Option<u64>,
    /// A participant's data are deleted so many days after their last answer. `None`: kept until they are deleted by hand. Who has agreed to a shorter time
    /// keeps it.
    pub retention_days: Option<u32>,
}

impl Default for Settings {
    /// Closed, not paused, kept for a year.
    fn default() -> Self {
        Self {
            paused: false,
            open_enrolment: None,
            retention_days: Some(365),
        }
    }
}
