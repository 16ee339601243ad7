use rusqlite::{Connection, Row};

use super::database::Store;
use super::numbers::{index, number};
use super::stage::Stage;
use crate::error::Result;

/// How a study goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Participants that there are.
    pub enrolled: u64,
    /// By how far they are.
    pub stages: Vec<(Stage, u64)>,
    /// Those who are done.
    pub finished: u64,
    /// Answers to images.
    pub answers: u64,
    /// Unix seconds of whatever was last sent.
    pub last_activity: Option<i64>,
    /// Those who have begun by open enrolment, withdrawn ones too.
    pub opened: u64,
    /// Personal links.
    pub links: u64,
    /// Those by which somebody has begun.
    pub links_used: u64,
    /// Participants who have withdrawn.
    pub withdrawn: u64,
    /// Participants whose data the researcher deleted.
    pub deleted: u64,
    /// Participants whose data were deleted because their time was over.
    pub expired: u64,
}

/// A participant, as the researcher sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attendance {
    /// Their number.
    pub number: u64,
    /// How far they are.
    pub stage: Stage,
    /// Images answered.
    pub answered: usize,
    /// Unix seconds of what they sent last.
    pub last_activity: i64,
}

impl Store {
    /// How the study goes now.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn progress(&self) -> Result<Progress> {
        // One transaction: all numbers are of the same moment.
        self.read(|connection| progress(&*connection.unchecked_transaction()?))
            .await
    }

    /// All participants by number.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn participants(&self) -> Result<Vec<Attendance>> {
        let of = |row: &Row<'_>| {
            Ok(Attendance {
                number: number(row.get(0)?),
                stage: Stage::of_rank(row.get(1)?),
                last_activity: row.get::<_, i64>(2)? / 1000,
                answered: index(row.get(3)?),
            })
        };
        self.read(move |connection| {
            let sql = "SELECT number, stage, active, (SELECT COUNT(*) FROM answers WHERE participant = number) FROM participants ORDER BY number";
            connection.prepare_cached(sql)?.query_map([], of)?.collect()
        })
        .await
    }
}

fn progress(connection: &Connection) -> rusqlite::Result<Progress> {
    let sql =
        "SELECT opened, withdrawn, deleted, expired, (SELECT COUNT(*) FROM answers), (SELECT COUNT(*) FROM links),
        (SELECT COUNT(*) FROM links WHERE used), (SELECT max(active) FROM participants) FROM study";
    let mut progress = connection.prepare_cached(sql)?.query_row([], |row| {
        let count = |column| row.get(column).map(number);
        let last: Option<i64> = row.get(7)?;
        Ok(Progress {
            opened: count(0)?,
            withdrawn: count(1)?,
            deleted: count(2)?,
            expired: count(3)?,
            answers: count(4)?,
            links: count(5)?,
            links_used: count(6)?,
            last_activity: last.map(|last| last / 1000),
            ..Progress::default()
        })
    })?;
    let of = |row: &Row<'_>| Ok((Stage::of_rank(row.get(0)?), number(row.get(1)?)));
    let mut stages =
        connection.prepare_cached("SELECT stage, COUNT(*) FROM participants GROUP BY stage ORDER BY stage")?;
    progress.stages = stages.query_map([], of)?.collect::<rusqlite::Result<_>>()?;
    progress.enrolled = progress.stages.iter().map(|(_, count)| count).sum();
    progress.finished = progress
        .stages
        .iter()
        .filter(|(stage, _)| *stage == Stage::Done)
        .map(|(_, count)| count)
        .sum();
    Ok(progress)
}
