//! Whether models and a data set belong together.

use std::path::Path;

use super::beyond::Beyond;
use super::class_names::{self, Names};
use super::file_model::FileModel;
use crate::data::{Dataset, ImageShape, catalog};
use crate::nn::card;
use crate::{Error, Result};

/// The data set as models see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Its classes are in the order of the models' logits.
    pub dataset: Dataset,
    /// What a reader of results should know, in sentences: that labels were mapped, or are taken by index; values beyond a model's bounds.
    pub notes: Vec<String>,
}

/// Puts a data set and models together that are to be evaluated on it.
///
/// Its classes must be the models', by name; where they are in another order, labels are mapped by name. Values may lie beyond the bounds of a model,
/// as those of another part of the data do: what an attack makes of them has the [`Room`](crate::attack::Room) from there to the bounds.
///
/// # Errors
/// Says what a model takes and what the data set has: when the images are of another shape or scale, or were made gray in another way; when classes are
/// not the same, or models have them in different orders.
pub fn fit(models: &[FileModel<'_>], dataset: Dataset) -> Result<Fitted> {
    let mut notes = Vec::new();
    let mut order: Option<(&Path, Vec<String>)> = None;
    for one in models {
        check_images(one, &dataset)?;
        match class_names::compare(one, &dataset)? {
            Names::Unknown => notes.extend(by_index(one, &dataset)),
            Names::Known(known) => match &order {
                Some((other, first)) if *first != known => return Err(two_orders(one.path, other, &known, first)),
                Some(_) => {}
                None => order = Some((one.path, known)),
            },
        }
        notes.extend(Beyond::check(one, &dataset)?);
    }
    let Some((path, order)) = order.filter(|(_, order)| *order != dataset.classes) else {
        return Ok(Fitted { dataset, notes });
    };
    if let Some(other) = models.iter().find(|one| card::classes(one.card).is_none()) {
        let problem = format!(
            "does not say its classes, and {} has those of {} in another order. Evaluate them one at a time",
            path.display(),
            dataset.name
        );
        return Err(Error::file(other.path, problem));
    }
    notes.insert(
        0,
        format!(
            "{} has its classes in another order ({}) than {} ({}): labels were mapped by name, and stand in the model's order",
            dataset.name,
            class_names::listed(&dataset.classes),
            path.display(),
            class_names::listed(&order)
        ),
    );
    let name = dataset.name.clone();
    let mapped = dataset.in_order(&order);
    let dataset = mapped.ok_or_else(|| Error::internal("mapping labels by name", name))?;
    Ok(Fitted { dataset, notes })
}

/// Refuses images that the model does not take.
fn check_images(one: &FileModel<'_>, dataset: &Dataset) -> Result<()> {
    let same_name = one.card.get(card::DATASET) == Some(&dataset.name);
    let found = dataset.preparation.to_string();
    // The images of a folder are prepared only if one asks for it.
    let unasked = dataset.name.starts_with("folder:").then_some("none");
    let trained = one.card.get(card::PREPARATION).map(String::as_str).or(unasked);
    if let Some(trained) = trained
        && same_name
        && trained != found
    {
        let problem = format!(
            "was trained on {} with the preparation {trained}, and these images have {found}. Give the same `--grayscale`, `--channels`, \
             `--background` and `--preprocess`",
            dataset.name
        );
        return Err(Error::file(one.path, problem));
    }
    if one.model.shape() == dataset.shape {
        return Ok(());
    }
    let problem = format!(
        "takes images of {}; {} has images of {}. Give images of that size and so many channels{}, or a model that was trained on such as these",
        one.model.shape(),
        dataset.name,
        dataset.shape,
        how_to_resize(one, dataset)
    );
    Err(Error::file(one.path, problem))
}

/// How images of a folder get the size that a model takes, in words that go on from there.
fn how_to_resize(one: &FileModel<'_>, dataset: &Dataset) -> String {
    let ImageShape { height, width, .. } = one.model.shape();
    let other = [height, width] != [dataset.shape.height, dataset.shape.width];
    if !other || !dataset.name.starts_with("folder:") {
        return String::new();
    }
    let resize = height.min(width);
    format!(": `--image-size {height}x{width}`, or `--preprocess resize={resize},crop={height}x{width}`")
}

/// What to know of a model that does not say its classes. Nothing where they cannot be others: those of a published data set by its own name.
fn by_index(one: &FileModel<'_>, dataset: &Dataset) -> Option<String> {
    let published = catalog().iter().any(|known| known.name == dataset.name);
    let same = published && one.card.get(card::DATASET) == Some(&dataset.name);
    (!same).then(|| {
        format!(
            "{} does not say its classes: the labels of {} are taken by index{}",
            one.path.display(),
            dataset.name,
            // Of a model of another program nothing is known.
            if one.card.is_empty() {
                ""
            } else {
                ". Train it again to have their names in the file"
            }
        )
    })
}

fn two_orders(path: &Path, other: &Path, known: &[String], first: &[String]) -> Error {
    let problem = format!(
        "has its classes in another order ({}) than {} ({}): the same logit means another class. Evaluate them one at a time",
        class_names::listed(known),
        other.display(),
        class_names::listed(first)
    );
    Error::file(path, problem)
}
