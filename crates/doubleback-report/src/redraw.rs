//! Reports drawn again from the files in the folder of a run: `results.json`, and of a reproduction its pictures.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use doubleback::audit::Audit;
use doubleback_experiments::audit::read_examples;
use doubleback_experiments::diagnosis::DiagnosisResults;
use doubleback_experiments::pooling_study::PoolingResults;
use doubleback_experiments::reproduce::{Pictures, Results};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::audit::write_audit;
use crate::diagnosis::write_diagnosis;
use crate::error::Error;
use crate::pooling::write_pooling;
use crate::reproduction::write_reproduction;

/// A kind of run that has a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// Of `doubleback reproduce`.
    Reproduction,
    /// Of `doubleback diagnose`.
    Diagnosis,
    /// Of `doubleback pooling`.
    Pooling,
    /// Of `doubleback audit`.
    Audit,
}

impl RunKind {
    const ALL: [Self; 4] = [Self::Reproduction, Self::Diagnosis, Self::Pooling, Self::Audit];

    /// The command that makes such a run.
    pub fn command(self) -> &'static str {
        match self {
            Self::Reproduction => "reproduce",
            Self::Diagnosis => "diagnose",
            Self::Pooling => "pooling",
            Self::Audit => "audit",
        }
    }

    /// A field that the results of no other kind have.
    fn field(self) -> &'static str {
        match self {
            Self::Reproduction => "transfer",
            Self::Diagnosis => "oracle",
            Self::Pooling => "comparisons",
            Self::Audit => "robust_accuracy",
        }
    }
}

impl fmt::Display for RunKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.command())
    }
}

/// A report that was drawn again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrawn {
    /// What the folder holds.
    pub kind: RunKind,
    /// The files that were written, the page first.
    pub paths: Vec<PathBuf>,
}

/// Draws the report of a finished run again, from the files in its folder alone: the page and the figures that the command itself wrote, to the byte
/// if it is of the same version. `work/` is not needed.
///
/// # Errors
/// When the folder holds no finished run with a report, which says what was found; when a file is damaged or of another version; when the folder
/// cannot be written to, or the disk is full.
pub fn redraw(folder: impl AsRef<Path>) -> Result<Redrawn, Error> {
    let folder = folder.as_ref();
    let path = folder.join("results.json");
    let json = match std::fs::read(&path) {
        Ok(json) => json,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Err(missing(folder, without_results(folder)));
        }
        Err(error) => {
            return Err(run(
                &path,
                format!("cannot be read: {error}. Check that you may read it"),
            ));
        }
    };
    let fields: BTreeMap<String, IgnoredAny> = serde_json::from_slice(&json).map_err(|error| {
        run(
            &path,
            format!(
                "is not an object in JSON ({error}). Give the folder of a run of {}",
                commands()
            ),
        )
    })?;
    let Some(kind) = RunKind::ALL.into_iter().find(|kind| fields.contains_key(kind.field())) else {
        let found: Vec<&str> = fields.keys().map(String::as_str).collect();
        let found = listed(&found);
        return Err(run(
            &path,
            format!(
                "is of no run of {}: its fields are {found}. Give the folder of such a run",
                commands()
            ),
        ));
    };
    let paths = match kind {
        RunKind::Reproduction => {
            let results: Results = read(&path, &json, kind)?;
            let pictures = pictures(folder)?;
            write_reproduction(&results, &pictures, folder)
        }
        RunKind::Diagnosis => write_diagnosis(&read::<DiagnosisResults>(&path, &json, kind)?, folder),
        RunKind::Audit => {
            let examples = read_examples(folder).map_err(|error| run(folder, error.to_string()))?;
            write_audit(&read::<Audit>(&path, &json, kind)?, &examples, folder)
        }
        RunKind::Pooling => write_pooling(&read::<PoolingResults>(&path, &json, kind)?, folder),
    }?;
    Ok(Redrawn { kind, paths })
}

fn run(path: &Path, problem: String) -> Error {
    Error::Run {
        path: path.to_owned(),
        problem,
    }
}

fn missing(path: &Path, problem: String) -> Error {
    Error::Missing {
        path: path.to_owned(),
        problem,
    }
}

/// `reproduce, diagnose, pooling or audit`.
fn commands() -> String {
    let [first, second, third, last] = RunKind::ALL.map(RunKind::command);
    format!("{first}, {second}, {third} or {last}")
}

/// Why a folder has no results, by what it has.
fn without_results(folder: &Path) -> String {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return format!("there is no such folder. Give the folder of a run of {}", commands());
        }
        Err(error) => return format!("{error}. Give the folder of a run of {}", commands()),
    };
    let mut found: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    if found.iter().any(|name| name == "work") {
        return "holds a run that is not finished: there is no results.json. Give the command that began it again; what is done is kept".to_owned();
    }
    if found.is_empty() {
        return format!("is empty. Give the folder of a run of {}", commands());
    }
    format!(
        "has no results.json, only {}. Give the folder of a run of {}",
        listed(&found),
        commands()
    )
}

/// The first names of many.
fn listed(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 6;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len() {
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        0 => "none".to_owned(),
        _ => shown.join(", "),
    }
}

fn read<T: DeserializeOwned>(path: &Path, json: &[u8], kind: RunKind) -> Result<T, Error> {
    serde_json::from_slice(json).map_err(|error| {
        let problem = format!(
            "cannot be read as results of {kind}: {error}. It is damaged or of another version of doubleback: run `doubleback {kind}` again"
        );
        run(path, problem)
    })
}

fn pictures(folder: &Path) -> Result<Pictures, Error> {
    let path = folder.join(Pictures::FILE);
    if !path.exists() {
        let problem = "is missing: earlier versions of doubleback did not write it. Give the command that made this run again; what is done is kept";
        return Err(missing(&path, problem.to_owned()));
    }
    Pictures::read(folder).map_err(|error| Error::Pictures { source: error })
}
