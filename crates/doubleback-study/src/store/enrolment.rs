use rusqlite::{Connection, OptionalExtension};

use super::admin::settings;
use super::clock::now;
use super::database::Store;
use super::numbers::{number, stored};
use super::token::TokenHash;
use crate::assignment::Assignment;
use crate::error::Result;

/// How somebody comes to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolment {
    /// By the study's address, while enrolment is open.
    Open,
    /// By a personal link with a token of this hash.
    Link(TokenHash),
}

/// What became of somebody who wants to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// They are a participant now.
    New {
        /// Their number.
        participant: u64,
    },
    /// The link's participant has begun before: the session is theirs now, and their old one has ended.
    Resumed {
        /// Their number.
        participant: u64,
    },
    /// Nobody begins for the time being.
    Paused,
    /// Open enrolment has reached its cap.
    Full,
    /// There is no such link.
    UnknownLink,
    /// There is no open enrolment, or the link's participant was deleted.
    Closed,
}

impl Store {
    /// Enrols somebody who agreed to a consent text of this SHA-256, or resumes by their link; the session is theirs.
    ///
    /// # Errors
    /// If SQLite fails: nobody is enrolled then.
    pub async fn enrol(&self, by: Enrolment, session: TokenHash, consent_sha256: [u8; 32]) -> Result<Enrolled> {
        let (assignment, at) = (self.assignment(), now());
        self.write(move |connection| {
            let would = would(connection, by)?;
            match would {
                Enrolled::New { .. } => begin(connection, by, session, consent_sha256, &assignment, at),
                Enrolled::Resumed { participant } => {
                    connection
                        .prepare_cached(
                            "UPDATE participants SET session = ?2, active = max(active, ?3) WHERE number = ?1",
                        )?
                        .execute((stored(participant), session.0, at))?;
                    Ok(would)
                }
                refused => Ok(refused),
            }
        })
        .await
    }

    /// What [`enrol`](Self::enrol) would say now, for the page that asks for consent; somebody new would be [`New`](Enrolled::New), with a number of 0.
    /// Nothing is written.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn may_enrol(&self, by: Enrolment) -> Result<Enrolled> {
        self.read(move |connection| would(connection, by)).await
    }
}

fn would(connection: &Connection, by: Enrolment) -> rusqlite::Result<Enrolled> {
    let settings = settings(connection)?;
    let new = Enrolled::New { participant: 0 };
    let unless_paused = |enrolled| if settings.paused { Enrolled::Paused } else { enrolled };
    let Enrolment::Link(token) = by else {
        let opened: i64 = connection
            .prepare_cached("SELECT opened FROM study")?
            .query_row([], |row| row.get(0))?;
        return Ok(match settings.open_enrolment {
            None => Enrolled::Closed,
            Some(cap) if number(opened) >= cap => Enrolled::Full,
            Some(_) => unless_paused(new),
        });
    };
    let link: Option<(bool, Option<i64>)> = connection
        .prepare_cached("SELECT used, participant FROM links WHERE token = ?1")?
        .query_row([token.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match link {
        None => Enrolled::UnknownLink,
        Some((_, Some(participant))) => Enrolled::Resumed {
            participant: number(participant),
        },
        Some((true, None)) => Enrolled::Closed,
        Some((false, None)) => unless_paused(new),
    })
}

fn begin(
    connection: &Connection,
    by: Enrolment,
    session: TokenHash,
    consent: [u8; 32],
    assignment: &Assignment,
    at: i64,
) -> rusqlite::Result<Enrolled> {
    let opened = matches!(by, Enrolment::Open);
    let new: i64 = connection
        .prepare_cached("UPDATE study SET numbers = numbers + 1, opened = opened + ?1 RETURNING numbers")?
        .query_row([opened], |row| row.get(0))?;
    let participant = number(new);
    let order: Vec<String> = assignment.order(participant).iter().map(usize::to_string).collect();
    let images = format!("[{}]", order.join(","));
    connection
        .prepare_cached(
            "INSERT INTO participants (number, session, consent, images, enrolled, active, retention_days)
            SELECT ?1, ?2, ?3, ?4, ?5, ?5, retention_days FROM study",
        )?
        .execute((new, session.0, consent, images, at))?;
    if let Enrolment::Link(token) = by {
        connection
            .prepare_cached("UPDATE links SET used = 1, participant = ?2 WHERE token = ?1")?
            .execute((token.0, new))?;
    }
    Ok(Enrolled::New { participant })
}
