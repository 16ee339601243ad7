//! An export as files: one line an answer as CSV, all of it as JSON.

use std::io::Write;

use serde::Serialize;

use super::export::{Export, ExportedParticipant};
use crate::answer::{Choice, Response};
use crate::error::{Error, Result};
use crate::folder::{Manifest, Role};

/// An answer with all that is known of its image: one line of the CSV file, whose columns are these.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Record<'a> {
    /// Number of the participant.
    pub participant: u64,
    /// Place of the image in the participant's order, from 1.
    pub position: usize,
    /// Index of the image in the manifest.
    pub candidate: usize,
    /// Name of the model that it fools.
    pub model: &'a str,
    /// What that model is in the comparison.
    pub role: Role,
    /// Name of the original's class.
    pub original: &'a str,
    /// Name of the class that the attack aimed at.
    pub target: &'a str,
    /// Name of the most plausible class, or `N/A`.
    pub first: &'a str,
    /// Name of the second most plausible class, or `N/A`.
    pub second: &'a str,
    /// Whether the first answer is the target.
    pub fooled: bool,
    /// Whether the model's mistake is reasonable.
    pub reasonable: bool,
    /// Seconds to the first answer.
    pub seconds: f64,
    /// How often the answer was changed.
    pub changes: usize,
}

#[derive(Serialize)]
struct Everything<'a> {
    title: &'a str,
    participants: &'a [ExportedParticipant],
    responses: Vec<Record<'a>>,
    comparisons: Vec<Opinion<'a>>,
}

#[derive(Serialize)]
struct Opinion<'a> {
    participant: u64,
    preferred: Option<&'a str>,
    comment: &'a str,
}

impl Export {
    /// The answers with all that is known of their images.
    ///
    /// # Errors
    /// If the manifest has no such image: it is of another study.
    pub fn records<'a>(&self, manifest: &'a Manifest) -> Result<Vec<Record<'a>>> {
        let record = |response: &Response| record(manifest, response);
        let records: Option<Vec<Record<'a>>> = self.responses.iter().map(record).collect();
        records.ok_or_else(|| {
            Error::Setting(
                "an answer is of an image or a class that the manifest does not have: it is of another study"
                    .to_owned(),
            )
        })
    }

    /// Writes the answers as CSV: a line with the names of [`Record`]'s fields, then a line an answer.
    ///
    /// # Errors
    /// As [`records`](Self::records), or if writing fails.
    pub fn write_csv(&self, manifest: &Manifest, to: impl Write) -> Result<()> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(to);
        let failed = |cause: csv::Error| Error::Setting(format!("cannot write CSV: {cause}"));
        writer.write_record(COLUMNS).map_err(failed)?;
        for record in self.records(manifest)? {
            writer.serialize(record).map_err(failed)?;
        }
        writer.flush().map_err(|cause| failed(cause.into()))
    }

    /// Writes all as JSON: `title`, `participants`, `responses` as [`Record`]s, and `comparisons` with the preferred model's name.
    ///
    /// # Errors
    /// As [`records`](Self::records), or if writing fails.
    pub fn write_json(&self, manifest: &Manifest, mut to: impl Write) -> Result<()> {
        let name = |index: usize| manifest.models.get(index).map(|model| model.name.as_str());
        let opinions = self.comparisons.iter().map(|said| Opinion {
            participant: said.participant,
            preferred: said.comparison.preferred.and_then(name),
            comment: &said.comparison.comment,
        });
        let everything = Everything {
            title: &manifest.title,
            participants: &self.participants,
            responses: self.records(manifest)?,
            comparisons: opinions.collect(),
        };
        let failed = |cause: std::io::Error| Error::Setting(format!("cannot write JSON: {cause}"));
        serde_json::to_writer_pretty(&mut to, &everything).map_err(|cause| failed(cause.into()))?;
        to.write_all(b"\n").map_err(failed)
    }
}

/// The columns, which a file without answers has too.
const COLUMNS: [&str; 13] = [
    "participant",
    "position",
    "candidate",
    "model",
    "role",
    "original",
    "target",
    "first",
    "second",
    "fooled",
    "reasonable",
    "seconds",
    "changes",
];

fn record<'a>(manifest: &'a Manifest, response: &Response) -> Option<Record<'a>> {
    let class = |index: usize| manifest.classes.get(index).map(String::as_str);
    let choice = |choice| match choice {
        Choice::Label(label) => class(label),
        Choice::NotApplicable => Some("N/A"),
    };
    let candidate = manifest.candidates.get(response.candidate)?;
    let model = manifest.models.get(candidate.model)?;
    Some(Record {
        participant: response.participant,
        position: response.position,
        candidate: response.candidate,
        model: &model.name,
        role: model.role,
        original: class(candidate.original)?,
        target: class(candidate.target)?,
        first: choice(response.answer.first())?,
        second: choice(response.answer.second())?,
        fooled: response.answer.fooled(candidate.target),
        reasonable: response.answer.reasonable(candidate.target),
        seconds: response.seconds,
        changes: response.changes,
    })
}
