//! The output folder: what is finished, as files that are whole or not there.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use doubleback::write::{remove_partial_files, write_atomically};
use doubleback::{Error, Result};

/// An output folder of a long command, such as `reproduce`.
pub(crate) struct Store {
    root: PathBuf,
    earlier: f64,
    started: Instant,
}

impl Store {
    /// Folder of what generators draw while they are trained.
    pub const GENERATORS: &'static str = "generators";

    /// Opens or makes the folder. `identity` says which run it holds; a folder of another run is refused.
    pub fn open(root: &Path, identity: &str) -> Result<Self> {
        let mut store = Self {
            root: root.to_owned(),
            earlier: 0.0,
            started: Instant::now(),
        };
        for folder in [store.work(), store.models()] {
            std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "making the folder"))?;
            remove_partial_files(&folder);
        }
        remove_partial_files(root);
        match store.get::<String>("run")? {
            None => store.put("run", &identity)?,
            Some(found) if found == identity => {}
            Some(found) => {
                let problem = format!(
                    "holds another run ({found}), not this one ({identity}). Give another --out, or delete the folder"
                );
                return Err(Error::file(root, problem));
            }
        }
        store.earlier = store.get("seconds")?.unwrap_or(0.0);
        Ok(store)
    }

    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    pub fn model(&self, name: &str) -> PathBuf {
        self.models().join(format!("{name}.safetensors"))
    }

    /// Of one model's generators, the folder for that.
    pub fn generators(&self, model: &str) -> Result<PathBuf> {
        let folder = self.root.join(Self::GENERATORS).join(model);
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "making the folder"))?;
        remove_partial_files(&folder);
        Ok(folder)
    }

    pub fn results(&self) -> PathBuf {
        self.root.join("results.json")
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
        let path = self.part(name);
        match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(Some(value)),
                Err(e) => Err(Error::file(
                    path,
                    format!("is damaged ({e}). Delete it to compute it again"),
                )),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::io(path, "reading")(e)),
        }
    }

    /// Keeps a finished part.
    pub fn put<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let path = self.part(name);
        let bytes =
            serde_json::to_vec(value).map_err(|e| Error::file(&path, format!("cannot be written as JSON: {e}")))?;
        write_atomically(&path, &bytes)
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
}
