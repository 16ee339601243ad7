//! The folder of a run: what is finished, as files that are whole or not there.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use doubleback::data::{Dataset, sha256};
use doubleback::write::remove_partial_files;
use doubleback::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data_identity::{differences, short};
use crate::data_summary::{DataSummary, data_summary};
use crate::json;
use crate::outside_data::check_outside;
use crate::run_record::{RunRecord, machines_in_words};

/// An output folder of a long command, such as `reproduce`: its parts and models, the time spent on it, and which run it holds: what of, with
/// which settings, and on which machines.
pub(crate) struct RunFolder {
    root: PathBuf,
    earlier: f64,
    started: Instant,
    /// The data as they were when the run began; those at hand are the same.
    data: DataSummary,
    here: RunRecord,
    /// Whether this process is among the folder's machines.
    recorded: Cell<bool>,
}

/// Parts that say what the run is, and parts with checksums of its models and the machines that worked on it.
const RUN: &str = "run";
const DATA: &str = "data";
const MODELS: &str = "models";
const MACHINES: &str = "machines";

impl RunFolder {
    /// Folder of what generators draw while they are trained.
    pub const GENERATORS: &'static str = "generators";

    /// Opens or makes the folder of a run. `settings` says in words what the run depends on, besides the data and the version of the program.
    ///
    /// # Errors
    /// When the folder holds another run or one of other data, lies among the images, or cannot be written.
    pub fn open(root: &Path, settings: &str, dataset: &Dataset, here: RunRecord) -> Result<Self> {
        check_outside(root, dataset)?;
        let mut folder = Self {
            root: root.to_owned(),
            earlier: 0.0,
            started: Instant::now(),
            data: data_summary(dataset),
            here,
            recorded: Cell::new(false),
        };
        let identity = format!("{settings}, doubleback {}", env!("CARGO_PKG_VERSION"));
        let known = folder.check(&identity)?;
        for part in [folder.work(), folder.models()] {
            std::fs::create_dir_all(&part).map_err(Error::io(&part, "making the folder"))?;
            remove_partial_files(&part);
        }
        remove_partial_files(root);
        match known {
            Some(data) => folder.data = data,
            None => {
                // The data first: a folder that says which run it holds says of what.
                folder.keep(DATA, &folder.data)?;
                folder.keep(RUN, &identity)?;
            }
        }
        folder.earlier = folder.get("seconds")?.unwrap_or(0.0);
        Ok(folder)
    }

    /// The data of the run that the folder holds, if it holds one. Refuses another than the one asked for.
    fn check(&self, identity: &str) -> Result<Option<DataSummary>> {
        let refuse = |problem: String| Err(Error::file(&self.root, problem));
        let Some(found) = self.get::<String>(RUN)? else {
            return Ok(None);
        };
        if found != identity {
            return refuse(format!(
                "holds another run ({found}), not this one ({identity}). Give another --out, or delete the folder"
            ));
        }
        let Some(before) = self.get::<DataSummary>(DATA)? else {
            return refuse(format!(
                "holds a run that did not record which images it was of, so it cannot go on. Give another --out; `doubleback report {}` \
                 draws what is finished",
                self.root.display()
            ));
        };
        let differences = differences(&before, &self.data);
        if !differences.is_empty() {
            return refuse(format!(
                "holds another run: of other data ({}). Give another --out, or delete the folder",
                differences.join("; ")
            ));
        }
        Ok(Some(before))
    }

    /// The data of the run, as they were when it began.
    pub fn data(&self) -> &DataSummary {
        &self.data
    }

    /// The first machine that worked on the run, and a sentence on the others if there were any.
    pub fn machines(&self) -> Result<(RunRecord, Option<String>)> {
        let all: Vec<RunRecord> = self.get(MACHINES)?.unwrap_or_default();
        let others = (all.len() > 1).then(|| machines_in_words(&all));
        Ok((all.into_iter().next().unwrap_or_else(|| self.here.clone()), others))
    }

