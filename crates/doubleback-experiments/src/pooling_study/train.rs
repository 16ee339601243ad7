//! The models of the study: trained, or taken from where they are if they are what would be trained.

use std::path::Path;

use burn::tensor::Device;

use super::plan::{Cell, Plan};
use crate::run_folder::RunFolder;
use doubleback::data::Dataset;
use doubleback::nn::{self, Architecture, ModelCard, Network};
use doubleback::progress::{Renamed, Watch};
use doubleback::train::card_differences;
use doubleback::{Error, Result};

/// Part of the folder with the seconds of all trainings.
const SECONDS: &str = "train-seconds";

/// Trains a model unless it is there. The same plan and seed give the same bytes, whoever trained it.
pub(super) fn model(
    folder: &RunFolder,
    plan: &Plan,
    cell: &Cell,
    dataset: &Dataset,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<Network> {
    let (name, recipe) = (cell.name(), plan.recipe(cell, dataset)?);
    let path = folder.model(&name);
    let card = recipe.card(dataset);
    if !path.exists() {
        let work = folder.work().join(&name);
        std::fs::create_dir_all(&work).map_err(Error::io(&work, "making the folder"))?;
        let mut named = Renamed::new(watch, |_: &str| name.clone());
        let cooked = folder.counted(|| recipe.run_to(&path, dataset, device, &work, &mut named))?;
        // It is empty now; if it is not, nothing is lost by leaving it.
        let _ = std::fs::remove_dir(&work);
        let seconds = folder.get::<f64>(SECONDS)?.unwrap_or(0.0) + cooked.trained.seconds;
        folder.put(SECONDS, &seconds)?;
        folder.tick()?;
    }
    let (network, found) = nn::load(&path, device)?;
    check(&path, &found, network.architecture(), &card, &recipe.architecture)?;
    Ok(network)
}

/// Seconds of all trainings of a folder.
pub(super) fn seconds(folder: &RunFolder) -> Result<f64> {
    Ok(folder.get(SECONDS)?.unwrap_or(0.0))
}

/// Refuses a model that was not trained as the study would have trained it.
fn check(
    path: &Path,
    found: &ModelCard,
    network: &Architecture,
    expected: &ModelCard,
    architecture: &Architecture,
) -> Result<()> {
    let mut differences = card_differences(found, expected, &[]);
    if network != architecture {
        differences.push(format!(
            "its network is another one than {} with {} pooling",
            architecture.name,
            architecture.pool().map_or("no", nn::Pool::name)
        ));
    }
    match differences.is_empty() {
        true => Ok(()),
        false => Err(Error::file(
            path,
            format!(
                "was not trained as this study trains: {}. Move it away to train it anew, or give another --out",
                differences.join("; ")
            ),
        )),
    }
}
