use std::collections::BTreeMap;

use super::database::Store;
use super::token::Nonce;
use crate::answer::Answer;
use crate::error::Result;

/// What became of a form that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is on the disk.
    New,
    /// The same form with the same content was there already: nothing was written.
    Again,
    /// The same form was there with other content: nothing was written.
    Conflict,
    /// It cannot be answered now: the part is over or has not begun, an earlier image has no answer, there is no image at this position, or the participant
    /// is no more. Nothing was written.
    Closed,
}

impl Store {
    /// Notes when an image was first shown, for the seconds until its answer. Nothing waits for the disk.
    ///
    /// # Errors
    /// If the store is closed.
    pub async fn shown(&self, _number: u64, _position: usize) -> Result<()> {
        todo!()
    }

    /// Keeps a participant's answer to the image at a position of their order, from 1; an earlier answer is changed. Returns when it is on the disk.
    ///
    /// # Errors
    /// If SQLite fails: the answer is not kept then.
    pub async fn answer(&self, _number: u64, _position: usize, _answer: Answer, _form: Nonce) -> Result<Kept> {
        todo!()
    }

    /// A participant's answers by position.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn answers(&self, _number: u64) -> Result<BTreeMap<usize, Answer>> {
        todo!()
    }
}
