//! Opens a study's folder for serving, and checks all that is in it.

use std::fs;
use std::path::{Path, PathBuf};

use doubleback_data::sha256;
use rayon::prelude::*;

use super::check::check;
use super::images;
use super::manifest::Manifest;
use super::texts::StudyTexts;
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
    pub texts: StudyTexts,
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
    Ok((manifest, sha256(std::iter::once(bytes.as_slice()))))
}

impl Study {
    /// Opens a study's folder.
    ///
    /// # Errors
    /// If a file is missing, is not what the manifest says, or has something that cannot be shown.
    pub fn open(folder: &Path) -> Result<Self> {
        let (manifest, checksum) = read(folder)?;
        let texts = StudyTexts::read(&folder.join("texts"))?;
        let shape = manifest.data.shape;
        let image =
            |(file, checksum): (&String, &String)| images::read(&folder.join("images").join(file), checksum, shape);
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

#[cfg(test)]
mod tests {
    use super::super::create::{Contents, create};
    use super::super::default_texts::Drafts;
    use super::super::fixture::{png, study};
    use super::*;

    fn made() -> (tempfile::TempDir, PathBuf) {
        let (manifest, images) = study();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study");
        let contents = Contents {
            manifest: &manifest,
            images: &images,
            texts: &Drafts::default(),
            others: &[],
        };
        create(&path, &contents).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_made_is_opened_with_images_of_one_length() {
        let (_folder, path) = made();
        let opened = Study::open(&path).unwrap();
        assert_eq!(opened.manifest, study().0);
        assert_eq!((opened.images.len(), opened.practice.len()), (2, 1));
        assert!(
            opened
                .images
                .iter()
                .chain(&opened.practice)
                .all(|image| image.len() == opened.images[0].len())
        );
        assert_ne!(opened.images[0], opened.images[1]);
        assert!(
            opened.texts.consent.is_draft(),
            "the default consent has places to fill in"
        );
        assert_eq!(read_manifest(&path).unwrap(), opened.manifest);
    }

    #[test]
    fn what_is_missing_or_changed_is_named() {
        let (_folder, path) = made();
        let refused = |file: &str, content: Option<&[u8]>| {
            let file = path.join(file);
            let before = fs::read(&file).unwrap();
            match content {
                Some(content) => fs::write(&file, content).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            let error = Study::open(&path).unwrap_err().to_string();
            fs::write(&file, before).unwrap();
            assert!(error.starts_with(&*file.to_string_lossy()), "{error}");
            error
        };
        assert!(refused("images/1.png", Some(&png(9))).contains("SHA-256"));
        assert!(refused("images/2.png", None).contains("cannot read"));
        assert!(refused("texts/consent.md", None).contains("cannot read"));
        assert!(refused("texts/thanks.md", Some(b"{{model}}")).contains("no placeholder"));
        assert!(refused("study.json", None).contains("doubleback study new"));
        assert!(refused("study.json", Some(b"{")).contains("is no JSON"));
        assert!(refused("study.json", Some(br#"{"format": 2}"#)).contains("format 2: expected 1"));
        assert!(refused("study.json", Some(br#"{"format": 1}"#)).contains("is no study"));
        Study::open(&path).unwrap();
    }
}
