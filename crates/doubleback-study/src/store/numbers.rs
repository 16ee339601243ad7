//! Numbers of ours as SQLite has them, which knows signed ones.

/// A number of something that there is.
pub fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A position or an index.
pub fn stored_index(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}

/// A position or an index that was stored.
pub fn index(stored: i64) -> usize {
    usize::try_from(stored).unwrap_or(0)
}

/// A number that was stored.
pub fn number(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
