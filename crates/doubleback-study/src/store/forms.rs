//! A form that is sent twice is written once.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::kept::Kept;
use super::token::Nonce;

/// What a form says, in 32 bytes.
pub fn content(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// What becomes of a form that was sent before.
pub fn sent(connection: &Connection, number: i64, form: Nonce, content: [u8; 32]) -> rusqlite::Result<Option<Kept>> {
    let stored: Option<[u8; 32]> = connection
        .prepare_cached("SELECT content FROM forms WHERE participant = ?1 AND nonce = ?2")?
        .query_row((number, form.0), |row| row.get(0))
        .optional()?;
    Ok(stored.map(|stored| if stored == content { Kept::Again } else { Kept::Conflict }))
}

/// Remembers a form.
pub fn remember(connection: &Connection, number: i64, form: Nonce, content: [u8; 32]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO forms (participant, nonce, content) VALUES (?1, ?2, ?3)")?
        .execute((number, form.0, content))
        .map(drop)
}
