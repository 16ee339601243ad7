//! Cells as child processes of this one, as many at a time as a budget of processes and memory allows.

use std::collections::{BTreeMap, VecDeque};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::cell::Cell;
use super::files::CellFolder;
use super::launch::{CellCommand, Failed, Observer, Tally, given_up, log, running};
use super::lock::Lock;
use super::memory::peak;
use super::run_cell::Record;
use super::sweep_folder::Sweep;
use doubleback::{Error, Result};

/// How to share this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalOptions {
    /// Cells at a time, at least 1.
    pub jobs: usize,
    /// Bytes of memory for all cells together. What a cell takes is estimated until one of its data set has been seen, and then the most that one
    /// took. A cell that is too large by itself runs alone; cells that run are never stopped for memory.
    pub memory: Option<u64>,
    /// How often a cell that fails is tried again.
    pub retries: usize,
}

const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Time between looks at a cell that another process works on.
const BUSY_EVERY: Duration = Duration::from_secs(1);

/// Does all cells that are left. The command must stop, keeping its work, when its standard input ends: that is how children are stopped, and
/// how they notice that this process is gone.
///
/// # Errors
/// [`Error::Interrupted`] when the observer breaks and all children have stopped; when a child cannot be started.
pub fn run(
    sweep: &Sweep,
    options: &LocalOptions,
    command: &CellCommand,
    observer: &mut dyn Observer,
) -> Result<Vec<Failed>> {
    let mut local = Local {
        sweep,
        options,
        command,
        waiting: sweep.unfinished().into_iter().map(Attempt::first).collect(),
        children: Vec::new(),
        failed: Vec::new(),
        peaks: known_peaks(sweep),
        looked_busy: BTreeMap::new(),
        alone_noted: false,
    };
    loop {
        local.reap(observer)?;
        local.start(observer)?;
        let tally = local.tally();
        if observer.tally(&tally).is_break() {
            local.stop();
            return Err(Error::Interrupted);
        }
        if local.children.is_empty() && local.waiting.is_empty() {
            return Ok(std::mem::take(&mut local.failed));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// A cell and how often it was tried, this time included.
#[derive(Clone, Copy)]
struct Attempt<'a> {
    cell: &'a Cell,
    number: usize,
}

impl<'a> Attempt<'a> {
    fn first(cell: &'a Cell) -> Self {
        Self { cell, number: 1 }
    }
}

struct ChildProcess<'a> {
    attempt: Attempt<'a>,
    folder: CellFolder,
    child: Child,
    peak: u64,
}

struct Local<'a> {
    sweep: &'a Sweep,
    options: &'a LocalOptions,
    command: &'a CellCommand,
    waiting: VecDeque<Attempt<'a>>,
    children: Vec<ChildProcess<'a>>,
    failed: Vec<Failed>,
    /// By data set, the most memory that a cell was seen to take.
    peaks: BTreeMap<&'a str, u64>,
    looked_busy: BTreeMap<&'a str, Instant>,
    alone_noted: bool,
}