    /// Notes, before the first work of this process, that this machine has a part in the results.
    fn at_work(&self) -> Result<()> {
        if self.recorded.replace(true) {
            return Ok(());
        }
        let mut all: Vec<RunRecord> = self.get(MACHINES)?.unwrap_or_default();
        if all.contains(&self.here) {
            return Ok(());
        }
        all.push(self.here.clone());
        self.keep(MACHINES, &all)
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

    /// Keeps in mind which file a model is that this run has made, as [`has_model`](Self::has_model) expects it from now on.
    ///
    /// # Errors
    /// When a model of this name was made before, measured, and is another one.
    pub fn made_model(&self, name: &str) -> Result<()> {
        self.made_file(name, &self.model(name))
    }

    /// As [`made_model`](Self::made_model), of a model in a place of its own.
    pub fn made_file(&self, name: &str, path: &Path) -> Result<()> {
        let mut known = self.known_models()?;
        let found = file_sha256(path)?;
        match known.insert(name.to_owned(), found.clone()) {
            Some(before) if before != found => Err(Error::file(
                path,
                format!(
                    "was made again and is another model than the one that was measured (SHA-256 {}, not {}): another machine or device gives \
                     other weights. Give another --out, or delete the folder",
                    short(&found),
                    short(&before)
                ),
            )),
            _ => self.put(MODELS, &known),
        }
    }

    /// Whether a model that this run has made is there.
    ///
    /// # Errors
    /// When its file is not the one that this run made.
    pub fn has_model(&self, name: &str) -> Result<bool> {
        self.has_file(name, &self.model(name))
    }

    /// As [`has_model`](Self::has_model), of a model in a place of its own.
    pub fn has_file(&self, name: &str, path: &Path) -> Result<bool> {
        let Some(expected) = self.known_models()?.remove(name) else {
            return Ok(false);
        };
        if !path.exists() {
            return Ok(false);
        }
        let found = file_sha256(path)?;
        if found == expected {
            return Ok(true);
        }
        Err(Error::file(
            path,
            format!(
                "is not the model that this run made and measured (SHA-256 {}, not {}). Put that back, or give another --out",
                short(&found),
                short(&expected)
            ),
        ))
    }

    fn known_models(&self) -> Result<BTreeMap<String, String>> {
        Ok(self.get(MODELS)?.unwrap_or_default())
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
        self.keep("seconds", &self.seconds())
    }

    fn part(&self, name: &str) -> PathBuf {
        self.work().join(format!("{name}.json"))
    }

    /// Whether a part is finished.
    pub fn has(&self, name: &str) -> bool {
        self.part(name).is_file()
    }

    /// A finished part, if it is there.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        json::read(&self.part(name), "Delete it to compute it again")
    }

    /// Keeps a finished part.
    pub fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        self.at_work()?;
        self.keep(name, value)
    }

    /// Removes a part that is of no more use.
    pub fn forget(&self, name: &str) {
        // If it stays, it says nothing that the finished part does not say.
        let _ = std::fs::remove_file(self.part(name));
    }

    /// Keeps what is no part of the work, such as the time spent on it.
    pub fn keep<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
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
        self.at_work()?;
        let value = compute()?;
        self.put(name, &value)?;
        self.tick()?;
        Ok(value)
    }

    /// What `work` gives. The time counts even if it stops before its end.
    pub fn counted<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.at_work()?;
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

