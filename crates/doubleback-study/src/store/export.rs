use std::path::Path;

use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use super::answers::of_row;
use super::comparison::Comparison;
use super::database::{file, identity};
use super::failure::Failure;
use super::numbers::{index, number};
use super::readers::open;
use super::schema::check;
use super::sessions::order;
use super::stage::Stage;
use crate::answer::Response;
use crate::error::{Error, Result};

/// All that a study has gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Export {
    /// Answers, by participant and position.
    pub responses: Vec<Response>,
    /// Who took part, by number.
    pub participants: Vec<ExportedParticipant>,
    /// What they said of the confusion matrices, by participant.
    pub comparisons: Vec<ExportedComparison>,
}

/// A participant in an [`Export`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedParticipant {
    /// In the order of enrolment, from 1.
    pub number: u64,
    /// How far they came.
    pub stage: Stage,
    /// Day of their enrolment, in UTC, as `2026-11-29`: the hour is nobody's business.
    pub enrolled: String,
    /// Day on which they were done.
    pub finished: Option<String>,
}

/// A comparison in an [`Export`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedComparison {
    /// Number of the participant.
    pub participant: u64,
    /// What they said.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// Reads all that a study has gathered, beside a running server too.
///
/// # Errors
/// If the folder is no study or nobody has served it yet, if the database is of another study or of a later version of this program, or if SQLite fails.
pub fn export(study: &Path) -> Result<Export> {
    let (manifest, checksum) = identity(study)?;
    let file = file(study);
    if let Err(cause) = std::fs::metadata(&file) {
        let action = "cannot read; there are no answers before `doubleback study serve`";
        return Err(Error::File {
            path: file,
            action,
            cause,
        });
    }
    let connection = open(&file)?;
    let transaction = connection.unchecked_transaction().failing(&file, "cannot read")?;
    check(&transaction, &file, &checksum)?;
    read(&transaction, manifest.classes.len()).failing(&file, "cannot read")
}

fn read(connection: &Connection, classes: usize) -> rusqlite::Result<Export> {
    let response = |row: &Row<'_>| {
        let position = index(row.get(1)?);
        let candidate = position
            .checked_sub(1)
            .and_then(|place| order(row, 2).ok()?.get(place).copied());
        Ok(Response {
            participant: number(row.get(0)?),
            position,
            candidate: candidate.ok_or(rusqlite::Error::IntegralValueOutOfRange(1, row.get(1)?))?,
            answer: of_row(row, 3, classes)?,
            seconds: row.get(5)?,
            changes: index(row.get(6)?),
        })
    };
    let participant = |row: &Row<'_>| {
        Ok(ExportedParticipant {
            number: number(row.get(0)?),
            stage: Stage::of_rank(row.get(1)?),
            enrolled: row.get(2)?,
            finished: row.get(3)?,
        })
    };
    let comparison = |row: &Row<'_>| {
        let preferred: Option<i64> = row.get(1)?;
        let comparison = Comparison {
            preferred: preferred.map(index),
            comment: row.get(2)?,
        };
        Ok(ExportedComparison {
            participant: number(row.get(0)?),
            comparison,
        })
    };
    let responses = "SELECT participant, position, images, first, second, seconds, changes
        FROM answers JOIN participants ON number = participant ORDER BY participant, position";
    let participants = "SELECT number, stage, date(enrolled / 1000, 'unixepoch'), date(finished / 1000, 'unixepoch') FROM participants ORDER BY number";
    let comparisons = "SELECT participant, preferred, comment FROM comparisons ORDER BY participant";
    Ok(Export {
        responses: connection
            .prepare(responses)?
            .query_map([], response)?
            .collect::<rusqlite::Result<_>>()?,
        participants: connection
            .prepare(participants)?
            .query_map([], participant)?
            .collect::<rusqlite::Result<_>>()?,
        comparisons: connection
            .prepare(comparisons)?
            .query_map([], comparison)?
            .collect::<rusqlite::Result<_>>()?,
    })
}
