//! What launchers share.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::files::CellFolder;
use doubleback::{Error, Result};

/// The program that does one cell, by [`run_cell`](super::run_cell): the cell's folder is added as the last argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellCommand {
    /// The program.
    pub program: PathBuf,
    /// Its arguments before the folder.
    pub arguments: Vec<OsString>,
}

/// A cell that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Its name.
    pub cell: String,
    /// How its last attempt ended.
    pub problem: String,
    /// The last lines of its log.
    pub last_lines: Vec<String>,
}

/// How far a sweep is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Cells in all.
    pub cells: usize,
    /// Cells with their measurements.
    pub done: usize,
    /// Cells given up.
    pub failed: usize,
    /// Those being worked on.
    pub running: Vec<Running>,
}

/// A cell that is being worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its name.
    pub cell: String,
    /// What its process does, such as the defense's name while it trains; empty if it has not said yet.
    pub phase: String,
    /// Steps of that done.
    pub step: usize,
    /// Steps of that in all.
    pub steps: usize,
}

/// Watches a launcher.
pub trait Observer {
    /// Called some times a second, or every few seconds on a cluster. Break to stop waiting.
    fn tally(&mut self, tally: &Tally) -> ControlFlow<()>;
    /// Something that the user should know, such as a cell that is tried again.
    fn note(&mut self, text: &str);
}

/// What the cell says of itself.
pub(super) fn running(name: &str, folder: &CellFolder) -> Running {
    let state = folder.last_state();
    let (phase, step, steps) = state.map(|s| (s.phase, s.step, s.steps)).unwrap_or_default();
    Running {
        cell: name.to_owned(),
        phase,
        step,
        steps,
    }
}

pub(super) fn given_up(name: &str, folder: &CellFolder, problem: String) -> Failed {
    const LINES: usize = 5;
    Failed {
        cell: name.to_owned(),
        problem,
        last_lines: folder.last_lines(LINES),
    }
}

/// The cell's log, to write on at its end, with a heading.
pub(super) fn log(folder: &CellFolder, heading: &str) -> Result<File> {
    let path = folder.log();
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(Error::io(&path, "opening the log"))?;
    writeln!(file, "== {heading}").map_err(Error::io(&path, "writing"))?;
    Ok(file)
}