impl Local<'_> {
    /// Takes note of children that ended.
    fn reap(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let mut still = Vec::new();
        for mut running in std::mem::take(&mut self.children) {
            let name = &running.attempt.cell.name;
            running.peak = running.peak.max(peak(running.child.id()).unwrap_or(0));
            let dataset = running.attempt.cell.settings.dataset.as_str();
            let ended = running
                .child
                .try_wait()
                .map_err(Error::io(name, "waiting for its process"))?;
            let Some(status) = ended else {
                still.push(running);
                continue;
            };
            let known = self.peaks.entry(dataset).or_default();
            *known = (*known).max(running.peak);
            if running.folder.is_done() {
                continue;
            }
            let problem = describe(status);
            let number = running.attempt.number;
            if number <= self.options.retries {
                let retries = self.options.retries;
                observer.note(&format!("{name}: {problem}; trying again ({number} of {retries})"));
                self.waiting.push_front(Attempt {
                    number: number + 1,
                    ..running.attempt
                });
            } else {
                self.failed.push(given_up(name, &running.folder, problem));
            }
        }
        self.children = still;
        Ok(())
    }

    /// Starts as many as there is room for.
    fn start(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let mut passed_over = VecDeque::new();
        while self.children.len() < self.options.jobs.max(1) {
            let Some(attempt) = self.waiting.pop_front() else { break };
            let name = attempt.cell.name.as_str();
            let folder = self.sweep.folder(attempt.cell);
            if folder.is_done() {
                continue;
            }
            if self.is_busy(name, &folder, observer)? {
                passed_over.push_back(attempt);
                continue;
            }
            if !self.has_room(attempt.cell, observer) {
                self.waiting.push_front(attempt);
                break;
            }
            let child = self.spawn(&folder, attempt.number)?;
            self.children.push(ChildProcess {
                attempt,
                folder,
                child,
                peak: 0,
            });
        }
        self.waiting.extend(passed_over);
        Ok(())
    }

    /// Whether another process works on the cell, such as a job of a cluster. It is asked from time to time.
    fn is_busy(&mut self, name: &str, folder: &CellFolder, observer: &mut dyn Observer) -> Result<bool> {
        if self.looked_busy.get(name).is_some_and(|at| at.elapsed() < BUSY_EVERY) {
            return Ok(true);
        }
        let Some(holder) = Lock::holder(&folder.lock())? else {
            return Ok(false);
        };
        let cell = self.sweep.cells().iter().find(|cell| cell.name == name);
        if let Some(cell) = cell
            && self.looked_busy.insert(&cell.name, Instant::now()).is_none()
        {
            observer.note(&format!("{name}: {holder} works on it; waiting for that to end"));
        }
        Ok(true)
    }

    fn has_room(&mut self, cell: &Cell, observer: &mut dyn Observer) -> bool {
        let Some(budget) = self.options.memory else { return true };
        let need = self.need(cell);
        if need > budget && !self.alone_noted {
            self.alone_noted = true;
            observer.note(&format!(
                "{}: takes about {:.2} GiB, more than the budget of {:.2} GiB; such cells run alone",
                cell.name,
                gib(need),
                gib(budget)
            ));
        }
        let taken: u64 = self
            .children
            .iter()
            .map(|r| self.need(r.attempt.cell).max(r.peak))
            .sum();
        self.children.is_empty() || taken + need <= budget
    }

    fn need(&self, cell: &Cell) -> u64 {
        let dataset = cell.settings.dataset.as_str();
        match self.peaks.get(dataset) {
            Some(&seen) if seen > 0 => seen,
            _ => self.sweep.estimate(dataset),
        }
    }

    fn spawn(&self, folder: &CellFolder, attempt: usize) -> Result<Child> {
        let out = log(folder, &format!("attempt {attempt}"))?;
        let err = out.try_clone().map_err(Error::io(folder.log(), "opening the log"))?;
        let mut command = Command::new(&self.command.program);
        command
            .args(&self.command.arguments)
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err);
        // Ctrl-C in a terminal goes to the whole group; children are to hear of it once, from us.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
            .spawn()
            .map_err(Error::io(&self.command.program, "starting the process of a cell"))
    }

    fn tally(&self) -> Tally {
        let (cells, failed) = (self.sweep.cells().len(), self.failed.len());
        let open = self.waiting.len() + self.children.len();
        Tally {
            cells,
            done: cells.saturating_sub(open + failed),
            failed,
            running: self
                .children
                .iter()
                .map(|r| running(&r.attempt.cell.name, &r.folder))
                .collect(),
        }
    }

    /// Has all children stop where they can go on, and waits for them.
    fn stop(&mut self) {
        for running in &mut self.children {
            drop(running.child.stdin.take());
        }
        for mut running in std::mem::take(&mut self.children) {
            // It is ours and was not waited for, so this cannot fail; if it did there would be nothing to do.
            let _ = running.child.wait();
        }
    }
}

impl Drop for Local<'_> {
    /// No child outlives an error.
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the cells that are done took.
fn known_peaks(sweep: &Sweep) -> BTreeMap<&str, u64> {
    let mut peaks = BTreeMap::<&str, u64>::new();
    for cell in sweep.cells() {
        let record: Option<Record> = super::files::read_json(&sweep.folder(cell).record()).ok().flatten();
        if let Some(bytes) = record.and_then(|record| record.peak_memory) {
            let known = peaks.entry(&cell.settings.dataset).or_default();
            *known = (*known).max(bytes);
        }
    }
    peaks
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("killed by signal {signal}");
    }
    match status.code() {
        Some(0) => "ended without a result".into(),
        Some(code) => format!("failed with exit status {code}"),
        None => "ended in an unknown way".into(),
    }
}
