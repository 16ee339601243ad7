//! A network of one's own for attacks that see nothing of the model: trained plainly on the same training images, in about a minute.

use doubleback::data::Dataset;
use doubleback::nn::{Pool, architecture, paper_input};
use doubleback::train::{Defense, Recipe, TrainOptions};
use doubleback::{Error, Result};

/// Architectures, the first choice first.
const GRAY: [&str; 3] = ["small-cnn", "paper-cnn", "vgg-small"];
const COLOR: [&str; 3] = ["vgg-small", "resnet-small", "paper-cnn"];
/// What the surrogate's seed is away from the audit's own, which is often that of the model.
const OTHER_SEED: u64 = 0x5_0e2a;
const STEPS: usize = 300;
/// Values of an image, at most: with 3 x 64 x 64 of them the training takes minutes, and grows with them.
const VALUES: usize = 3 * 64 * 64;

/// How it is trained.
///
/// # Errors
/// When there are no training images, or no architecture fits them.
pub(super) fn recipe(dataset: &Dataset, seed: u64) -> Result<Recipe> {
    let shape = dataset.shape;
    if dataset.train.is_empty() {
        let expected = format!(
            "training images in {}, which it learns from; leave it out",
            dataset.name
        );
        return Err(Error::value("surrogate", expected, "none"));
    }
    if shape.len() > VALUES {
        let expected = format!("images of at most {VALUES} values; leave it out");
        return Err(Error::value("surrogate", expected, shape.len()));
    }
    let names = if shape.channels == 1 { GRAY } else { COLOR };
    let (bounds, classes) = (dataset.bounds, dataset.classes.len());
    let fitting = names
        .iter()
        .find_map(|name| architecture(name, shape, bounds, classes, Pool::default()).ok());
    let architecture = fitting.ok_or_else(|| {
        let expected = format!("images that one of {} takes; leave it out", names.join(", "));
        Error::value("surrogate", expected, shape)
    })?;
    Ok(Recipe {
        defense: Defense::Normal,
        architecture: paper_input(architecture, dataset),
        options: TrainOptions {
            steps: STEPS,
            seed: seed.wrapping_add(OTHER_SEED),
            ..TrainOptions::default()
        },
        start: None,
    })
}

/// What it is, for results.
pub(super) fn in_words(recipe: &Recipe) -> String {
    let name = &recipe.architecture.name;
    format!(
        "{name}, trained plainly for {STEPS} steps, seed {}",
        recipe.options.seed
    )
}
