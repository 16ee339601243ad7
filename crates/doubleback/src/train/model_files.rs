use std::path::{Path, PathBuf};

use super::defense::TEACHER;
use crate::{Error, Result};

/// The files of a model that can be trained further: beside `NAME.safetensors` its state, `NAME.state`, which more steps go on from, and the
/// state of its teacher, if it had one, `NAME.teacher-state`; while it is trained a folder of checkpoints, `NAME.work`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    model: PathBuf,
}

impl ModelFiles {
    /// Those of the model file `model`.
    pub fn of(model: impl Into<PathBuf>) -> Self {
        Self { model: model.into() }
    }

    /// The model itself.
    pub fn model(&self) -> &Path {
        &self.model
    }

    /// Folder of checkpoints.
    pub fn work(&self) -> PathBuf {
        self.model.with_extension("work")
    }

    /// What more steps go on from.
    pub fn state(&self) -> PathBuf {
        self.model.with_extension("state")
    }

    /// What more steps of its teacher go on from, if it had one.
    pub fn teacher_state(&self) -> PathBuf {
        self.model.with_extension("teacher-state")
    }

    /// The state of a phase of the training.
    pub(super) fn state_of(&self, phase: &str) -> PathBuf {
        match phase {
            TEACHER => self.teacher_state(),
            _ => self.state(),
        }
    }

    /// Gives files of an earlier training that are there names of their own: `NAME.safetensors.1` and its like, with the first number that is
    /// free. Says what the first of them is called now.
    pub(super) fn set_aside(&self, files: &[PathBuf]) -> Result<Option<PathBuf>> {
        let numbered = |path: &Path, number: usize| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        let present: Vec<&PathBuf> = files.iter().filter(|path| path.exists()).collect();
        let all = [self.model.clone(), self.teacher_state(), self.state()];
        let taken = |number: usize| all.iter().any(|path| numbered(path, number).exists());
        let mut number = 1;
        while taken(number) {
            number += 1;
        }
        for path in &present {
            std::fs::rename(path, numbered(path, number)).map_err(Error::io(path.as_path(), "setting it aside"))?;
        }
        Ok(present.first().map(|path| numbered(path, number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_set_aside_under_the_first_free_number() {
        let folder = tempfile::tempdir().unwrap();
        let here = |name: &str| folder.path().join(name);
        let files = ModelFiles::of(here("a.b.safetensors"));
        assert_eq!(files.state(), here("a.b.state"));
        assert_eq!(files.state_of(TEACHER), here("a.b.teacher-state"));
        let all = [files.model().to_owned(), files.state()];
        assert_eq!(files.set_aside(&all).unwrap(), None);
        for (number, content) in [(1, "first"), (2, "second")] {
            std::fs::write(files.model(), content).unwrap();
            std::fs::write(files.state(), content).unwrap();
            let kept = files.set_aside(&all).unwrap().unwrap();
            assert_eq!(kept, here(&format!("a.b.safetensors.{number}")));
            assert_eq!(std::fs::read_to_string(kept).unwrap(), content);
            assert!(here(&format!("a.b.state.{number}")).exists());
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
    }
}
