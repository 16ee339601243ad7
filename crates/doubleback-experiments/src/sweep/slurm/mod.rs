//! Cells as an array of Slurm jobs.
//!
//! The files in the shared folder say what is done; `squeue` is only asked what still waits or runs, so no accounting is needed. What was
//! submitted is kept in the folder: a command that was interrupted finds its jobs again.
mod queue;
mod script;
mod submissions;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::cell::Cell;
use super::launch::{CellCommand, Failed, Observer, Tally, given_up, running};
use super::lock::Lock;
use super::sweep_folder::Sweep;
use doubleback::{Error, Result};

use queue::{Queued, queued};
use submissions::Submissions;

/// How to use the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlurmOptions {
    /// `--partition` of sbatch.
    pub partition: Option<String>,
    /// `--time` of sbatch: the limit of one cell.
    pub time: Option<String>,
    /// Other options of sbatch, such as `--mem=4G`.
    pub options: Vec<String>,
    /// Cells at a time, if there is a limit.
    pub jobs: Option<usize>,
    /// Cells of one array, at most; without a number as many as Slurm takes by default, and fewer where it refuses that.
    pub array_size: Option<usize>,
    /// CPUs of a cell; without a number, what Slurm gives.
    pub threads: Option<usize>,
    /// How often a cell that was killed or failed is submitted again.
    pub retries: usize,
    /// Time between looks at the queue and the files.
    pub look_every: Duration,
}

/// Slurm refuses larger arrays unless told otherwise.
const LARGEST_ARRAY: usize = 1000;

/// A cell is lost when it is neither in the queue nor done at two looks: files on a network file system may show late.
const LOOKS_UNTIL_LOST: usize = 2;

/// Does all cells that are left. Stopping to wait leaves the jobs alone; called again, it waits for the same jobs.
///
/// # Errors
/// [`Error::Interrupted`] when the observer breaks; [`Error::Command`] when Slurm's commands are not there or refuse the job.
pub fn run(
    sweep: &Sweep,
    options: &SlurmOptions,
    command: &CellCommand,
    observer: &mut dyn Observer,
) -> Result<Vec<Failed>> {
    let submissions = Submissions::open(sweep.root())?;
    if !submissions.is_empty() {
        observer.note(&format!("found the jobs of an earlier command ({})", submissions.ids()));
    }
    let mut slurm = Slurm {
        sweep,
        options,
        command,
        cells: sweep
            .cells()
            .iter()
            .map(|cell| (cell.name.as_str(), Progress::new(submissions.count(&cell.name))))
            .collect(),
        submissions,
        failed: Vec::new(),
        reasons: Vec::new(),
        deaf: false,
        array_size: options.array_size.unwrap_or(LARGEST_ARRAY).max(1),
    };
    loop {
        let tally = slurm.look(observer)?;
        if wait(options.look_every, &tally, observer) {
            return Err(Error::Interrupted);
        }
        if tally.done + tally.failed == tally.cells {
            slurm.submissions.forget()?;
            return Ok(slurm.failed);
        }
    }
}

/// Sleeps, showing the tally now and then; whether to stop.
fn wait(time: Duration, tally: &Tally, observer: &mut dyn Observer) -> bool {
    let begun = Instant::now();
    loop {
        if observer.tally(tally).is_break() {
            return true;
        }
        let left = time.saturating_sub(begun.elapsed());
        if left.is_zero() || tally.done + tally.failed == tally.cells {
            return false;
        }
        std::thread::sleep(left.min(Duration::from_millis(100)));
    }
}

/// What happened to a cell.
struct Progress {
    /// How often it was submitted, by earlier commands too.
    submitted: usize,
    /// Looks at which it was neither in the queue nor done.
    missing: usize,
    failed: bool,
}

impl Progress {
    fn new(submitted: usize) -> Self {
        Self {
            submitted,
            missing: 0,
            failed: false,
        }
    }
}

struct Slurm<'a> {
    sweep: &'a Sweep,
    options: &'a SlurmOptions,
    command: &'a CellCommand,
    submissions: Submissions,
    cells: BTreeMap<&'a str, Progress>,
    failed: Vec<Failed>,
    /// Reasons for waiting that the user was told.
    reasons: Vec<String>,
    /// The controller did not answer the last time.
    deaf: bool,
    /// Cells of one array, at most: less than asked for once Slurm has refused that.
    array_size: usize,
}

