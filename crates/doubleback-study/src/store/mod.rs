//! Who takes part and what they answer: one SQLite file in the study's folder, `answers.sqlite`.
//!
//! [`Store`] has one thread that writes: all requests that wait become one transaction, each in a savepoint of its own, and none is acknowledged before the
//! transaction is on the disk. Other connections read. What is stored of a person is what they answered and when; no address, no name, no browser.
//! [`export`] reads it all, beside a running server too.

mod clock;
mod failure;
mod kept;
mod numbers;
mod participant;
mod settings;
mod stage;
mod token;

mod place;
mod readers;
mod schema;
mod writer;

mod database;
mod forms;

mod admin;
mod answers;
mod comparison;
mod enrolment;
mod export;
mod links;
mod progress;
mod records;
mod removal;
mod sessions;

pub use comparison::Comparison;
pub use database::Store;
pub use enrolment::{Enrolled, Enrolment};
pub use export::{Export, ExportedComparison, ExportedParticipant, export};
pub use kept::Kept;
pub use links::{Link, LinkState};
pub use participant::Participant;
pub use progress::{Attendance, Progress};
pub use records::Record;
pub use settings::Settings;
pub use stage::Stage;
pub use token::{Nonce, Token, TokenHash};
