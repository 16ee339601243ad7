use std::path::PathBuf;

/// What kind of browser a test wants.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is skipped where there is no browser, as the message has it.
    pub what: &'static str,
    /// Whether pages may run scripts; the test's own run all the same.
    pub javascript: bool,
    /// Folder of a profile that outlives the window, with its cookies; else a fresh one, which goes with it.
    pub profile: Option<PathBuf>,
}

impl Options {
    /// A browser as people have it, for tests of `what`: scripts run, the profile is fresh.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            javascript: true,
            profile: None,
        }
    }

    /// One where scripts are switched off.
    pub fn without_javascript(self) -> Self {
        Self {
            javascript: false,
            ..self
        }
    }

    /// One whose profile is this folder.
    pub fn profile(self, folder: impl Into<PathBuf>) -> Self {
        Self {
            profile: Some(folder.into()),
            ..self
        }
    }
}
