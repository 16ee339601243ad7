//! Writes the files of a made-up run, to look at the page without training anything:
//!
//!     cargo run --example preview -- mnist-mini /tmp/preview

#[path = "../tests/fixture/mod.rs"]
mod fixture;

use std::error::Error;
use std::path::Path;

use doubleback_report::{Published, Report, write_figures};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dataset, folder] = arguments.as_slice() else {
        return Err("a data set and a folder are needed, such as mnist-mini /tmp/preview".into());
    };
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)?;
    let (results, pictures) = (fixture::full_results(dataset), fixture::full_pictures());
    std::fs::write(folder.join("results.json"), serde_json::to_vec(&results)?)?;
    std::fs::write(folder.join("pictures.json"), serde_json::to_vec(&pictures)?)?;
    let published = Published::for_dataset(dataset);
    Report {
        results: &results,
        pictures: &pictures,
        published: published.as_ref(),
    }
    .write(folder.join("report.html"))?;
    write_figures(&results, &pictures, published.as_ref(), folder.join("figures"))?;
    Ok(())
}
