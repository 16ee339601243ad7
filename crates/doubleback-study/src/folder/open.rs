//! Opens a study's folder for serving, and checks all that is in it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::images;
use super::manifest::Manifest;
use super::texts::Texts;
use crate::{Error, Result};

/// A study's folder, read and checked.
#[derive(Clone, Debug)]
pub struct Study {
    /// Where it is.
    pub path: PathBuf,
    /// What it is made of.
    pub manifest: Manifest,
    /// SHA-256 of `study.json`, in hexadecimal digits.
    pub checksum: String,
    /// By candidate: a PNG. All of them, and those to practise on, have the same length.
    pub images: Vec<Vec<u8>>,
    /// By practice image: a PNG.
    pub practice: Vec<Vec<u8>>,
    /// What participants read.
    pub texts: Texts,
}

/// Reads a study's `study.json` and checks that what it says can be.
///
/// # Errors
/// If it cannot be read, is of a later version, or contradicts itself.
pub fn read_manifest(folder: &Path) -> Result<Manifest> {
    read(folder).map(|(manifest, _)| manifest)
}

fn read(folder: &Path) -> Result<(Manifest, String)> {
    let path = folder.join("study.json");
    let bytes = fs::read(&path).map_err(|cause| Error::File {
        path: path.clone(),
        action: "cannot read; `doubleback study new` makes a study",
        cause,
    })?;
    let content = |what: String| Error::Content {
        path: path.clone(),
        what,
    };
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| content(format!("is no JSON: {error}")))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(Manifest::FORMAT)) {
        let found = format.map_or("none".to_owned(), |format| format.to_string());
        let what = format!(
            "format {found}: expected {}; open it with the version of doubleback that made it",
            Manifest::FORMAT
        );
        return Err(content(what));
    }
    let manifest: Manifest = serde_json::from_value(value).map_err(|error| content(format!("is no study: {error}")))?;
    check(&manifest).map_err(content)?;
    Ok((manifest, images::hex(&Sha256::digest(&bytes))))
}

impl Study {
    /// Opens a study's folder.
    ///
    /// # Errors
    /// If a file is missing, is not what the manifest says, or has something that cannot be shown.
    pub fn open(folder: &Path) -> Result<Self> {
        let (manifest, checksum) = read(folder)?;
        let texts = Texts::read(&folder.join("texts"))?;
        let shape = manifest.data.shape;
        let image = |(file, sha256): (&String, &String)| images::read(&folder.join("images").join(file), sha256, shape);
        let candidates = manifest
            .candidates
            .par_iter()
            .map(|candidate| image((&candidate.file, &candidate.sha256)));
        let practice = manifest
            .practice
            .par_iter()
            .map(|practice| image((&practice.file, &practice.sha256)));
        Ok(Self {
            images: candidates.collect::<Result<_>>()?,
            practice: practice.collect::<Result<_>>()?,
            path: folder.to_owned(),
            manifest,
            checksum,
            texts,
        })
    }
}

/// Says what is wrong with a manifest.
fn check(manifest: &Manifest) -> std::result::Result<(), String> {
    let (classes, models) = (manifest.classes.len(), manifest.models.len());
    if classes < 2 {
        return Err(format!("{classes} classes: people need at least two to choose from"));
    }
    if models == 0 || manifest.candidates.is_empty() {
        return Err(format!(
            "{models} models and {} candidates: there is nothing to show",
            manifest.candidates.len()
        ));
    }
    let files = manifest.candidates.iter().map(|candidate| &candidate.file);
    for file in files.chain(manifest.practice.iter().map(|practice| &practice.file)) {
        let mut parts = Path::new(file).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(format!(
                "an image's file is `{file}`: expected the name of a file in images/"
            ));
        }
    }
    for (index, candidate) in manifest.candidates.iter().enumerate() {
        if candidate.model >= models || candidate.original >= classes || candidate.target >= classes {
            let (model, original, target) = (candidate.model, candidate.original, candidate.target);
            return Err(format!(
                "candidate {index} has model {model}, original {original} and target {target}: there are {models} models and {classes} classes, from 0"
            ));
        }
        if candidate.original == candidate.target {
            return Err(format!(
                "candidate {index} has its original class as its target: it fools nobody"
            ));
        }
    }
    for (index, practice) in manifest.practice.iter().enumerate() {
        if practice.label >= classes {
            return Err(format!(
                "practice image {index} has class {}: there are {classes}, from 0",
                practice.label
            ));
        }
    }
    for (index, confusion) in manifest.confusion.iter().enumerate() {
        if confusion.model >= models
            || confusion.counts.len() != classes
            || confusion.counts.iter().any(|row| row.len() != classes)
        {
            return Err(format!(
                "confusion matrix {index} is not of one of {models} models, or not {classes} by {classes}"
            ));
        }
    }
    Ok(())
}
