//! Draws the report of a run again, from its files:
//!
//!     cargo run --example render -- reproduction/results.json reproduction/pictures.json report.html

use std::error::Error;
use std::path::Path;

use doubleback::evaluate::{Pictures, Results};
use doubleback_report::{Published, Report};
use serde::de::DeserializeOwned;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [results, pictures, out] = arguments.as_slice() else {
        return Err("three paths are needed: RESULTS.json PICTURES.json REPORT.html".into());
    };
    let results: Results = read(Path::new(results))?;
    let pictures: Pictures = read(Path::new(pictures))?;
    let published = Published::for_dataset(&results.dataset);
    Report {
        results: &results,
        pictures: &pictures,
        published: published.as_ref(),
    }
    .write(out)?;
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read(path).map_err(|error| format!("{}: could not read it: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: not what it should be: {error}", path.display()).into())
}
