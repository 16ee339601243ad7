//! What results call several models by.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use crate::{Error, Result};

/// A model's file as a user gives it: `FILE`, or `NAME=FILE` with the name that results call it by.
///
/// ```
/// use doubleback::evaluate::ModelPath;
/// let given = ModelPath::parse("plain=runs/1/model.safetensors".as_ref());
/// assert_eq!((given.name.as_deref(), given.path.to_str()), (Some("plain"), Some("runs/1/model.safetensors")));
/// assert_eq!(ModelPath::parse("runs/x=1/model.safetensors".as_ref()).name, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelPath {
    /// The name, if one was given.
    pub name: Option<String>,
    /// The file.
    pub path: PathBuf,
}

impl ModelPath {
    /// Reads `FILE` or `NAME=FILE`. A name has no `/`; a file that is there under the whole of it is that file.
    pub fn parse(given: &OsStr) -> Self {
        let named = given.to_str().filter(|_| !Path::new(given).exists());
        let named = named.and_then(|given| given.split_once('='));
        match named.filter(|(name, path)| !name.is_empty() && !path.is_empty() && !name.contains(['/', '\\'])) {
            Some((name, path)) => Self {
                name: Some(name.to_owned()),
                path: path.into(),
            },
            None => Self {
                name: None,
                path: given.into(),
            },
        }
    }

    /// What it is called if it is given this many names of the path from its end: the file's without its ending, then folders.
    fn called(&self, parts: usize) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut names = vec![stem];
        let folders = path.parent().into_iter().flat_map(Path::components).rev();
        let folders = folders.filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        });
        names.extend(folders.take(parts - 1));
        names.reverse();
        names.join("/")
    }
}

/// What results call each of some models by: the name that was given, or that of its file without the ending, with as many folders before it
/// as tell it from the others: `max/model` and `avg/model`.
///
/// # Errors
/// When a file is given twice, or a name.
pub fn model_names(models: &[ModelPath]) -> Result<Vec<String>> {
    for (place, model) in models.iter().enumerate() {
        let same = |other: &&ModelPath| {
            same_file(&model.path, &other.path) && (other.name == model.name || other.name.is_none())
        };
        if models[..place].iter().any(|other| same(&other)) {
            return Err(Error::file(&model.path, "is given twice. Give each model once"));
        }
    }
    let mut parts = vec![1; models.len()];
    loop {
        let names: Vec<String> = models
            .iter()
            .zip(&parts)
            .map(|(model, &parts)| model.called(parts))
            .collect();
        let twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
        let Some(name) = names.iter().find(|name| twice(name)) else {
            return Ok(names);
        };
        let mut changed = false;
        for (place, model) in models.iter().enumerate().filter(|(place, _)| twice(&names[*place])) {
            let longer = parts[place] + 1;
            if model.called(longer) != names[place] {
                parts[place] = longer;
                changed = true;
            }
        }
        if !changed {
            let expected = "the name of one model alone, and results go by it. Give another, as in NAME=FILE";
            return Err(Error::value("model", expected, name));
        }
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| std::fs::canonicalize(path).ok();
    one == other || canonical(one).is_some_and(|one| Some(one) == canonical(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(given: &[&str]) -> Result<Vec<String>> {
        let models: Vec<ModelPath> = given.iter().map(|given| ModelPath::parse(given.as_ref())).collect();
        model_names(&models)
    }

    #[test]
    fn models_are_called_by_the_shortest_names_that_tell_them_apart() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&["a.safetensors", "runs/b.safetensors"], &["a", "b"]),
            (&["cells/A/model.st", "cells/B/model.st"], &["A/model", "B/model"]),
            (&["cells/A/model.st", "b.st"], &["model", "b"]),
            (
                &["x/1/model.st", "y/1/model.st", "y/2/model.st"],
                &["x/1/model", "y/1/model", "2/model"],
            ),
            (&["max=cells/A/model.st", "cells/B/model.st"], &["max", "model"]),
            (&["model=a.st", "x/model.st"], &["model", "x/model"]),
        ];
        for (given, expected) in cases {
            assert_eq!(names(given).unwrap(), expected, "{given:?}");
        }
        // Of the folder that one is in by no word of the user.
        let folder = std::env::current_dir().unwrap();
        let here = format!("{}/model", folder.file_name().unwrap().to_string_lossy());
        assert_eq!(names(&["model.st", "A/model.st"]).unwrap(), [here.as_str(), "A/model"]);
    }

    #[test]
    fn a_model_or_a_name_that_is_given_twice_is_refused() {
        let message = |given: &[&str]| names(given).unwrap_err().to_string();
        assert_eq!(message(&["a.st", "a.st"]), "a.st: is given twice. Give each model once");
        assert_eq!(
            message(&["m=a.st", "m=a.st"]),
            "a.st: is given twice. Give each model once"
        );
        assert!(message(&["m=a.st", "m=b.st"]).starts_with("model: m is not the name of one model alone"));
        assert_eq!(names(&["m=a.st", "n=a.st"]).unwrap(), ["m", "n"]);
    }
}
