use super::database::Store;
use super::token::TokenHash;
use crate::error::Result;

/// How somebody comes to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolment {
    /// By the study's address, while enrolment is open.
    Open,
    /// By a personal link with a token of this hash.
    Link(TokenHash),
}

/// What became of somebody who wants to take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// They are a participant now.
    New {
        /// Their number.
        participant: u64,
    },
    /// The link's participant has begun before: the session is theirs now, and their old one has ended.
    Resumed {
        /// Their number.
        participant: u64,
    },
    /// Nobody begins for the time being.
    Paused,
    /// Open enrolment has reached its cap.
    Full,
    /// There is no such link.
    UnknownLink,
    /// There is no open enrolment, or the link's participant was deleted.
    Closed,
}

impl Store {
    /// Enrols somebody who agreed to a consent text of this SHA-256, or resumes by their link; the session is theirs.
    ///
    /// # Errors
    /// If SQLite fails: nobody is enrolled then.
    pub async fn enrol(&self, _by: Enrolment, _session: TokenHash, _consent_sha256: [u8; 32]) -> Result<Enrolled> {
        todo!()
    }

    /// What [`enrol`](Self::enrol) would say now, for the page that asks for consent: a session already begun by this link is
    /// [`Resumed`](Enrolled::Resumed), and somebody new would be [`New`](Enrolled::New) with a number of 0. Nothing is written.
    ///
    /// # Errors
    /// If SQLite fails.
    pub async fn may_enrol(&self, _by: Enrolment) -> Result<Enrolled> {
        todo!()
    }
}
