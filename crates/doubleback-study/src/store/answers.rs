use std::collections::BTreeMap;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::clock::now;
use super::database::Store;
use super::forms;
use super::kept::Kept;
use super::numbers::{index, stored, stored_index};
use super::stage::Stage;
use super::token::Nonce;
use crate::answer::{Answer, Choice};
use crate::error::Result;

impl Store {
    /// Notes when an image was first shown, for the seconds until its answer. Nothing waits for the disk.
    ///
    /// # Errors
    /// If the store is closed.
    pub async fn shown(&self, number: u64, position: usize) -> Result<()> {
        let at = now();
        self.write_later(move |connection| {
            // Who was deleted meanwhile has seen nothing.
            let sql = "INSERT OR IGNORE INTO views (participant, position, shown) SELECT number, ?2, ?3 FROM participants WHERE number = ?1";
            let row = (stored(number), stored_index(position), at);
            connection.prepare_cached(sql)?.execute(row).map(drop)
        })
    }

    /// Keeps a participant's answer to the image at a position of their order, from 1; an earlier answer is changed. Returns when it is on the disk.
    ///
    /// # Errors
    /// If SQLite fails: the answer is not kept then.
    pub async fn answer(&self, number: u64, position: usize, answer: Answer, form: Nonce) -> Result<Kept> {
        let at = now();
        self.write(move |connection| keep(connection, stored(number), stored_index(position), answer, form, at))
            .await
    }

    /// A participant's answers by position.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn answers(&self, number: u64) -> Result<BTreeMap<usize, Answer>> {
        let classes = self.classes();
        self.read(move |connection| {
            let mut rows =
                connection.prepare_cached("SELECT position, first, second FROM answers WHERE participant = ?1")?;
            let row = |row: &Row<'_>| Ok((index(row.get(0)?), of_row(row, 1, classes)?));
            rows.query_map([stored(number)], row)?.collect()
        })
        .await
    }
}

fn keep(
    connection: &Connection,
    number: i64,
    position: i64,
    answer: Answer,
    form: Nonce,
    at: i64,
) -> rusqlite::Result<Kept> {
    let (first, second) = (column(answer.first()), column(answer.second()));
    let says = format!("{position} {first:?} {second:?}");
    let content = forms::content(&[b"answer", says.as_bytes()]);
    if let Some(kept) = forms::sent(connection, number, form, content)? {
        return Ok(kept);
    }
    let sql = "SELECT p.stage, json_array_length(p.images), p.active, (SELECT COUNT(*) FROM answers WHERE participant = p.number),
        (SELECT shown FROM views WHERE participant = p.number AND position = ?2) FROM participants AS p WHERE p.number = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row((number, position), |row| {
            let open: (u32, i64, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
            let shown: Option<i64> = row.get(4)?;
            // An image whose first showing was lost with the machine was shown after whatever came last.
            Ok((open, shown.unwrap_or(row.get(2)?)))
        })
        .optional()?;
    let Some(((stage, images, answered), shown)) = found else {
        return Ok(Kept::Closed);
    };
    if stage != Stage::Items.rank() || position < 1 || position > images.min(answered + 1) {
        return Ok(Kept::Closed);
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a session")]
    let seconds = (at - shown).max(0) as f64 / 1000.0;
    let sql = "INSERT INTO answers (participant, position, first, second, seconds) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT DO UPDATE SET changes = changes + 1, first = excluded.first, second = excluded.second
        WHERE first IS NOT excluded.first OR second IS NOT excluded.second";
    connection
        .prepare_cached(sql)?
        .execute((number, position, first, second, seconds))?;
    forms::remember(connection, number, form, content)?;
    connection
        .prepare_cached("UPDATE participants SET active = max(active, ?2) WHERE number = ?1")?
        .execute((number, at))?;
    Ok(Kept::New)
}

fn column(choice: Choice) -> Option<i64> {
    match choice {
        Choice::Label(label) => Some(stored_index(label)),
        Choice::NotApplicable => None,
    }
}

/// The answer of which a row has the choices, from a column on.
pub fn of_row(row: &Row<'_>, from: usize, classes: usize) -> rusqlite::Result<Answer> {
    let choice = |column| {
        let stored: Option<i64> = row.get(column)?;
        Ok::<_, rusqlite::Error>(stored.map_or(Choice::NotApplicable, |label| Choice::Label(index(label))))
    };
    Answer::new(choice(from)?, choice(from + 1)?, classes)
        .map_err(|cause| rusqlite::Error::FromSqlConversionFailure(from, Type::Integer, Box::new(cause)))
}
