//! Finished parts of an evaluation in a folder beside its output, for the same command to go on from.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::sha256;
use crate::write::{remove_partial_files, write_atomically};
use crate::{Error, Result};

/// What an evaluation is of, by name: all that its numbers depend on.
pub type Identity = BTreeMap<String, String>;

/// A folder with the finished parts of one evaluation. It is made when the first part is finished, and held by one process at a time.
///
/// Every part is written whole or not at all, so the process may be killed at any instant.
#[derive(Debug)]
pub struct Unfinished {
    folder: PathBuf,
    identity: Identity,
    /// Its lock ends with the process, however that ends.
    lock: Option<File>,
}

/// The file with the identity.
const IDENTITY: &str = "evaluation.json";
const LOCK: &str = "lock";
/// How the names of parts begin.
const PART: &str = "part-";
/// Where outputs are put together that are more than a file.
const DRAFT: &str = "draft";

impl Unfinished {
    /// Looks at a folder, which need not be there.
    ///
    /// # Errors
    /// When it holds parts of another evaluation, naming what differs, when another process works in it, or it is not a folder of this kind.
    pub fn open(folder: &Path, identity: Identity) -> Result<Self> {
        let mut unfinished = Self {
            folder: folder.to_owned(),
            identity,
            lock: None,
        };
        match fs::read_dir(folder) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(unfinished),
            Err(cause) => return Err(Error::io(folder, "looking for unfinished work")(cause)),
            Ok(entries) => {
                let foreign = entries
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned());
                let mut foreign = foreign.filter(|name| !is_ours(name) && !name.starts_with('.'));
                if let Some(name) = foreign.next() {
                    let problem = format!(
                        "is where unfinished work would be kept, and holds `{name}`. Give the output another name, or move the folder away"
                    );
                    return Err(Error::file(folder, problem));
                }
            }
        }
        unfinished.hold()?;
        remove_partial_files(folder);
        match unfinished.read::<Identity>(IDENTITY) {
            Some(found) => unfinished.check(&found)?,
            None if unfinished.is_begun() => {
                let problem =
                    format!("holds unfinished work without a readable `{IDENTITY}`. Remove the folder to start over");
                return Err(Error::file(folder, problem));
            }
            None => {}
        }
        Ok(unfinished)
    }

    /// Whether there are parts of an earlier run.
    pub fn is_begun(&self) -> bool {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        entries
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().starts_with(PART))
    }

    /// Removes the folder: what it is kept for is done.
    ///
    /// # Errors
    /// When files cannot be removed.
    pub fn remove(mut self) -> Result<()> {
        drop(self.lock.take());
        let removing = "removing what unfinished work had kept";
        let entries = match fs::read_dir(&self.folder) {
            Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(Error::io(&self.folder, removing))?,
        };
        // The identity last: without it nothing says what the parts are of.
        let mut last = None;
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            match name.as_str() {
                IDENTITY => last = Some(path),
                DRAFT => fs::remove_dir_all(&path).map_err(Error::io(&path, removing))?,
                name if is_ours(name) => fs::remove_file(&path).map_err(Error::io(&path, removing))?,
                _ => {}
            }
        }
        if let Some(path) = last {
            fs::remove_file(&path).map_err(Error::io(&path, removing))?;
        }
        fs::remove_dir(&self.folder).map_err(Error::io(&self.folder, removing))
    }

    /// An empty folder within this one, where an output that is a folder is put together.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn draft(&mut self) -> Result<PathBuf> {
        self.begin()?;
        let draft = self.folder.join(DRAFT);
        match fs::remove_dir_all(&draft) {
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(Error::io(&draft, "removing an unfinished draft")(cause));
            }
            _ => {}
        }
        fs::create_dir_all(&draft).map_err(Error::io(&draft, "making the folder"))?;
        Ok(draft)
    }

    /// A finished part by name. One that cannot be read is as good as none.
    pub(crate) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.read(&format!("{PART}{name}.json"))
    }

    /// Keeps a finished part.
    pub(crate) fn put<T: Serialize>(&mut self, name: &str, part: &T) -> Result<()> {
        self.begin()?;
        self.write(&format!("{PART}{name}.json"), part)
    }

    /// Values that belong to a part, if they are still those of this checksum.
    pub(super) fn get_values(&self, name: &str, checksum: &str) -> Option<Vec<f32>> {
        let bytes = fs::read(self.folder.join(format!("{PART}{name}.f32"))).ok()?;
        let whole = sha256(std::iter::once(bytes.as_slice())) == checksum;
        let (values, _) = bytes.as_chunks::<4>();
        whole.then(|| values.iter().map(|&value| f32::from_le_bytes(value)).collect())
    }

    /// Keeps values that belong to a part, before the part itself; their checksum.
    pub(super) fn put_values(&mut self, name: &str, values: &[f32]) -> Result<String> {
        self.begin()?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        write_atomically(&self.folder.join(format!("{PART}{name}.f32")), &bytes)?;
        Ok(sha256(std::iter::once(bytes.as_slice())))
    }

    /// Makes the folder, unless it is there.
    fn begin(&mut self) -> Result<()> {
        if self.lock.is_none() {
            fs::create_dir_all(&self.folder).map_err(Error::io(&self.folder, "making the folder"))?;
            self.hold()?;
        }
        if !self.folder.join(IDENTITY).exists() {
            self.write(IDENTITY, &self.identity)?;
        }
        Ok(())
    }

    fn hold(&mut self) -> Result<()> {
        let path = self.folder.join(LOCK);
        let file = File::create(&path).map_err(Error::io(&path, "keeping other processes out"))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let problem =
                "another doubleback is working in it. Wait until that has finished, or give the output another name";
            return Err(Error::file(&self.folder, problem));
        }
        self.lock = Some(file);
        Ok(())
    }

    fn check(&self, found: &Identity) -> Result<()> {
        let names = self.identity.keys().chain(found.keys());
        let value = |of: &Identity, name: &str| of.get(name).cloned().unwrap_or_else(|| "nothing".to_owned());
        for name in names {
            let (there, here) = (value(found, name), value(&self.identity, name));
            if there != here {
                let problem = format!(
                    "holds unfinished work that differs in its {name}: {there} there, {here} here. \
                     Give the command that it is of to go on with it, or remove the folder to start over"
                );
                return Err(Error::file(&self.folder, problem));
            }
        }
        Ok(())
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.folder.join(name)).ok()?).ok()
    }

    fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<()> {
        let json = serde_json::to_vec(value).map_err(|e| Error::internal("describing unfinished work as JSON", e))?;
        write_atomically(&self.folder.join(name), &json)
    }
}

