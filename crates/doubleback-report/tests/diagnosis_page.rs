//! The page on a diagnosis is whole, says what was measured and no more, and needs nothing else.
#![allow(clippy::unwrap_used)]

mod fixture;

#[test]
#[ignore = "writes the pages of the made-up runs, to look at them: FOLDER=… cargo test -- --ignored"]
fn written_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("FOLDER").expect("FOLDER, where to write the pages"));
    doubleback_report::write_diagnosis(&fixture::diagnosis::diagnosis("mnist"), folder.join("diagnosis")).unwrap();
}
