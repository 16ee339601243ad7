//! What methods of explanation say of the images and the examples that a report shows.

use burn::tensor::{Tensor, TensorData};
use doubleback::audit::Audit;
use doubleback::explain::{ExplainSpec, Explainer, InternalBatch};
use doubleback::nn::to_vec;
use doubleback::progress::{Phase, Watch};
use doubleback::statistics::spearman;
use doubleback::{Error, Result};
use serde::{Deserialize, Serialize};

use super::{Examples, Request};
use crate::explanations::explainer;

/// Values of a map of either sign, beside zero.
const STEPS: f64 = 127.0;

/// A method's maps of the examples, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExampleMaps {
    /// The method with its options.
    #[serde(flatten)]
    pub method: ExplainSpec,
    /// One entry an example.
    pub maps: Vec<ExampleMap>,
}

/// What speaks for the true class of an image, before and after the attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExampleMap {
    /// Place of the image in the test part.
    pub index: usize,
    /// The attack that made the example.
    pub attack: String,
    /// Of the image, a value a pixel: of its own greatest in magnitude, so many 127ths.
    pub of_image: Vec<i8>,
    /// Of the example, in the same way.
    pub of_example: Vec<i8>,
    /// Spearman's rank correlation of the two; none where one says the same of all pixels.
    pub correlation: Option<f64>,
}

impl Request<'_> {
    /// Asks the methods about the examples and the images that they were made of, as they are shown: in 256 steps.
    ///
    /// # Errors
    /// When a method does not fit the model, or gives values that are not finite; [`Error::Interrupted`] when `watch` breaks.
    pub(super) fn maps(&self, audit: &Audit, examples: &Examples, watch: &mut dyn Watch) -> Result<Vec<ExampleMaps>> {
        if self.explain.is_empty() || examples.examples.is_empty() {
            return Ok(Vec::new());
        }
        let mut phase = Phase::begin("explaining the examples", self.explain.len(), watch);
        let mut found = Vec::with_capacity(self.explain.len());
        for spec in self.explain {
            found.push(self.maps_of(spec, audit, examples)?);
            phase.step_done()?;
        }
        Ok(found)
    }

    fn maps_of(&self, spec: &ExplainSpec, audit: &Audit, examples: &Examples) -> Result<ExampleMaps> {
        let method = explainer(spec, self.dataset, InternalBatch::AUTO, self.test.device)?;
        let shown = &examples.examples;
        let labels = shown.iter().map(|shown| {
            let record = audit.images.iter().find(|record| record.index == shown.index);
            let record = record.ok_or_else(|| lacking("a record", shown.index))?;
            Ok(record.label)
        });
        let originals = shown.iter().map(|shown| {
            let original = examples.originals.get(&shown.index).map(Vec::as_slice);
            original.ok_or_else(|| lacking("an original", shown.index))
        });
        let (labels, originals) = (
            labels.collect::<Result<Vec<_>>>()?,
            originals.collect::<Result<Vec<_>>>()?,
        );
        let frames: Vec<&[u8]> = shown.iter().map(|shown| shown.bytes.as_slice()).collect();
        let of = |frames: &[&[u8]]| self.map_values(&method, frames, &labels);
        let (before, after) = (of(&originals)?, of(&frames)?);
        let maps = shown.iter().zip(before.iter().zip(&after));
        let maps = maps.map(|(shown, (before, after))| ExampleMap {
            index: shown.index,
            attack: shown.attack.clone(),
            of_image: in_steps(before),
            of_example: in_steps(after),
            correlation: spearman(before, after),
        });
        Ok(ExampleMaps {
            method: spec.clone(),
            maps: maps.collect(),
        })
    }

    /// By image, what the method says of each pixel: the sum over channels.
    fn map_values(&self, method: &dyn Explainer, frames: &[&[u8]], labels: &[usize]) -> Result<Vec<Vec<f64>>> {
        let (shape, bounds) = (self.dataset.shape, self.dataset.bounds);
        let range = bounds.high - bounds.low;
        let pixels: Vec<f32> = frames
            .iter()
            .copied()
            .flatten()
            .map(|&byte| bounds.low + range * (f32::from(byte) / 255.0))
            .collect();
        let dims = [labels.len(), shape.channels, shape.height, shape.width];
        if pixels.len() != dims.iter().product::<usize>() {
            return Err(Error::shape("examples to explain", dims, pixels.len()));
        }
        let images = Tensor::from_data(TensorData::new(pixels, dims), self.test.device);
        let values = method.explain(self.model, &images, labels)?.values;
        let (channels, area) = (values.dims()[1], shape.height * shape.width);
        let values = to_vec(values)?;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let expected = "finite in all values. Leave the method out of --explain";
            let found = format!("that of example {}", place / (channels * area));
            return Err(Error::value("attribution", expected, found));
        }
        let sum = |map: &[f32], pixel: usize| {
            map.iter()
                .skip(pixel)
                .step_by(area)
                .map(|&value| f64::from(value))
                .sum()
        };
        let maps = values.chunks_exact(channels * area);
        Ok(maps
            .map(|map| (0..area).map(|pixel| sum(map, pixel)).collect())
            .collect())
    }
}

/// Of an example that the audit's folder does not have whole.
fn lacking(what: &str, index: usize) -> Error {
    let expected =
        format!("beside {what} of the same image in the folder of the audit. Delete the folder, and audit again");
    Error::value("example", expected, format!("that of image {index}"))
}

fn in_steps(map: &[f64]) -> Vec<i8> {
    let greatest = map.iter().fold(0f64, |greatest, value| greatest.max(value.abs()));
    let scale = if greatest > 0.0 { STEPS / greatest } else { 0.0 };
    map.iter().map(|value| (value * scale).round() as i8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_value_of_a_map_is_a_full_step() {
        assert_eq!(in_steps(&[0.5, -1.0, 0.0, 0.25]), [64, -127, 0, 32]);
        assert_eq!(in_steps(&[0.0, 0.0]), [0, 0]);
    }
}
