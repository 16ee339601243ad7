use super::database::Store;
use super::token::{Token, TokenHash};
use crate::error::Result;

impl Store {
    /// The researcher's token, if one is made now: at a study's first start, or if `again` asks for another, which ends the old one. Its hash is kept, and it is
    /// never shown again.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn admin_token(&self, _again: bool) -> Result<Option<Token>> {
        todo!()
    }

    /// Whether a token of this hash is the researcher's.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn is_admin(&self, _token: TokenHash) -> Result<bool> {
        todo!()
    }

    /// What the researcher decided.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn settings(&self) -> Result<super::settings::Settings> {
        todo!()
    }

    /// Changes it.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn set_settings(&self, _settings: super::settings::Settings) -> Result<()> {
        todo!()
    }
}