impl<'a> Slurm<'a> {
    /// Compares queue and files, submits what is in neither.
    fn look(&mut self, observer: &mut dyn Observer) -> Result<Tally> {
        // First the queue, then the files: a job that ends in between is done, not lost.
        let queue = match queued(&self.submissions.names()) {
            Ok(queue) => {
                self.deaf = false;
                Some(queue)
            }
            Err(e @ Error::Io { .. }) => return Err(e),
            Err(e) => {
                if !std::mem::replace(&mut self.deaf, true) {
                    observer.note(&format!("{e}; the jobs are left alone until it answers"));
                }
                None
            }
        };
        let queue = queue.map(|queue| self.by_cell(queue, observer));
        let mut tally = Tally {
            cells: self.sweep.cells().len(),
            ..Tally::default()
        };
        let mut to_submit = Vec::new();
        for cell in self.sweep.cells() {
            let folder = self.sweep.folder(cell);
            let Some(progress) = self.cells.get_mut(cell.name.as_str()) else {
                continue;
            };
            if folder.is_done() {
                tally.done += 1;
                continue;
            }
            if progress.failed {
                tally.failed += 1;
                continue;
            }
            // Without the queue nothing is known of it.
            let Some(queue) = &queue else { continue };
            if let Some(works) = queue.get(cell.name.as_str()) {
                // A job whose number never came to be known counts too.
                (progress.submitted, progress.missing) = (progress.submitted.max(1), 0);
                if *works {
                    tally.running.push(running(&cell.name, &folder));
                }
                continue;
            }
            if progress.submitted == 0 {
                to_submit.push(cell);
                continue;
            }
            progress.missing += 1;
            if progress.missing < LOOKS_UNTIL_LOST || Lock::holder(&folder.lock())?.is_some() {
                continue;
            }
            let attempts = progress.submitted;
            if attempts <= self.options.retries {
                let retries = self.options.retries;
                observer.note(&format!(
                    "{}: its job ended without a result; submitting it again ({attempts} of {retries})",
                    cell.name
                ));
                to_submit.push(cell);
            } else {
                progress.failed = true;
                tally.failed += 1;
                let problem = match attempts {
                    1 => "its job ended without a result".to_owned(),
                    n => format!("its job ended without a result {n} times"),
                };
                self.failed.push(given_up(&cell.name, &folder, problem));
            }
        }
        self.submit(&to_submit, observer)?;
        Ok(tally)
    }

    /// Cells in the queue, and whether they run.
    fn by_cell(&mut self, queue: Vec<Queued>, observer: &mut dyn Observer) -> BTreeMap<String, bool> {
        let mut cells = BTreeMap::new();
        for job in queue {
            let Some(cell) = self.submissions.cell(&job.name, job.index) else {
                continue;
            };
            if job.is_stuck() && !self.reasons.contains(&job.reason) {
                observer.note(&format!("{cell}: its job waits in Slurm: {}", job.reason));
                self.reasons.push(job.reason.clone());
            }
            *cells.entry(cell.to_owned()).or_default() |= job.runs();
        }
        cells
    }

    fn submit(&mut self, cells: &[&Cell], observer: &mut dyn Observer) -> Result<()> {
        let mut left = cells;
        while !left.is_empty() {
            let (array, rest) = left.split_at(self.array_size.min(left.len()));
            let names: Vec<String> = array.iter().map(|cell| cell.name.clone()).collect();
            let submitted = script::submit(
                self.sweep.root(),
                &mut self.submissions,
                names,
                self.options,
                self.command,
            );
            let job = match submitted {
                Ok(job) => job,
                Err(refused) if is_about_arrays(&refused) && array.len() > 1 => {
                    self.array_size = array.len() / 2;
                    observer.note(&format!(
                        "Slurm refuses an array of {}; trying {}. Its limit is MaxArraySize of `scontrol show config`: give it as --array-size",
                        count(array.len()),
                        self.array_size
                    ));
                    continue;
                }
                Err(refused) if is_about_arrays(&refused) => return Err(without_arrays(&refused)),
                Err(other) => return Err(other),
            };
            left = rest;
            observer.note(&format!("submitted {} as Slurm's job {job}", count(array.len())));
            for cell in array {
                if let Some(progress) = self.cells.get_mut(cell.name.as_str()) {
                    progress.submitted += 1;
                    progress.missing = 0;
                }
            }
        }
        Ok(())
    }
}

/// Whether sbatch refused an array for its size or form.
fn is_about_arrays(error: &Error) -> bool {
    matches!(error, Error::Command { problem, .. } if problem.contains("Invalid job array specification"))
}

/// A Slurm that takes no array at all.
fn without_arrays(refused: &Error) -> Error {
    Error::Command {
        command: "sbatch".into(),
        problem: format!(
            "{refused}. It refuses even an array of one job: ask whether this Slurm takes job arrays, or use `--launcher local`"
        ),
    }
}

fn count(cells: usize) -> String {
    match cells {
        1 => "1 cell".into(),
        n => format!("{n} cells"),
    }
}
