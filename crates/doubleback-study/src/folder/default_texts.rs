//! What participants read, as a new study has it.

/// How a place begins that the researcher must fill in before anybody takes part: their institution, the approval of an ethics board. It stands in the
/// default texts, in brackets.
pub const PLACE_TO_FILL: &str = "[RESEARCHER:";

/// The texts of a study, each Markdown in a file of `texts/` that the researcher edits. `{{items}}` in them is the number of images, `{{retention}}` how
/// long answers are kept, `{{contact}}` whom to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What participants agree to.
    pub consent: String,
    /// What they are to do.
    pub instructions: String,
    /// Above the confusion matrices of the qualitative part.
    pub comparison: String,
    /// At the end.
    pub thanks: String,
}

impl Default for Texts {
    /// Plain ones, with [places](PLACE_TO_FILL) for what no program knows.
    fn default() -> Self {
        Self {
            consent: include_str!("default_texts/consent.md").to_owned(),
            instructions: include_str!("default_texts/instructions.md").to_owned(),
            comparison: include_str!("default_texts/comparison.md").to_owned(),
            thanks: include_str!("default_texts/thanks.md").to_owned(),
        }
    }
}

impl Texts {
    /// Each with the name of its file in `texts/`.
    pub fn files(&self) -> [(&'static str, &str); 4] {
        [
            ("consent.md", &self.consent),
            ("instructions.md", &self.instructions),
            ("comparison.md", &self.comparison),
            ("thanks.md", &self.thanks),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `serve` refuses any other.
    #[test]
    fn default_texts_have_known_placeholders_alone() {
        let texts = Texts::default();
        let mut found: Vec<&str> = texts
            .files()
            .iter()
            .flat_map(|(_, text)| text.split("{{").skip(1))
            .map(|rest| rest.split_once("}}").unwrap().0)
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, ["contact", "items", "retention"]);
        assert_eq!(texts.consent.matches(PLACE_TO_FILL).count(), 4);
    }
}
