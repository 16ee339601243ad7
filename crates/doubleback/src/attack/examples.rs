//! Adversarial examples as arrays in an `.npz` file, for NumPy and its like.

use std::io::Cursor;
use std::ops::Range;
use std::path::Path;

use burn::tensor::Tensor;
use npyz::WriterBuilder;
use npyz::npz::NpzWriter;

use super::Adversarial;
use crate::data::ImageShape;
use crate::nn::to_vec;
use crate::write::write_atomically;
use crate::{Error, Result};

/// Adversarial examples of one epsilon, collected batch by batch.
#[derive(Clone, Debug)]
pub struct Examples {
    shape: ImageShape,
    examples: Vec<f32>,
    originals: Vec<f32>,
    index: Vec<i64>,
    label: Vec<i64>,
    prediction: Vec<i64>,
    success: Vec<bool>,
}

impl Examples {
    /// None yet, of images of this shape.
    pub fn new(shape: ImageShape) -> Self {
        Self {
            shape,
            examples: Vec::new(),
            originals: Vec::new(),
            index: Vec::new(),
            label: Vec::new(),
            prediction: Vec::new(),
            success: Vec::new(),
        }
    }

    /// Adds a batch: what became of `originals`, with their labels and their places in the data set's part.
    ///
    /// # Errors
    /// When the images are of another shape, or are not one for each label and place.
    pub fn push(
        &mut self,
        attacked: &Adversarial,
        originals: &Tensor<4>,
        labels: &[usize],
        range: Range<usize>,
    ) -> Result<()> {
        let n = labels.len();
        let expected = [n, self.shape.channels, self.shape.height, self.shape.width];
        for images in [originals, &attacked.images] {
            if images.dims() != expected {
                return Err(Error::shape("examples", expected, images.dims()));
            }
        }
        if [range.len(), attacked.predictions.len(), attacked.success.len()] != [n; 3] {
            return Err(Error::shape("places of examples", n, range.len()));
        }
        let integers = |values: &[usize]| values.iter().map(|&v| v as i64).collect::<Vec<_>>();
        self.examples.extend(to_vec(attacked.images.clone())?);
        self.originals.extend(to_vec(originals.clone())?);
        self.index.extend(range.map(|i| i as i64));
        self.label.extend(integers(labels));
        self.prediction.extend(integers(&attacked.predictions));
        self.success.extend(&attacked.success);
        Ok(())
    }

    /// Writes an `.npz` file, whole or not at all: `examples` and `originals` (float32, `[n, channels, height, width]`), `index` (place in
    /// the part of the data set), `label`, `prediction` (int64), `success` (bool).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = self
            .encode()
            .map_err(|e| Error::file(path, format!("cannot be put together: {e}")))?;
        write_atomically(path, &bytes)
    }

    fn encode(&self) -> std::io::Result<Vec<u8>> {
        let n = self.label.len() as u64;
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let images = [n, channels as u64, height as u64, width as u64];
        let mut file = NpzWriter::new(Cursor::new(Vec::new()));
        put(&mut file, "examples", &images, &self.examples)?;
        put(&mut file, "originals", &images, &self.originals)?;
        put(&mut file, "index", &[n], &self.index)?;
        put(&mut file, "label", &[n], &self.label)?;
        put(&mut file, "prediction", &[n], &self.prediction)?;
        put(&mut file, "success", &[n], &self.success)?;
        Ok(file.zip_writer().finish()?.into_inner())
    }
}

fn put<T: npyz::AutoSerialize + Copy>(
    file: &mut NpzWriter<Cursor<Vec<u8>>>,
    name: &str,
    shape: &[u64],
    values: &[T],
) -> std::io::Result<()> {
    let mut array = file
        .array(name, Default::default())?
        .default_dtype()
        .shape(shape)
        .begin_nd()?;
    array.extend(values.iter().copied())?;
    array.finish()
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;
    use npyz::npz::NpzArchive;

    use super::*;

    #[test]
    fn what_is_saved_can_be_read() {
        let shape = ImageShape {
            channels: 1,
            height: 1,
            width: 2,
        };
        let originals = Tensor::<4>::from_floats([[[[0.0, 0.5]]], [[[1.0, 0.25]]]], &test_device());
        let attacked = Adversarial {
            eps: 0.5,
            images: originals.clone() * 0.5,
            predictions: vec![3, 9],
            success: vec![false, true],
            l2: vec![0.25, 0.5],
            linf: vec![0.25, 0.5],
            l0: vec![1.0, 2.0],
            cost: crate::attack::Cost::of_each(2, 1),
        };
        let mut examples = Examples::new(shape);
        examples.push(&attacked, &originals, &[3, 8], 4..6).unwrap();
        assert!(examples.push(&attacked, &originals, &[3], 6..7).is_err());

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("examples.npz");
        examples.save(&path).unwrap();
        let mut file = NpzArchive::open(&path).unwrap();
        let images = file.by_name("examples").unwrap().unwrap();
        assert_eq!(images.shape(), [2, 1, 1, 2]);
        assert_eq!(images.into_vec::<f32>().unwrap(), [0.0, 0.25, 0.5, 0.125]);
        let mut integers = |name: &str| file.by_name(name).unwrap().unwrap().into_vec::<i64>().unwrap();
        assert_eq!(integers("index"), [4, 5]);
        assert_eq!(integers("label"), [3, 8]);
        assert_eq!(integers("prediction"), [3, 9]);
        let success = file.by_name("success").unwrap().unwrap();
        assert_eq!(success.into_vec::<bool>().unwrap(), [false, true]);
    }
}
