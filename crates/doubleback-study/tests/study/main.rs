//! What a study promises, one file a promise. One test program: each would compile and link the same things again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod attacks;
mod blind;
mod browser;
mod child;
mod client;
mod load;
mod participant;
mod person;
mod researcher;
mod server;
mod small_study;
#[cfg(feature = "networks")]
mod stimuli;
mod store;
