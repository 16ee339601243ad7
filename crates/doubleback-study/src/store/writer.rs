//! The thread that writes.
//!
//! All that waits for it is one transaction, and so one wait for the disk; each request has a savepoint of its own, so that one that fails takes no other
//! with it. Nothing is acknowledged before the transaction is on the disk.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::failure::{Failure, error};
use crate::error::Result;

/// Requests in one transaction, at most.
const MOST: usize = 1024;

/// How long what nobody waits for may be kept off the disk.
const LATER: Duration = Duration::from_secs(1);

/// When a request is acknowledged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With the next request that somebody waits for, or soon.
    Later,
    /// When it is on the disk.
    Kept,
    /// When it is on the disk and what it deleted is nowhere in the files.
    Scrubbed,
}

/// A request: first it is run, then it hears whether it was kept.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> bool;
    fn finish(self: Box<Self>, kept: std::result::Result<(), &str>);
}

struct Request<W, T> {
    work: Option<W>,
    done: Option<rusqlite::Result<T>>,
    reply: oneshot::Sender<Result<T>>,
    file: PathBuf,
}

impl<T: Send, W: FnOnce(&Connection) -> rusqlite::Result<T> + Send> Job for Request<W, T> {
    fn run(&mut self, connection: &Connection) -> bool {
        self.done = self.work.take().map(|work| work(connection));
        matches!(self.done, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, kept: std::result::Result<(), &str>) {
        let reply = match (kept, self.done) {
            (Err(cause), _) => Err(error(&self.file, "cannot write", cause)),
            (Ok(()), Some(done)) => done.failing(&self.file, "cannot write"),
            (Ok(()), None) => Err(error(&self.file, "cannot write", "the request was not run")),
        };
        // Who asked may have gone.
        let _ = reply_to(self.reply, reply);
    }
}

fn reply_to<T>(to: oneshot::Sender<Result<T>>, reply: Result<T>) -> std::result::Result<(), Result<T>> {
    to.send(reply)
}

enum Message {
    Work(When, Box<dyn Job>),
    Close(oneshot::Sender<Result<()>>),
}

/// The way to the thread.
pub struct Writer {
    file: PathBuf,
    /// `None` only while it is dropped.
    sender: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, which holds the study's lock as long as it runs.
    pub fn start(connection: Connection, file: PathBuf, lock: File) -> Result<Self> {
        let (sender, receiver) = channel();
        let path = file.clone();
        let thread = std::thread::Builder::new()
            .name("study-writer".to_owned())
            .spawn(move || {
                Loop { connection, file: path }.run(&receiver);
                drop(lock);
            });
        let thread = thread.map_err(|cause| error(&file, "cannot start its thread", &cause.to_string()))?;
        Ok(Self {
            file,
            sender: Some(sender),
            thread: Some(thread),
        })
    }

    /// Runs what writes, and gives what it gives.
    pub async fn write<T: Send + 'static>(
        &self,
        when: When,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Work(when, self.request(work, reply)))?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    /// Has it run, and does not wait.
    pub fn write_later(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<()> + Send + 'static) -> Result<()> {
        let (reply, _) = oneshot::channel();
        self.send(Message::Work(When::Later, self.request(work, reply)))
    }

    fn request<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        reply: oneshot::Sender<Result<T>>,
    ) -> Box<dyn Job> {
        Box::new(Request {
            work: Some(work),
            done: None,
            reply,
            file: self.file.clone(),
        })
    }

    /// Ends the thread when all before is written.
    pub async fn close(&self) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Close(reply))?;
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }

    fn send(&self, message: Message) -> Result<()> {
        let sent = self.sender.as_ref().map(|sender| sender.send(message));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(self.closed()),
        }
    }

    fn closed(&self) -> crate::Error {
        error(&self.file, "cannot write", "the store is closed")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It has said itself what went wrong.
            let _ = thread.join();
        }
    }
}

struct Loop {
    connection: Connection,
    file: PathBuf,
}

impl Loop {
    fn run(self, receiver: &Receiver<Message>) {
        let mut waiting: Vec<(When, Box<dyn Job>)> = Vec::new();
        let closed = loop {
            let first = match waiting.is_empty() {
                true => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => receiver.recv_timeout(LATER),
            };
            let mut close = None;
            let mut urgent = matches!(first, Err(RecvTimeoutError::Timeout));
            let ended = matches!(first, Err(RecvTimeoutError::Disconnected));
            for message in first.into_iter().chain(receiver.try_iter().take(MOST)) {
                match message {
                    Message::Work(when, job) => {
                        urgent |= when != When::Later;
                        waiting.push((when, job));
                    }
                    Message::Close(reply) => {
                        close = Some(reply);
                        break;
                    }
                }
            }
            if urgent || ended || close.is_some() || waiting.len() >= MOST {
                self.commit(std::mem::take(&mut waiting));
            }
            if ended || close.is_some() {
                break close;
            }
        };
        let end = truncate_log(&self.connection, &self.file);
        if let Err(error) = &end {
            tracing::error!("{error}");
        }
        drop(self.connection);
        if let Some(reply) = closed {
            let _ = reply_to(reply, end);
        }
    }

    /// One transaction of all of them; those that wait for it hear of it.
    fn commit(&self, mut jobs: Vec<(When, Box<dyn Job>)>) {
        let kept = transaction(&self.connection, &mut jobs).map_err(|cause| cause.to_string());
        if let Err(cause) = &kept {
            tracing::error!("{}: cannot write: {cause}", self.file.display());
        }
        let (scrubbed, others): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|(when, _)| *when == When::Scrubbed);
        for (_, job) in others {
            job.finish(kept.as_ref().map(|_| ()).map_err(String::as_str));
        }
        if scrubbed.is_empty() {
            return;
        }
        let kept = kept.and_then(|()| scrub(&self.connection, &self.file).map_err(|error| error.to_string()));
        for (_, job) in scrubbed {
            job.finish(kept.as_ref().map(|_| ()).map_err(String::as_str));
        }
    }
}

fn transaction(connection: &Connection, jobs: &mut [(When, Box<dyn Job>)]) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    let execute = |sql| transaction.prepare_cached(sql)?.execute([]);
    for (_, job) in jobs {
        execute("SAVEPOINT request")?;
        if !job.run(&transaction) {
            execute("ROLLBACK TO request")?;
        }
        execute("RELEASE request")?;
    }
    transaction.commit()
}

/// Leaves nothing of what was deleted in the files: `secure_delete` overwrites a deleted row, but not the copies that moving rows between pages leaves; so
/// the database is written anew, and the log merged and truncated. If the machine dies meanwhile, the next start does it.
pub fn scrub(connection: &Connection, file: &Path) -> Result<()> {
    let anew = connection.execute_batch("VACUUM; UPDATE study SET scrub = 0;");
    anew.failing(
        file,
        "deleted, but cannot write the database anew; the next start of the server tries again",
    )?;
    truncate_log(connection, file)
}

/// Merges the log into the database and truncates it.
pub fn truncate_log(connection: &Connection, file: &Path) -> Result<()> {
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    match busy.failing(file, "cannot merge its log")? {
        0 => Ok(()),
        _ => Err(error(
            file,
            "cannot merge its log",
            "another program reads the database; the next start of the server tries again",
        )),
    }
}
