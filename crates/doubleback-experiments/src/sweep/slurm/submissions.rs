//! What was submitted, in the sweep's folder, so that nothing is submitted twice.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::json;
use crate::sweep::files::{make_folder, read_json};
use doubleback::Result;

/// All arrays of a sweep that may have tasks in the queue.
#[derive(Debug)]
pub(super) struct Submissions {
    folder: PathBuf,
    kept: Kept,
}

#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Begins the names of all jobs of this sweep.
    name: String,
    arrays: Vec<Array>,
}

/// One array of jobs.
#[derive(Debug, Serialize, Deserialize)]
struct Array {
    /// Name of the job, unique: written before it is submitted, so that even a job whose number was never seen is found.
    name: String,
    /// Slurm's number, once it is known.
    job: Option<String>,
    /// The cell of each task.
    cells: Vec<String>,
}

impl Submissions {
    /// What is kept in the folder of a sweep.
    pub fn open(root: &Path) -> Result<Self> {
        let folder = root.join("slurm");
        make_folder(&folder)?;
        let kept = match read_json(&folder.join("jobs.json"))? {
            Some(kept) => kept,
            None => Kept {
                name: unique_name(),
                arrays: Vec::new(),
            },
        };
        Ok(Self { folder, kept })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn is_empty(&self) -> bool {
        self.kept.arrays.is_empty()
    }

    /// Names of the jobs.
    pub fn names(&self) -> Vec<String> {
        self.kept.arrays.iter().map(|array| array.name.clone()).collect()
    }

    /// Slurm's numbers, for people.
    pub fn ids(&self) -> String {
        let ids: Vec<&str> = self
            .kept
            .arrays
            .iter()
            .filter_map(|array| array.job.as_deref())
            .collect();
        ids.join(", ")
    }

    /// How many arrays that Slurm has taken hold a cell.
    pub fn count(&self, cell: &str) -> usize {
        let taken = self.kept.arrays.iter().filter(|array| array.job.is_some());
        taken
            .filter(|array| array.cells.iter().any(|name| name == cell))
            .count()
    }

    /// The cell of a task.
    pub fn cell(&self, job_name: &str, index: usize) -> Option<&str> {
        let array = self.kept.arrays.iter().find(|array| array.name == job_name)?;
        array.cells.get(index).map(String::as_str)
    }

    /// Keeps an array that is about to be submitted; its name and number in the folder.
    pub fn begin(&mut self, cells: Vec<String>) -> Result<(String, usize)> {
        let number = self.kept.arrays.len() + 1;
        let name = format!("{}-{number}", self.kept.name);
        self.kept.arrays.push(Array {
            name: name.clone(),
            job: None,
            cells,
        });
        self.keep()?;
        Ok((name, number))
    }

    /// Forgets the array begun last, which Slurm did not take.
    pub fn refused(&mut self) -> Result<()> {
        self.kept.arrays.pop();
        self.keep()
    }

    /// Keeps the number that Slurm gave the array submitted last.
    pub fn submitted(&mut self, job: &str) -> Result<()> {
        if let Some(array) = self.kept.arrays.last_mut() {
            array.job = Some(job.to_owned());
        }
        self.keep()
    }

    /// All is done: the next command begins anew.
    pub fn forget(&mut self) -> Result<()> {
        self.kept = Kept {
            name: unique_name(),
            arrays: Vec::new(),
        };
        self.keep()
    }

    fn keep(&self) -> Result<()> {
        json::write(&self.folder.join("jobs.json"), &self.kept)
    }
}

/// Such as `doubleback-18f3a2b4c5d6`: the time, which no other sweep of this user began at.
fn unique_name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("doubleback-{:x}", since.as_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_known_before_and_after_it_is_submitted() {
        let folder = tempfile::tempdir().unwrap();
        let mut submissions = Submissions::open(folder.path()).unwrap();
        let (name, number) = submissions.begin(vec!["a".into(), "b".into()]).unwrap();
        assert_eq!(number, 1);
        let again = Submissions::open(folder.path()).unwrap();
        assert_eq!(
            (again.names(), again.cell(&name, 1), again.cell(&name, 2)),
            (vec![name.clone()], Some("b"), None)
        );
        assert_eq!((again.ids().as_str(), again.count("a")), ("", 0));
        submissions.submitted("77").unwrap();
        let again = Submissions::open(folder.path()).unwrap();
        assert_eq!((again.ids().as_str(), again.count("a"), again.count("c")), ("77", 1, 0));
        submissions.begin(vec!["c".into()]).unwrap();
        submissions.refused().unwrap();
        let again = Submissions::open(folder.path()).unwrap();
        assert_eq!((again.names().len(), again.ids().as_str()), (1, "77"));
        submissions.forget().unwrap();
        assert!(Submissions::open(folder.path()).unwrap().is_empty());
    }
}
