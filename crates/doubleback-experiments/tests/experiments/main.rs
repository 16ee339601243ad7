//! Long experiments: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod architectures;
mod diagnosis;
mod targeted;
mod training;
