//! Weights in files beside the model.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::super::refusal::Refusal;
use super::proto::StringStringEntryProto;

/// A file's bytes may stand behind several tensors, but not many times over: a small file shall not fill the memory.
const TIMES: u64 = 4;

/// The files beside a model that were needed so far, each opened once.
pub(super) struct Externals {
    /// The model, for where it lies.
    model: PathBuf,
    files: HashMap<String, Open>,
}

struct Open {
    file: File,
    bytes: u64,
    /// What may still be read of it.
    left: u64,
}

impl Externals {
    /// Beside this model.
    pub fn beside(model: &Path) -> Self {
        Self {
            model: model.to_owned(),
            files: HashMap::new(),
        }
    }

    /// A file that may be read and is there, as the model names it.
    pub fn path(&self, location: &str) -> Option<PathBuf> {
        self.open(location).is_ok().then(|| self.folder().join(location))
    }

    fn folder(&self) -> &Path {
        match self.model.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }

    /// The files that were read, as the model names them.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.files.keys().map(|location| self.folder().join(location)).collect();
        paths.sort();
        paths
    }

    /// The `bytes` bytes that a tensor's entries name.
    pub fn read(&mut self, entries: &[StringStringEntryProto], bytes: usize) -> Result<Vec<u8>, Refusal> {
        let entry = |key: &str| {
            entries
                .iter()
                .find(|entry| entry.key == key)
                .map(|entry| entry.value.as_str())
        };
        let number = |key: &str| {
            let parse = |text: &str| {
                let problem = || Refusal(format!("has `{key}` = `{text}`, which is no number of bytes"));
                text.parse::<u64>().map_err(|_| problem())
            };
            entry(key).map(parse).transpose()
        };
        let location = entry("location").ok_or("is in another file that is not named. Export it again")?;
        let offset = number("offset")?.unwrap_or(0);
        let wanted = bytes as u64;
        if let Some(length) = number("length")?
            && length != wanted
        {
            return Err(Refusal(format!(
                "has {length} bytes in `{location}`, its shape asks for {wanted}"
            )));
        }
        if !self.files.contains_key(location) {
            let open = self.open(location)?;
            self.files.insert(location.to_owned(), open);
        }
        let open = self.files.get_mut(location).ok_or("is in a file that was not opened")?;
        if offset.checked_add(wanted).is_none_or(|end| end > open.bytes) {
            return Err(Refusal(format!(
                "is {wanted} bytes from byte {offset} on in `{location}`, which has {} bytes. Copy both files again",
                open.bytes
            )));
        }
        open.left = open.left.checked_sub(wanted).ok_or_else(|| {
            Refusal(format!(
                "takes bytes of `{location}` that too many other tensors take too. Export it again"
            ))
        })?;
        let mut values = vec![0; bytes];
        let read = open
            .file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| open.file.read_exact(&mut values));
        read.map_err(|problem| Refusal(format!("cannot be read from `{location}`: {problem}")))?;
        Ok(values)
    }

    /// A file of the model's folder, or of the folder that the model really lies in if it is a link.
    fn open(&self, location: &str) -> Result<Open, Refusal> {
        let outside = || {
            Refusal(format!(
                "is in `{location}`, which is not in the model's folder, so it is not read. Put the file beside the model"
            ))
        };
        let inside = |part: Component| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(location).components().all(inside) {
            return Err(outside());
        }
        let unreadable = |problem: std::io::Error| {
            Refusal(match problem.kind() {
                std::io::ErrorKind::NotFound => format!(
                    "is in `{location}`, which is missing. Put it beside the model, under this name, or export without external data"
                ),
                _ => format!("is in `{location}`, which cannot be opened: {problem}"),
            })
        };
        let folder = self.folder();
        let path = fs::canonicalize(folder.join(location)).map_err(unreadable)?;
        let real_model = fs::canonicalize(&self.model).map_err(unreadable)?;
        let folders = [fs::canonicalize(folder).ok(), real_model.parent().map(Path::to_owned)];
        if !folders.iter().flatten().any(|folder| path.starts_with(folder)) {
            return Err(outside());
        }
        // A pipe would wait for ever, so ask first.
        if !fs::metadata(&path).map_err(unreadable)?.is_file() {
            return Err(Refusal(format!("is in `{location}`, which is no file")));
        }
        let file = File::open(&path).map_err(unreadable)?;
        let bytes = file.metadata().map_err(unreadable)?.len();
        Ok(Open {
            file,
            bytes,
            left: bytes.saturating_mul(TIMES),
        })
    }
}
