//! Draws the report of a run and its figures again, from its files:
//!
//!     cargo run --example render -- results.json pictures.json report.html figures

use std::error::Error;
use std::path::Path;

use doubleback_experiments::reproduce::{Pictures, Results};
use doubleback_report::{Published, Report, write_figures};
use serde::de::DeserializeOwned;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [results, pictures, out, figures] = arguments.as_slice() else {
        return Err("four paths are needed: RESULTS.json PICTURES.json REPORT.html FOLDER".into());
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
    write_figures(&results, &pictures, published.as_ref(), figures)?;
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read(path).map_err(|error| format!("{}: could not read it: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: not what it should be: {error}", path.display()).into())
}
