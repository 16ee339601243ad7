//! The folder of a run: what is finished, as files that are whole or not there.

use std::path::{Path, PathBuf};
use std::time::Instant;

use doubleback::data::Dataset;
use doubleback::write::remove_partial_files;
use doubleback::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json;

/// An output folder of a long command, such as `reproduce`: its parts and models, the time spent on it, and which run it holds.
pub(crate) struct RunFolder {
    root: PathBuf,
    earlier: f64,
    started: Instant,
}

impl RunFolder {
    /// Folder of what generators draw while they are trained.
    pub const GENERATORS: &'static str = "generators";

    /// Opens or makes the folder of a run. `settings` says in words what the run depends on, besides the version of the program.
    ///
    /// # Errors
    /// When the folder holds another run, or cannot be written.
    pub fn open(root: &Path, settings: &str) -> Result<Self> {
        let mut folder = Self {
            root: root.to_owned(),
            earlier: 0.0,
            started: Instant::now(),
        };
        for part in [folder.work(), folder.models()] {
            std::fs::create_dir_all(&part).map_err(Error::io(&part, "making the folder"))?;
            remove_partial_files(&part);
        }
        remove_partial_files(root);
        let identity = format!("{settings}, doubleback {}", env!("CARGO_PKG_VERSION"));
        match folder.get::<String>("run")? {
            None => folder.put("run", &identity)?,
            Some(found) if found == identity => {}
            Some(found) => {
                let problem = format!(
                    "holds another run ({found}), not this one ({identity}). Give another --out, or delete the folder"
                );
                return Err(Error::file(root, problem));
            }
        }
        folder.earlier = folder.get("seconds")?.unwrap_or(0.0);
        Ok(folder)
    }

    /// Where unfinished work keeps its state.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Where the models are.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// The file of a model.
    pub fn model(&self, name: &str) -> PathBuf {
        self.models().join(format!("{name}.safetensors"))
    }

    /// The folder, made if need be, of what the generators of a model draw.
    pub fn generators(&self, model: &str) -> Result<PathBuf> {
        let folder = self.root.join(Self::GENERATORS).join(model);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "making the folder"))?;
        remove_partial_files(&folder);
        Ok(folder)
    }

    /// Seconds spent on this folder, earlier runs included.
    pub fn seconds(&self) -> f64 {
        self.earlier + self.started.elapsed().as_secs_f64()
    }

    /// Remembers the time spent.
    pub fn tick(&self) -> Result<()> {
        self.put("seconds", &self.seconds())
    }

    fn part(&self, name: &str) -> PathBuf {
        self.work().join(format!("{name}.json"))
    }

    /// A finished part, if it is there.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        json::read(&self.part(name), "Delete it to compute it again")
    }

    /// Keeps a finished part.
    pub fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let path = self.part(name);
        // A model that is told from others by its folder has it in its name.
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(folder, "making the folder"))?;
        }
        json::write_compact(&path, value)
    }

    /// The part `name`, computed and kept if it is not there yet.
    pub fn part_or<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        compute: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if let Some(value) = self.get(name)? {
            return Ok(value);
        }
        let value = compute()?;
        self.put(name, &value)?;
        self.tick()?;
        Ok(value)
    }

    /// What `work` gives. The time counts even if it stops before its end.
    pub fn counted<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        work().inspect_err(|_| {
            // A failure to note the time must not hide why the work stopped.
            let _ = self.tick();
        })
    }

    /// Writes the results of the whole run.
    pub fn write_results<T: Serialize>(&self, results: &T) -> Result<()> {
        json::write(&self.root.join("results.json"), results)
    }
}

/// A data set as the settings of a run name it: with what was done to its images, if anything was.
pub(crate) fn described(dataset: &Dataset) -> String {
    match dataset.preparation {
        preparation if preparation.is_none() => dataset.name.clone(),
        preparation => format!("{} ({preparation})", dataset.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_kept_and_another_run_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let open = |settings| RunFolder::open(root.path(), settings);
        let folder = open("mnist quick seed 0").unwrap();
        let part = |value: usize| folder.part_or("part", || Ok(value));
        assert_eq!((part(1).unwrap(), part(2).unwrap()), (1, 1));
        for name in ["probes-A/model", "probes-A-model"] {
            folder.put(name, &name).unwrap();
        }
        let kept = folder.get::<String>("probes-A/model").unwrap();
        assert_eq!(kept.as_deref(), Some("probes-A/model"));
        let stopped = folder.counted(|| Err::<(), _>(Error::Interrupted));
        assert!(matches!(stopped, Err(Error::Interrupted)));
        let spent = folder.get::<f64>("seconds").unwrap().unwrap();
        assert!(open("mnist quick seed 0").unwrap().seconds() >= spent);
        let refused = open("mnist quick seed 1").err().unwrap().to_string();
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!(
            "holds another run (mnist quick seed 0, doubleback {version}), not this one (mnist quick seed 1, doubleback {version}). \
             Give another --out, or delete the folder"
        );
        assert!(refused.ends_with(&expected), "{refused}");
    }
}
