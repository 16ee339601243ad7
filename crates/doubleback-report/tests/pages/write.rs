//! A report is written whole, or an error names the file and what to do.

use crate::fixture;

use doubleback_report::{Error, Published, reproduction_html, write_reproduction};

#[test]
fn the_report_is_written_whole_and_replaces_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("new");
    let (results, pictures) = (fixture::results("mnist-mini"), fixture::pictures());
    let first = write_reproduction(&results, &pictures, &folder).unwrap();
    assert_eq!(write_reproduction(&results, &pictures, &folder).unwrap(), first);
    let page = reproduction_html(&results, &pictures, Published::for_dataset("mnist-mini").as_ref());
    assert_eq!(std::fs::read_to_string(folder.join("report.html")).unwrap(), page);
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 2, "the page and its figures, and no temporary file");
}

#[test]
fn what_a_killed_write_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let leftover = folder.path().join("figures/.doubleback-x.part");
    std::fs::create_dir(folder.path().join("figures")).unwrap();
    std::fs::write(&leftover, "half a figure").unwrap();
    write_reproduction(&fixture::results("mnist-mini"), &fixture::pictures(), folder.path()).unwrap();
    assert!(!leftover.exists());
}

#[test]
fn an_error_names_the_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("report.html");
    std::fs::create_dir(&taken).unwrap();
    let written = write_reproduction(&fixture::results("mnist-mini"), &fixture::pictures(), folder.path());
    let error = written.unwrap_err();
    assert!(matches!(&error, Error::Write { path, .. } if *path == taken));
    let message = error.to_string();
    assert!(message.starts_with(&taken.display().to_string()), "{message}");
    assert!(message.contains("Check that no folder has this name"), "{message}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file stays"
    );
}
