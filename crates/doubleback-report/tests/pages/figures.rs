//! The files of figures: which there are, that they stand alone, and that they hold what they draw.

use crate::fixture;

use std::fs;
use std::path::{Path, PathBuf};

use doubleback_experiments::reproduce::{Pictures, Results};
use doubleback_report::{Error, write_reproduction};

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

/// The files of the figures, without the page.
fn figures(results: &Results, pictures: &Pictures, folder: &Path) -> Vec<PathBuf> {
    let mut paths = write_reproduction(results, pictures, folder).unwrap();
    assert_eq!(paths.remove(0), folder.join("report.html"));
    paths
}

fn full(folder: &Path) -> Vec<PathBuf> {
    figures(&fixture::full_results("mnist"), &fixture::full_pictures(), folder)
}

#[test]
fn every_figure_is_written_with_its_values() {
    let folder = tempfile::tempdir().unwrap();
    let names = names(&full(&folder.path().join("new")));
    for (index, slug) in [
        "fgsm",
        "both-defenses",
        "tgsm",
        "distributions",
        "jsma",
        "saliency",
        "training-by-lambda",
        "training-by-defense",
        "lambda",
        "overlap",
        "itgsm",
    ]
    .iter()
    .enumerate()
    {
        for extension in ["svg", "csv"] {
            let name = format!("figure-{:02}-{slug}.{extension}", index + 1);
            assert!(names.contains(&name), "{name}");
        }
    }
    for name in [
        "figure-05-jsma-doubleback.png",
        "figure-11-itgsm-normal.png",
        "figure-11-itgsm-doubleback.gif",
    ] {
        assert!(names.contains(&name.to_owned()), "{name}");
    }
    assert_eq!(names.len(), 11 * 2 + 5 + 2 * 5);
    assert_eq!(
        fs::read_dir(folder.path().join("new/figures")).unwrap().count(),
        names.len(),
        "no other file"
    );
}

#[test]
fn a_figure_that_the_run_lacks_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let paths = figures(&fixture::results("mnist-mini"), &fixture::pictures(), folder.path());
    let numbers: Vec<String> = names(&paths).iter().map(|name| name[7..9].to_owned()).collect();
    assert_eq!(numbers, ["01", "01", "03", "03", "04", "04", "06", "06", "08", "08"]);
}

#[test]
fn drawings_stand_alone() {
    let folder = tempfile::tempdir().unwrap();
    for path in full(folder.path())
        .iter()
        .filter(|path| path.extension().unwrap() == "svg")
    {
        let text = fs::read_to_string(path).unwrap();
        let drawing = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(
            drawing.root_element().tag_name().namespace(),
            Some("http://www.w3.org/2000/svg")
        );
        let ids: Vec<&str> = drawing.descendants().filter_map(|node| node.attribute("id")).collect();
        let links = drawing
            .descendants()
            .filter_map(|node| node.attribute(("http://www.w3.org/1999/xlink", "href")));
        for link in links {
            let inside = link.strip_prefix('#').is_some_and(|id| ids.contains(&id));
            assert!(
                inside || link.starts_with("data:image/png;base64,"),
                "{}: {link:.60}",
                path.display()
            );
        }
        assert!(
            !text.contains("var(") && !text.contains("@import") && !text.contains("url("),
            "{}",
            path.display()
        );
        assert!(!text.contains("NaN"), "{}", path.display());
    }
}

#[test]
fn values_are_those_of_the_run_beside_the_papers() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = fixture::full_results("mnist");
    results.seeds.clear();
    figures(&results, &fixture::full_pictures(), folder.path());
    let mut reader = csv::Reader::from_path(folder.path().join("figures/figure-01-fgsm.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5 * 5 * 8);
    let ours = results.transfer.iter().find(|cell| {
        cell.attack == "fgsm"
            && cell.crafted_on == "normal"
            && cell.evaluated_on == "normal"
            && (cell.eps - 0.2).abs() < 1e-6
    });
    let row = rows
        .iter()
        .find(|row| &row[1] == "normal" && &row[2] == "normal" && row[3].starts_with("0.2"))
        .unwrap();
    assert_eq!(row[4].parse::<f64>().unwrap(), ours.unwrap().accuracy);
    assert_eq!(row[8].parse::<f64>().unwrap(), 0.277_343_75);

    let mut reader = csv::Reader::from_path(folder.path().join("figures/figure-10-overlap.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 6 * 7);
    assert_eq!(
        (&rows[3][3], &rows[3][4], &rows[3][9]),
        ("normal and advtrain", "266", "0.2734375")
    );
}

#[test]
fn the_same_run_gives_the_same_files() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (a, b) in full(first.path()).iter().zip(full(second.path())) {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
}

#[test]
fn an_error_names_the_folder_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("figures");
    fs::write(&taken, "a file").unwrap();
    let error = write_reproduction(&fixture::results("mnist"), &fixture::pictures(), folder.path()).unwrap_err();
    assert!(matches!(&error, Error::Write { path, .. } if *path == taken));
    assert!(error.to_string().contains("could not create the folder"), "{error}");
}
