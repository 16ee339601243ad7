//! What tests of sweeps share: a small plan, and looking at cells while they run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Run, command};

/// The cell that tests kill.
pub const CELL: &str = "mnist-mini_doubleback_lambda-0.5_seed-0";

/// A plan of three trainings, of which one diverges at its first step.
pub fn write_plan(folder: &Path, steps: usize) {
    let plan = format!(
        "datasets = [\"mnist-mini\"]\nsteps = {steps}\nbatch = 32\ncheckpoint_every = 0.1\n\n\
         [[defense]]\nname = \"doubleback\"\nlambda = [0.5, 1e39]\n\n\
         [measure]\ntest_eps = [0.1, 0.2]\ntest_images = 64\n"
    );
    std::fs::write(folder.join("plan.toml"), plan).unwrap();
}

/// Starts `doubleback WORDS` in a folder.
pub fn start(folder: &Path, words: &str) -> Child {
    let args: Vec<&str> = words.split_whitespace().collect();
    command(folder, &args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What it gave.
pub fn end(child: Child) -> Run {
    child.wait_with_output().unwrap().into()
}

/// Waits until a cell of a sweep is being trained and has a checkpoint; its process.
pub fn wait_for_training(out: &Path, cell: &str) -> u32 {
    let folder = out.join("cells").join(cell);
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(300), "{cell} is never trained");
        let state = std::fs::read(folder.join("state.json")).unwrap_or_default();
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap_or_default();
        let trains = state["phase"].as_str().is_some_and(|phase| cell.contains(phase));
        let checkpoint = std::fs::read_dir(folder.join("work")).is_ok_and(|mut files| files.next().is_some());
        if trains && checkpoint {
            return u32::try_from(state["pid"].as_u64().unwrap()).unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Sends a signal to a process.
pub fn signal(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status().unwrap();
    assert!(sent.success(), "process {pid} is gone");
}

/// `results.json` of a sweep, as text.
pub fn results(out: &Path) -> String {
    std::fs::read_to_string(out.join("results.json")).unwrap()
}

/// The log of a cell.
pub fn log(out: &Path, cell: &str) -> String {
    std::fs::read_to_string(out.join("cells").join(cell).join("log.txt")).unwrap()
}

/// Folders of a sweep's cells.
pub fn cell(out: &Path, name: &str) -> PathBuf {
    out.join("cells").join(name)
}
