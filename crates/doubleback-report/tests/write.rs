//! A report is written whole, or an error names the file and what to do.

mod fixture;

use doubleback_report::{Error, Report};

#[test]
fn the_report_is_written_whole_and_replaces_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/report.html");
    let (results, pictures) = (fixture::results("mnist-mini"), fixture::pictures());
    let report = Report {
        results: &results,
        pictures: &pictures,
        published: None,
    };
    report.write(&path).unwrap();
    report.write(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), report.html());
    let left: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary file stays");
}

#[test]
fn an_error_names_the_file_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (results, pictures) = (fixture::results("mnist-mini"), fixture::pictures());
    let report = Report {
        results: &results,
        pictures: &pictures,
        published: None,
    };
    let taken = folder.path().join("report.html");
    std::fs::create_dir(&taken).unwrap();
    let error = report.write(&taken).unwrap_err();
    assert!(matches!(&error, Error::Write { path, .. } if *path == taken));
    assert!(
        error.to_string().contains("Check that no folder has this name"),
        "{error}"
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no temporary file stays"
    );
}
