//! Connections that read. The log lets them read while the thread writes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::failure::{Failure, error};
use crate::error::Result;

/// Connections at most.
const CONNECTIONS: usize = 4;

/// How long one waits for another.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A connection that only reads.
pub fn open(file: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .failing(file, "cannot open")?;
    connection.busy_timeout(PATIENCE).failing(file, "cannot open")?;
    Ok(connection)
}

/// Connections that are lent.
pub struct Readers {
    file: PathBuf,
    permits: Semaphore,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    /// Of a database; none is opened yet.
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            permits: Semaphore::new(CONNECTIONS),
            idle: Arc::default(),
        }
    }

    /// Runs what reads, on a thread that may wait.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let stopped = || error(&self.file, "cannot read", "the store is closed");
        let _permit = self.permits.acquire().await.map_err(|_| stopped())?;
        let (file, idle) = (self.file.clone(), Arc::clone(&self.idle));
        let reading = tokio::task::spawn_blocking(move || {
            let lent = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match lent {
                Some(connection) => connection,
                None => open(&file)?,
            };
            let found = work(&connection).failing(&file, "cannot read");
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            found
        });
        reading.await.unwrap_or_else(|_| Err(stopped()))
    }

    /// Ends them: what reads now may finish.
    pub async fn close(&self) {
        let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
        // Whoever closed it first has ended them.
        let _permits = self.permits.acquire_many(all).await;
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