/// SHA-256 of a model's file.
fn file_sha256(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
    Ok(sha256([bytes.as_slice()].into_iter()))
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
    use doubleback::data::{Bounds, ImageShape, Split};

    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    /// A data set of one training and one test image.
    fn data(name: &str, pixel: f32) -> Dataset {
        let split = |value| Split::new(vec![value, 0.0], vec![0], SHAPE).unwrap();
        let classes = vec!["a".to_owned(), "b".to_owned()];
        let parts = (split(0.5), Split::empty(SHAPE), split(pixel));
        Dataset::new(name, classes, SHAPE, Bounds::UNIT, parts.0, parts.1, parts.2).unwrap()
    }

    fn open(root: &Path, settings: &str, dataset: &Dataset) -> Result<RunFolder> {
        RunFolder::open(root, settings, dataset, RunRecord::here("cpu", 1))
    }

    #[test]
    fn parts_are_kept_and_another_run_is_refused() {
        let (root, mnist) = (tempfile::tempdir().unwrap(), data("mnist", 1.0));
        let open = |settings| open(root.path(), settings, &mnist);
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

    #[test]
    fn other_data_of_the_same_name_is_refused_and_what_was_recorded_stays() {
        let root = tempfile::tempdir().unwrap();
        let mut noted = data("mnist", 1.0);
        noted.notes.push("A note of the first run".into());
        open(root.path(), "quick", &noted).unwrap();
        let again = open(root.path(), "quick", &data("mnist", 1.0)).unwrap();
        assert_eq!(again.data().notes, data_summary(&noted).notes);
        let refused = open(root.path(), "quick", &data("mnist", 0.75))
            .err()
            .unwrap()
            .to_string();
        assert!(
            refused.contains("holds another run: of other data (SHA-256 of all images and labels: "),
            "{refused}"
        );
        assert!(
            refused.ends_with(" here). Give another --out, or delete the folder"),
            "{refused}"
        );
        assert_eq!(again.get::<DataSummary>(DATA).unwrap().unwrap(), *again.data());
    }

    #[test]
    fn a_run_that_did_not_record_its_data_does_not_go_on_and_is_left_as_it_is() {
        let (root, mnist) = (tempfile::tempdir().unwrap(), data("mnist", 1.0));
        let folder = open(root.path(), "quick", &mnist).unwrap();
        std::fs::remove_file(folder.part(DATA)).unwrap();
        let refused = open(root.path(), "quick", &mnist).err().unwrap().to_string();
        assert!(refused.contains("did not record which images it was of"), "{refused}");
        assert!(!folder.part(DATA).exists());
    }

    #[test]
    fn a_model_is_taken_again_only_if_it_is_the_one_that_was_made() {
        let (root, mnist) = (tempfile::tempdir().unwrap(), data("mnist", 1.0));
        let folder = open(root.path(), "quick", &mnist).unwrap();
        std::fs::write(folder.model("normal"), "weights").unwrap();
        assert!(!folder.has_model("normal").unwrap(), "nobody knows where it is from");
        folder.made_model("normal").unwrap();
        assert!(open(root.path(), "quick", &mnist).unwrap().has_model("normal").unwrap());
        std::fs::write(folder.model("normal"), "others").unwrap();
        let refused = folder.has_model("normal").unwrap_err().to_string();
        assert!(refused.contains("is not the model that this run made"), "{refused}");
        assert!(folder.made_model("normal").is_err());
        std::fs::remove_file(folder.model("normal")).unwrap();
        assert!(!folder.has_model("normal").unwrap());
        std::fs::write(folder.model("normal"), "weights").unwrap();
        folder.made_model("normal").unwrap();
    }

    #[test]
    fn the_results_name_the_machines_that_made_them() {
        let (root, mnist) = (tempfile::tempdir().unwrap(), data("mnist", 1.0));
        let at = |threads| RunFolder::open(root.path(), "quick", &mnist, RunRecord::here("cpu", threads)).unwrap();
        at(4).put("part", &1).unwrap();
        // Finds everything done.
        let (first, others) = at(2).machines().unwrap();
        assert_eq!((first.threads, others), (4, None));
        let third = at(8);
        third.put("another part", &1).unwrap();
        let (first, others) = third.machines().unwrap();
        assert_eq!(first.threads, 4);
        let others = others.unwrap();
        assert!(others.contains("4 threads") && others.contains("8 threads"), "{others}");
        assert!(!others.contains("2 threads"), "{others}");
    }
}
