//! Whether a manifest says what can be.

use std::path::{Component, Path};

use super::manifest::Manifest;

/// Says what is wrong with a manifest.
pub(super) fn check(manifest: &Manifest) -> std::result::Result<(), String> {
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
    use super::super::fixture::study;
    use super::*;

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
