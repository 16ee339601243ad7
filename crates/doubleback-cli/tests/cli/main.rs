//! The command line, as its users meet it: one file a promise. One test program, as each would link the same libraries again.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod attack;
mod audit;
mod bench;
mod data;
mod explain;
mod files;
mod help;
mod house;
mod import;
mod interrupt;
mod messages;
mod models;
mod names;
mod no_gpu;
mod stats;
mod study;
mod support;
mod sweep_local;
mod sweep_slurm;
mod sweep_slurm_sites;
mod training;
mod words_only;
