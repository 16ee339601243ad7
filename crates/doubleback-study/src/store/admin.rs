use rusqlite::{Connection, Row};

use super::database::Store;
use super::numbers::{number, stored};
use super::settings::Settings;
use super::token::{Token, TokenHash};
use crate::error::Result;

impl Store {
    /// The researcher's token, if one is made now: at a study's first start, or if `again` asks for another, which ends the old one. Its hash is kept, and it is
    /// never shown again.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn admin_token(&self, again: bool) -> Result<Option<Token>> {
        let token = Token::random();
        let hash = token.hash();
        let made = self.write(move |connection| {
            let sql = "UPDATE study SET admin = ?1 WHERE admin IS NULL OR ?2";
            connection.execute(sql, (hash.0, again))
        });
        Ok((made.await? == 1).then_some(token))
    }

    /// Whether a token of this hash is the researcher's.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn is_admin(&self, token: TokenHash) -> Result<bool> {
        // Hashes, of which nobody can choose the first bytes: how long the comparison takes tells nothing.
        self.read(move |connection| connection.query_row("SELECT admin IS ?1 FROM study", [token.0], |row| row.get(0)))
            .await
    }

    /// What the researcher decided.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn settings(&self) -> Result<Settings> {
        self.read(settings).await
    }

    /// Replaces it.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn set_settings(&self, settings: Settings) -> Result<()> {
        self.change_settings(move |_| settings).await
    }

    /// Changes some of it, and none of what others change at the same time.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn change_settings(&self, change: impl FnOnce(Settings) -> Settings + Send + 'static) -> Result<()> {
        self.write(move |connection| {
            let new = change(settings(connection)?);
            let sql = "UPDATE study SET paused = ?1, open_cap = ?2, retention_days = ?3";
            connection
                .execute(sql, (new.paused, new.open_enrolment.map(stored), new.retention_days))
                .map(drop)
        })
        .await
    }
}

/// The settings, of any connection.
pub fn settings(connection: &Connection) -> rusqlite::Result<Settings> {
    let of = |row: &Row<'_>| {
        let cap: Option<i64> = row.get(1)?;
        Ok(Settings {
            paused: row.get(0)?,
            open_enrolment: cap.map(number),
            retention_days: row.get(2)?,
        })
    };
    connection
        .prepare_cached("SELECT paused, open_cap, retention_days FROM study")?
        .query_row([], of)
}