fn is_ours(name: &str) -> bool {
    [IDENTITY, LOCK, DRAFT].contains(&name) || name.starts_with(PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(eps: &str) -> Identity {
        Identity::from([
            ("attack".to_owned(), "pgd".to_owned()),
            ("eps".to_owned(), eps.to_owned()),
        ])
    }

    #[test]
    fn parts_are_found_again_by_the_same_evaluation_alone() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().join("out.npz.work");
        let mut first = Unfinished::open(&folder, identity("0.1")).unwrap();
        assert!(!folder.exists() && !first.is_begun());
        let checksum = first.put_values("0", &[0.5, -0.25]).unwrap();
        first.put("0", &(1, 0.1)).unwrap();
        drop(first);

        let second = Unfinished::open(&folder, identity("0.1")).unwrap();
        assert!(second.is_begun());
        assert_eq!((second.get("0"), second.get::<u8>("1")), (Some((1, 0.1)), None));
        assert_eq!(second.get_values("0", &checksum), Some(vec![0.5, -0.25]));
        assert_eq!(second.get_values("0", "another"), None);
        let held = Unfinished::open(&folder, identity("0.1")).unwrap_err().to_string();
        assert!(held.contains("another doubleback is working in it"), "{held}");
        drop(second);

        let other = Unfinished::open(&folder, identity("0.2")).unwrap_err().to_string();
        assert!(other.contains("differs in its eps: 0.1 there, 0.2 here"), "{other}");
        let mut third = Unfinished::open(&folder, identity("0.1")).unwrap();
        fs::write(third.draft().unwrap().join("a.png"), "").unwrap();
        assert_eq!(fs::read_dir(third.draft().unwrap()).unwrap().count(), 0);
        third.remove().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn damaged_parts_are_as_good_as_none_and_other_folders_are_left_alone() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().join("work");
        let mut unfinished = Unfinished::open(&folder, identity("0.1")).unwrap();
        unfinished.put("0", &1).unwrap();
        fs::write(folder.join("part-0.json"), "{").unwrap();
        assert_eq!(unfinished.get::<u8>("0"), None);
        drop(unfinished);
        fs::remove_file(folder.join(IDENTITY)).unwrap();
        let unknown = Unfinished::open(&folder, identity("0.1")).unwrap_err().to_string();
        assert!(unknown.contains("without a readable `evaluation.json`"), "{unknown}");
        fs::write(folder.join("thesis.txt"), "").unwrap();
        let foreign = Unfinished::open(&folder, identity("0.1")).unwrap_err().to_string();
        assert!(foreign.contains("holds `thesis.txt`"), "{foreign}");
        assert!(folder.join("thesis.txt").exists());
    }
}
