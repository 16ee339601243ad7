//! Reports, as files and in a browser: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod audit_page;
mod chromium;
mod classes;
mod damaged_runs;
mod diagnosis_page;
mod explanation_page;
mod figures;
mod fixture;
mod page;
mod pooling_page;
mod redraw;
mod write;
