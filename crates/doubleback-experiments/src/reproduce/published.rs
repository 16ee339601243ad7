//! The paper authors' own perturbations: examples made with the gradients of *their* normal model, an attack from outside for any model.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use doubleback::data::sha256;
use doubleback::evaluate::{Chosen, Confusion, Counts, Named, TestSet};
use doubleback::{Error, Result};

/// Gradients of the authors' normal model on the first MNIST test images, `[images, pixels]`.
#[derive(Clone, Debug)]
pub struct PublishedGradients {
    values: Vec<f32>,
    pixels: usize,
    sha256: String,
}

impl PublishedGradients {
    /// Reads a float32 `.npy` file.
    ///
    /// # Errors
    /// When the file is missing, damaged, not a matrix of float32, or has values that are not finite.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading the published gradients"))?;
        let damaged = |e: std::io::Error| Error::file(path, format!("is not a whole .npy file ({e}). Copy it again"));
        let file = npyz::NpyFile::new(bytes.as_slice()).map_err(damaged)?;
        let shape = file.shape().to_vec();
        let [images, pixels] = shape[..] else {
            return Err(Error::file(
                path,
                format!("has shape {shape:?}. Give a matrix [images, pixels]"),
            ));
        };
        if file.order() != npyz::Order::C || images == 0 || pixels == 0 {
            return Err(Error::file(
                path,
                "is not in C order, or is empty. Give a matrix [images, pixels] as numpy saves it",
            ));
        }
        let values: Vec<f32> = file
            .into_vec()
            .map_err(|e| Error::file(path, format!("does not hold float32 values ({e})")))?;
        let pixels = usize::try_from(pixels).map_err(|_| Error::file(path, "has too many pixels"))?;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let problem = format!("holds {} in row {}. Copy it again", values[place], place / pixels);
            return Err(Error::file(path, problem));
        }
        let sha256 = sha256([bytes.as_slice()].into_iter());
        Ok(Self { values, pixels, sha256 })
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.pixels
    }

    /// Images in the file.
    pub fn images(&self) -> usize {
        self.values.len() / self.pixels
    }
}

/// Accuracy of models on `clip(x + eps · sign(g))`, with the published gradients g of the first images of `test`, which must be MNIST's.
///
/// # Errors
/// When the gradients are not of images of this size.
pub fn score(published: &PublishedGradients, models: &[Named<'_>], test: &TestSet<'_>, eps: &[f64]) -> Result<Counts> {
    if published.pixels != test.shape.len() {
        return Err(Error::shape("published gradients", test.shape.len(), published.pixels));
    }
    let test = TestSet {
        chosen: Chosen::First(published.images()),
        ..*test
    };
    let mut counts = Counts {
        attack: "fgsm".into(),
        crafted_on: "published-normal".into(),
        eps: eps.to_vec(),
        evaluated_on: models.iter().map(|m| m.name.to_owned()).collect(),
        right: vec![vec![0; models.len()]; eps.len()],
        confusion: vec![vec![Confusion::default(); models.len()]; eps.len()],
        zero_gradient_images: 0,
        count: test.count(),
    };
    for (images, labels, range) in test.batches() {
        let values = published.values[range.start * published.pixels..range.end * published.pixels].to_vec();
        counts.zero_gradient_images += values
            .chunks_exact(published.pixels)
            .filter(|g| g.iter().all(|&v| v == 0.0))
            .count();
        let direction = Tensor::<4>::from_data(TensorData::new(values, images.dims()), test.device).sign();
        let totals = counts.right.iter_mut().zip(&mut counts.confusion);
        for (&eps, (hits, confusion)) in eps.iter().zip(totals) {
            for (named, (hits, confusion)) in models.iter().zip(hits.iter_mut().zip(confusion)) {
                let bounds = named.model.bounds();
                let examples = (images.clone() + direction.clone() * eps).clamp(bounds.low, bounds.high);
                let predicted = named.predict(&examples, |row| range.start + row)?;
                *hits += predicted.iter().zip(&labels).filter(|(p, l)| p == l).count();
                confusion.add(&labels, &predicted);
            }
        }
    }
    Ok(counts)
}
