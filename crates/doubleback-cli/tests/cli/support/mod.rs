//! What several tests of the command need.
#![allow(dead_code)]

pub mod sweeps;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

/// What a run gave.
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `doubleback` with arguments, in a folder.
pub fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doubleback"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("DOUBLEBACK_DATA")
        .env("XDG_DATA_HOME", "/nonexistent");
    command
}

/// Runs `doubleback WORDS` in a folder.
pub fn doubleback(folder: &Path, words: &str) -> Run {
    let args: Vec<&str> = words.split_whitespace().collect();
    command(folder, &args).output().unwrap().into()
}

/// Runs it and expects that it does what it should.
pub fn expect_done(folder: &Path, words: &str) -> Run {
    let run = doubleback(folder, words);
    assert_eq!(run.status, 0, "doubleback {words}\n{}{}", run.stdout, run.stderr);
    run
}

/// An IDX file of unsigned bytes.
pub fn idx(dims: &[usize], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0, 0, 8, u8::try_from(dims.len()).unwrap()];
    for &dim in dims {
        file.extend(u32::try_from(dim).unwrap().to_be_bytes());
    }
    file.extend(data);
    file
}

/// `mnist/` of a few blank images, in a folder.
pub fn fake_mnist(folder: &Path, images: usize, labels: usize) {
    let mnist = folder.join("mnist");
    std::fs::create_dir_all(&mnist).unwrap();
    for part in ["train", "t10k"] {
        let pixels = vec![0; images * 28 * 28];
        std::fs::write(
            mnist.join(format!("{part}-images-idx3-ubyte")),
            idx(&[images, 28, 28], &pixels),
        )
        .unwrap();
        std::fs::write(
            mnist.join(format!("{part}-labels-idx1-ubyte")),
            idx(&[labels], &vec![0; labels]),
        )
        .unwrap();
    }
}

/// Names in a folder, sorted.
pub fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Says on standard error, past the test harness, that a test did not run.
pub fn skipped(test: &str, why: &str) {
    let message = format!("skipped: {test}: {why}\n");
    std::io::stderr().write_all(message.as_bytes()).unwrap();
}
