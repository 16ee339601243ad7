//! The folder of a cell, and what its files say.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json;
use doubleback::{Error, Result};

/// A cell's folder: settings, checkpoints, model, measurements, log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFolder(PathBuf);

impl CellFolder {
    /// The folder at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What to train.
    pub fn settings(&self) -> PathBuf {
        self.0.join("settings.json")
    }

    /// The trained model.
    pub fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// Everything measured on the model; it is there once the cell is done.
    pub fn record(&self) -> PathBuf {
        self.0.join("cell.json")
    }

    /// What the model does on the normal model's examples.
    pub fn black_box(&self) -> PathBuf {
        self.0.join("black-box.json")
    }

    /// What the cell's processes said.
    pub fn log(&self) -> PathBuf {
        self.0.join("log.txt")
    }

    /// How the training went, from its end until all is measured.
    pub(super) fn training(&self) -> PathBuf {
        self.0.join("training.json")
    }

    pub(super) fn state(&self) -> PathBuf {
        self.0.join("state.json")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.0.join("lock")
    }

    pub(super) fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    /// Whether nothing is left to train and measure.
    pub fn is_done(&self) -> bool {
        self.record().is_file()
    }

    /// How far the cell's process has got, if it has said so.
    pub(super) fn last_state(&self) -> Option<State> {
        // Only for display; what is not there or not whole says nothing.
        read_json(&self.state()).ok().flatten()
    }

    /// The last lines of the log, for messages.
    pub fn last_lines(&self, lines: usize) -> Vec<String> {
        const END: u64 = 8192;
        let read = || -> std::io::Result<String> {
            let mut file = std::fs::File::open(self.log())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = read().unwrap_or_default();
        let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|&line| line.to_owned())
            .collect()
    }
}

/// What a cell's process says of itself while it works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// What is being done, such as the defense's name while it trains.
    pub phase: String,
    /// Steps of it done.
    pub step: usize,
    /// Steps of it in all.
    pub steps: usize,
    /// The machine.
    pub host: String,
    /// The process.
    pub pid: u32,
}

/// A value from a JSON file of a sweep, or nothing if there is no file.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    json::read(path, "Delete it, then run the same command again")
}

pub(super) fn make_folder(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).map_err(Error::io(path, "making the folder"))
}

/// Name of this machine.
pub(super) fn host() -> String {
    let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .and_then(named)
        .or_else(|| std::env::var("HOSTNAME").ok().and_then(named))
        .or_else(|| std::env::var("COMPUTERNAME").ok().and_then(named))
        .unwrap_or_else(|| "an unnamed machine".into())
}
