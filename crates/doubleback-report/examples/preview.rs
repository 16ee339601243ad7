//! Writes the files of made-up runs, to look at the pages without training anything:
//!
//!     cargo run --example preview -- mnist-mini /tmp/preview
//!
//! The reproduction's in the folder itself, those of a diagnosis and of a pooling study in `diagnosis/` and `pooling/`. Where one of these has a
//! `results.json` of a real run, that is drawn.

#[path = "../tests/pages/fixture/mod.rs"]
mod fixture;

use std::error::Error;
use std::path::Path;

use doubleback_report::{write_diagnosis, write_pooling, write_reproduction};
use serde::de::DeserializeOwned;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dataset, folder] = arguments.as_slice() else {
        return Err("a data set and a folder are needed, such as mnist-mini /tmp/preview".into());
    };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let (results, pictures) = (fixture::full_results(dataset), fixture::full_pictures());
    std::fs::write(folder.join("results.json"), serde_json::to_vec(&results)?)?;
    pictures.write(folder)?;
    write_reproduction(&results, &pictures, folder)?;
    let (diagnosis, pooling) = (folder.join("diagnosis"), folder.join("pooling"));
    write_diagnosis(&real(&diagnosis, fixture::diagnosis::diagnosis(dataset))?, diagnosis)?;
    write_pooling(&real(&pooling, fixture::pooling::pooling(dataset))?, pooling)?;
    Ok(())
}

/// The results of a real run in a folder, or the made-up ones.
fn real<R: DeserializeOwned>(folder: &Path, made_up: R) -> Result<R, Box<dyn Error>> {
    match std::fs::read(folder.join("results.json")) {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(_) => Ok(made_up),
    }
}
