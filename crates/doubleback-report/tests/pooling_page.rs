//! The page on a pooling study is whole, says what was measured and no more, and needs nothing else.
#![allow(clippy::unwrap_used)]

mod fixture;

#[test]
#[ignore = "writes the page of the made-up study, to look at it: FOLDER=… cargo test -- --ignored"]
fn written_to_look_at() {
    let folder = std::path::PathBuf::from(std::env::var("FOLDER").expect("FOLDER, where to write the page"));
    doubleback_report::write_pooling(&fixture::pooling::pooling("mnist"), folder.join("pooling")).unwrap();
}
