//! Adversarial examples as arrays in an `.npz` file, for NumPy and its like.

use std::path::Path;
use std::sync::Arc;

use crate::data::ImageShape;
use crate::data::atomic_file::Out;
use crate::npz_file::NpzFile;
use crate::write::write_with;
use crate::{Error, Result};

/// Adversarial examples of one epsilon, collected batch by batch.
#[derive(Clone, Debug)]
pub struct Examples {
    shape: ImageShape,
    classes: Vec<String>,
    examples: Vec<f32>,
    /// Batch by batch, which the examples of other epsilons share.
    originals: Vec<Arc<[f32]>>,
    index: Vec<usize>,
    label: Vec<usize>,
    prediction: Vec<usize>,
    prediction_8bit: Vec<usize>,
    success: Vec<bool>,
}

/// What became of some images, one entry each.
#[derive(Clone, Copy, Debug)]
pub struct ExampleBatch<'a> {
    /// The examples, `[n, channels, height, width]` as one slice.
    pub examples: &'a [f32],
    /// The images that they were made from.
    pub originals: &'a Arc<[f32]>,
    /// Places of these in the data set's part.
    pub index: &'a [usize],
    /// Their labels.
    pub labels: &'a [usize],
    /// What the model takes the examples for.
    pub predictions: &'a [usize],
    /// The same of the examples in 8 bits, if the data has such.
    pub predictions_8bit: Option<&'a [usize]>,
    /// Whether the attack reached its goal.
    pub success: &'a [bool],
}

/// One of some examples.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// `[channels, height, width]` as one slice.
    pub pixels: &'a [f32],
    /// The image that it was made from.
    pub original: &'a [f32],
    /// Place of this in the data set's part.
    pub index: usize,
    /// Its label.
    pub label: usize,
    /// What the model takes the example for.
    pub prediction: usize,
    /// The same of the example in 8 bits, if the data has such.
    pub prediction_8bit: Option<usize>,
    /// Whether the attack reached its goal.
    pub success: bool,
}

impl Examples {
    /// None yet, of images of this shape.
    pub fn new(shape: ImageShape) -> Self {
        Self {
            shape,
            classes: Vec::new(),
            examples: Vec::new(),
            originals: Vec::new(),
            index: Vec::new(),
            label: Vec::new(),
            prediction: Vec::new(),
            prediction_8bit: Vec::new(),
            success: Vec::new(),
        }
    }

    /// The same with the names of the classes in label order, which the file then has too.
    #[must_use]
    pub fn with_classes(mut self, classes: &[String]) -> Self {
        self.classes = classes.to_vec();
        self
    }

    /// Shape of an image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Adds a batch.
    ///
    /// # Errors
    /// When the images are of another shape, or there is not one of all for each label.
    pub fn push(&mut self, batch: ExampleBatch<'_>) -> Result<()> {
        let n = batch.labels.len();
        for images in [&batch.originals[..], batch.examples] {
            if images.len() != n * self.shape.len() {
                return Err(Error::shape("values of examples", n * self.shape.len(), images.len()));
            }
        }
        let rounded = batch.predictions_8bit.map_or(n, <[usize]>::len);
        let found = [batch.index.len(), batch.predictions.len(), rounded, batch.success.len()];
        if let Some(found) = found.into_iter().find(|&found| found != n) {
            return Err(Error::shape("what is known of examples", n, found));
        }
        self.examples.extend(batch.examples);
        self.originals.push(Arc::clone(batch.originals));
        self.index.extend(batch.index);
        self.label.extend(batch.labels);
        self.prediction.extend(batch.predictions);
        self.prediction_8bit.extend(batch.predictions_8bit.unwrap_or_default());
        self.success.extend(batch.success);
        Ok(())
    }

    /// All of them, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = Example<'_>> {
        let length = self.shape.len().max(1);
        let originals = self.originals.iter().flat_map(move |batch| batch.chunks_exact(length));
        let pixels = self.examples.chunks_exact(length).zip(originals);
        pixels.enumerate().map(|(place, (pixels, original))| Example {
            pixels,
            original,
            index: self.index[place],
            label: self.label[place],
            prediction: self.prediction[place],
            prediction_8bit: self.prediction_8bit.get(place).copied(),
            success: self.success[place],
        })
    }

    /// Writes an `.npz` file, whole or not at all: `examples` and `originals` (float32, `[n, channels, height, width]`), `index` (place in
    /// the part of the data set), `label`, `prediction` (int64), `success` (bool); where the data has 8-bit values, also `prediction_8bit`;
    /// where they are known, the names of the `classes` in label order (text).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_with(path, &mut |out| self.write(out))
    }

    fn write(&self, out: &mut dyn Out) -> std::io::Result<()> {
        let n = self.label.len() as u64;
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let images = [n, channels as u64, height as u64, width as u64];
        let mut file = NpzFile::new(out);
        file.put("examples", &images, &self.examples)?;
        file.put_parts("originals", &images, self.originals.iter().map(AsRef::as_ref))?;
        file.put_integers("index", &self.index)?;
        file.put_integers("label", &self.label)?;
        file.put_integers("prediction", &self.prediction)?;
        if !self.prediction_8bit.is_empty() {
            file.put_integers("prediction_8bit", &self.prediction_8bit)?;
        }
        file.put("success", &[n], &self.success)?;
        if !self.classes.is_empty() {
            file.put_texts("classes", &self.classes)?;
        }
        file.finish()
    }
}

#[cfg(test)]
mod tests {
    use npyz::npz::NpzArchive;

    use super::*;

    #[test]
    fn what_is_saved_can_be_read() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 2,
        };
        let originals = Arc::from([0.0, 0.5, 1.0, 0.25]);
        let batch = ExampleBatch {
            examples: &[0.0, 0.25, 0.5, 0.125],
            originals: &originals,
            index: &[4, 57],
            labels: &[3, 8],
            predictions: &[3, 9],
            predictions_8bit: Some(&[3, 7]),
            success: &[false, true],
        };
        let classes = ["cat", "größer", "2"].map(str::to_owned);
        let mut examples = Examples::new(shape).with_classes(&classes);
        examples.push(batch).unwrap();
        let short = ExampleBatch { labels: &[3], ..batch };
        assert!(examples.push(short).is_err());
        let few = ExampleBatch {
            success: &[true],
            ..batch
        };
        assert!(examples.push(few).is_err());
        let last = examples.iter().last().unwrap();
        assert_eq!(
            (last.index, last.pixels, last.prediction_8bit),
            (57, &[0.5, 0.125][..], Some(7))
        );

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("examples.npz");
        examples.save(&path).unwrap();
        let mut file = NpzArchive::open(&path).unwrap();
        let images = file.by_name("examples").unwrap().unwrap();
        assert_eq!(images.shape(), [2, 1, 1, 2]);
        assert_eq!(images.into_vec::<f32>().unwrap(), [0.0, 0.25, 0.5, 0.125]);
        let mut integers = |name: &str| file.by_name(name).unwrap().unwrap().into_vec::<i64>().unwrap();
        assert_eq!(integers("index"), [4, 57]);
        assert_eq!(integers("prediction_8bit"), [3, 7]);
        assert_eq!(integers("label"), [3, 8]);
        assert_eq!(integers("prediction"), [3, 9]);
        let names = file.by_name("classes").unwrap().unwrap();
        assert_eq!(names.into_vec::<String>().unwrap(), classes);
        let success = file.by_name("success").unwrap().unwrap();
        assert_eq!(success.into_vec::<bool>().unwrap(), [false, true]);
    }
}
