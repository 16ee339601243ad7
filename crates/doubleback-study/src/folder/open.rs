//! Opens a study's folder for serving, and checks all that is in it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use doubleback_data::sha256;
use rayon::prelude::*;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::create::{Contents, create};
    use super::super::default_texts::Texts;
    use super::super::manifest::{Attack, Candidate, Confusion, Data, Model, Practice, Protocol, Role};
    use super::*;

    fn png(shade: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 3, 2);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[shade; 6]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    /// Two classes, one model, one image of each and one to practise on.
    fn study() -> (Manifest, BTreeMap<String, Vec<u8>>) {
        let images: BTreeMap<_, _> = (0..3).map(|shade| (format!("{shade}.png"), png(shade))).collect();
        let checksum = |file: &str| sha256(std::iter::once(images[file].as_slice()));
        let candidate = |class: usize| {
            let file = format!("{class}.png");
            let (sha256, original, target) = (checksum(&file), class, 1 - class);
            Candidate {
                file,
                sha256,
                model: 0,
                index: class,
                original,
                target,
            }
        };
        let manifest = Manifest {
            format: Manifest::FORMAT,
            title: "Shades".to_owned(),
            version: "0".to_owned(),
            data: Data {
                dataset: "shades".to_owned(),
                checksum: "0".to_owned(),
                shape: [2, 3, 1],
            },
            classes: vec!["dark".to_owned(), "light".to_owned()],
            seed: 1,
            models: vec![Model {
                name: "model".to_owned(),
                role: Role::Normal,
                file: "model".to_owned(),
                checksum: "0".to_owned(),
                clean_accuracy: 1.0,
                training: BTreeMap::new(),
            }],
            attack: Attack {
                name: "fgsm".to_owned(),
                options: serde_json::json!({}),
                eps: vec![0.1],
            },
            protocol: Protocol {
                per_class: 1,
                candidates: 1,
                short: Vec::new(),
            },
            candidates: vec![candidate(0), candidate(1)],
            practice: vec![Practice {
                file: "2.png".to_owned(),
                sha256: checksum("2.png"),
                index: 2,
                label: 1,
            }],
            confusion: vec![Confusion {
                model: 0,
                title: String::new(),
                counts: vec![vec![1, 2], vec![3, 4]],
            }],
        };
        (manifest, images)
    }

    fn made() -> (tempfile::TempDir, PathBuf) {
        let (manifest, images) = study();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study");
        let contents = Contents {
            manifest: &manifest,
            images: &images,
            texts: &Texts::default(),
            others: &[],
        };
        create(&path, &contents).unwrap();
        (folder, path)
    }

    #[test]
    fn what_was_made_is_opened_with_images_of_one_length() {
        let (_folder, path) = made();
        let study = Study::open(&path).unwrap();
        assert_eq!(study.manifest, super::tests::study().0);
        assert_eq!((study.images.len(), study.practice.len()), (2, 1));
        assert!(
            study
                .images
                .iter()
                .chain(&study.practice)
                .all(|image| image.len() == study.images[0].len())
        );
        assert_ne!(study.images[0], study.images[1]);
        assert!(
            study.texts.consent.is_draft(),
            "the default consent has places to fill in"
        );
        assert_eq!(read_manifest(&path).unwrap(), study.manifest);
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

    #[test]
    fn manifests_that_contradict_themselves_are_refused() {
        type Change = fn(&mut Manifest);
        let cases: [(Change, &str); 8] = [
            (|study| study.classes.truncate(1), "1 classes"),
            (|study| study.candidates.clear(), "nothing to show"),
            (
                |study| study.candidates[1].file = "../study.json".to_owned(),
                "the name of a file in images/",
            ),
            (
                |study| study.practice[0].file = "/etc/passwd".to_owned(),
                "the name of a file in images/",
            ),
            (|study| study.candidates[1].model = 1, "candidate 1 has model 1"),
            (|study| study.candidates[0].target = 0, "fools nobody"),
            (|study| study.practice[0].label = 2, "practice image 0 has class 2"),
            (|study| study.confusion[0].counts.truncate(1), "confusion matrix 0"),
        ];
        check(&study().0).unwrap();
        for (change, expected) in cases {
            let (mut manifest, _) = study();
            change(&mut manifest);
            let error = check(&manifest).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
