use super::database::Store;
use super::participant::Participant;
use super::stage::Stage;
use super::token::TokenHash;
use crate::error::Result;

impl Store {
    /// Whose session this is.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn session(&self, _session: TokenHash) -> Result<Option<Participant>> {
        todo!()
    }

    /// Takes a participant to a stage; never back. Returns when it is on the disk.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn advance(&self, _number: u64, _stage: Stage) -> Result<()> {
        todo!()
    }
}
