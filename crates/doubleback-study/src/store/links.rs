use super::database::Store;
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
    /// Makes personal links, and gives their tokens, which are shown once: the store has their hashes.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn create_links(&self, _count: usize) -> Result<Vec<(u64, Token)>> {
        todo!()
    }

    /// All links in the order of their numbers.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn links(&self) -> Result<Vec<Link>> {
        todo!()
    }
}
