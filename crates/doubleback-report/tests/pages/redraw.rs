//! A report is drawn again from the files of its run alone, or an error says what the folder holds.

use crate::fixture;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use doubleback_experiments::audit::EXAMPLES;
use doubleback_experiments::reproduce::Pictures;
use doubleback_report::{RunKind, redraw, write_audit, write_diagnosis, write_pooling, write_reproduction};
use serde::Serialize;

/// What a command leaves besides the report: results, and `work/`.
fn run(folder: &Path, results: &impl Serialize) {
    fs::write(folder.join("results.json"), serde_json::to_vec_pretty(results).unwrap()).unwrap();
    fs::create_dir(folder.join("work")).unwrap();
    fs::write(folder.join("work/part.json"), "{}").unwrap();
}

fn bytes(paths: &[PathBuf]) -> BTreeMap<PathBuf, Vec<u8>> {
    paths
        .iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Draws the report of a run again when all else is gone.
fn redrawn(folder: &Path, kind: RunKind, paths: &[PathBuf]) {
    let before = bytes(paths);
    fs::remove_dir_all(folder.join("work")).unwrap();
    fs::remove_dir_all(folder.join("figures")).unwrap();
    fs::remove_file(folder.join("report.html")).unwrap();
    let redrawn = redraw(folder).unwrap();
    assert_eq!((redrawn.kind, redrawn.paths.as_slice()), (kind, paths));
    for (path, bytes) in before {
        assert!(fs::read(&path).unwrap() == bytes, "{}", path.display());
    }
}

#[test]
fn a_reproduction_comes_back_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (results, pictures) = (fixture::full_results("mnist"), fixture::full_pictures());
    run(folder.path(), &results);
    pictures.write(folder.path()).unwrap();
    let paths = write_reproduction(&results, &pictures, folder.path()).unwrap();
    redrawn(folder.path(), RunKind::Reproduction, &paths);
}

#[test]
fn a_diagnosis_comes_back_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let results = fixture::diagnosis::diagnosis("mnist");
    run(folder.path(), &results);
    let paths = write_diagnosis(&results, folder.path()).unwrap();
    redrawn(folder.path(), RunKind::Diagnosis, &paths);
}

#[test]
fn a_pooling_study_comes_back_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let results = fixture::pooling::pooling("mnist");
    run(folder.path(), &results);
    let paths = write_pooling(&results, folder.path()).unwrap();
    redrawn(folder.path(), RunKind::Pooling, &paths);
}

#[test]
fn an_audit_comes_back_to_the_byte() {
    for audit in [
        fixture::audit::audit(),
        fixture::audit::custom(),
        fixture::audit::partial(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let examples = fixture::audit::examples();
        run(folder.path(), &audit);
        let pictures = folder.path().join(EXAMPLES);
        fs::write(&pictures, serde_json::to_vec(&examples).unwrap()).unwrap();
        let paths = write_audit(&audit, &examples, folder.path()).unwrap();
        redrawn(folder.path(), RunKind::Audit, &paths);
        // Without its pictures it is drawn without them; damaged ones are told.
        fs::remove_file(&pictures).unwrap();
        redraw(folder.path()).unwrap();
        fs::write(&pictures, "{").unwrap();
        let damaged = redraw(folder.path()).unwrap_err().to_string();
        assert!(damaged.contains("cannot be read as examples of an audit"), "{damaged}");
    }
}

#[test]
fn a_folder_of_anything_else_says_what_it_holds() {
    let message = |folder: &Path| {
        let message = redraw(folder).unwrap_err().to_string();
        assert!(!folder.join("report.html").exists() && !folder.join("figures").exists());
        message.replace(&folder.parent().unwrap().display().to_string(), "…")
    };
    let all = tempfile::tempdir().unwrap();
    let folder = |name: &str, files: &[(&str, &[u8])]| {
        let folder = all.path().join(name);
        fs::create_dir(&folder).unwrap();
        for (file, bytes) in files {
            fs::write(folder.join(file), bytes).unwrap();
        }
        folder
    };
    let kinds = "Give the folder of a run of reproduce, diagnose, pooling or audit";
    assert_eq!(
        message(&all.path().join("absent")),
        format!("…/absent: there is no such folder. {kinds}")
    );
    assert_eq!(message(&folder("empty", &[])), format!("…/empty: is empty. {kinds}"));
    let names = ["a", "b", "c", "d", "e", "f", "g"].map(|name| (name, b"".as_slice()));
    assert_eq!(
        message(&folder("others", &names)),
        format!("…/others: has no results.json, only a, b, c, d, e, f and 1 more. {kinds}")
    );
    let unfinished = folder("unfinished", &[]);
    fs::create_dir(unfinished.join("work")).unwrap();
    assert_eq!(
        message(&unfinished),
        "…/unfinished: holds a run that is not finished: there is no results.json. Give the command that began it again; what is done is kept"
    );
    let text = message(&folder("text", &[("results.json", b"hello")]));
    assert!(
        text.starts_with("…/text/results.json: is not an object in JSON ("),
        "{text}"
    );
    assert_eq!(
        message(&folder("foreign", &[("results.json", br#"{"model": 1, "eps": 2}"#)])),
        "…/foreign/results.json: is of no run of reproduce, diagnose, pooling or audit: its fields are eps, model. Give the folder of such a run"
    );
    let old = message(&folder("old", &[("results.json", br#"{"oracle": {}}"#)]));
    assert!(
        old.contains("cannot be read as results of diagnose: missing field"),
        "{old}"
    );
    assert!(old.ends_with("run `doubleback diagnose` again"), "{old}");

    let results = serde_json::to_vec(&fixture::results("mnist-mini")).unwrap();
    let without = message(&folder("without", &[("results.json", &results)]));
    assert!(
        without.starts_with("…/without/pictures.json.gz: is missing"),
        "{without}"
    );
    let damaged = folder("damaged", &[("results.json", &results)]);
    fixture::pictures().write(&damaged).unwrap();
    let path = damaged.join(Pictures::FILE);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let damaged = message(&damaged);
    assert!(
        damaged.starts_with("…/damaged/pictures.json.gz: is damaged: "),
        "{damaged}"
    );
}
