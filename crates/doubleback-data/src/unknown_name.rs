//! Names that are not known.

use doubleback_error::{ErrorKind, on_one_line};

/// A name that is not one of the known ones, with the nearest of these as a hint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{found}`.{hint} Known: {known}")]
pub struct UnknownName {
    /// What kind of name.
    pub what: &'static str,
    /// The name given.
    pub found: String,
    /// ` Did you mean …?` or nothing.
    pub hint: String,
    /// The known names.
    pub known: String,
}

impl UnknownName {
    /// Whose fault it is: the user's, who can mend it.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Input
    }

    /// The error for `found`, which is none of the `known` names of a `what`.
    ///
    /// ```
    /// let error = doubleback_data::UnknownName::new("attack", "fsgm", ["fgsm", "pgd"]);
    /// assert_eq!(error.to_string(), "unknown attack `fsgm`. Did you mean `fgsm`? Known: fgsm, pgd");
    /// ```
    pub fn new<'a>(what: &'static str, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        let hint =
            nearest(found, known.iter().copied()).map_or_else(String::new, |name| format!(" Did you mean `{name}`?"));
        Self {
            what,
            found: on_one_line(found),
            hint,
            known: known.join(", "),
        }
    }
}

/// The known name that `found` may have been meant for, if one is near.
pub(crate) fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|name| (strsim::jaro_winkler(name, found), name));
    let (score, name) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (score > 0.7).then_some(name)
}
