use rusqlite::Row;

use super::database::Store;
use super::numbers::number;
use super::token::Token;
use crate::error::Result;

/// A personal link, as the researcher sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// In the order of making, from 1.
    pub number: u64,
    /// What became of it.
    pub state: LinkState,
}

/// What became of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Nobody has begun by it.
    Unused,
    /// Its participant.
    Participant(u64),
    /// Its participant was deleted.
    Deleted,
}

impl Store {
    /// Makes personal links, and gives their numbers and their tokens, which are shown once: the store has their hashes.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn create_links(&self, count: usize) -> Result<Vec<(u64, Token)>> {
        let tokens: Vec<Token> = (0..count).map(|_| Token::random()).collect();
        let hashes: Vec<[u8; 32]> = tokens.iter().map(|token| token.hash().0).collect();
        let numbers = self.write(move |connection| {
            let mut insert = connection.prepare_cached("INSERT INTO links (token) VALUES (?1) RETURNING number")?;
            let numbers = hashes
                .iter()
                .map(|hash| insert.query_row([hash], |row| row.get(0).map(number)));
            numbers.collect::<rusqlite::Result<Vec<u64>>>()
        });
        Ok(numbers.await?.into_iter().zip(tokens).collect())
    }

    /// All links in the order of their numbers.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn links(&self) -> Result<Vec<Link>> {
        let of = |row: &Row<'_>| {
            let (used, participant): (bool, Option<i64>) = (row.get(1)?, row.get(2)?);
            let state = match participant {
                Some(participant) => LinkState::Participant(number(participant)),
                None if used => LinkState::Deleted,
                None => LinkState::Unused,
            };
            Ok(Link {
                number: number(row.get(0)?),
                state,
            })
        };
        self.read(move |connection| {
            let mut rows = connection.prepare_cached("SELECT number, used, participant FROM links ORDER BY number")?;
            rows.query_map([], of)?.collect()
        })
        .await
    }
}
