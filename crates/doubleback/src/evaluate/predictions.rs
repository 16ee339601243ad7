//! What a model says of images, as numbers that others can go on with: logits, input gradients, predictions.

use std::path::Path;

use burn::tensor::Tensor;

use super::confusion::Confusion;
use super::{Named, TestSet};
use crate::Result;
use crate::data::ImageShape;
use crate::data::atomic_file::Out;
use crate::nn::{Loss, first_bad, predictions, to_vec};
use crate::not_finite::{NotFinite, Quantity};
use crate::npz_file::NpzFile;
use crate::progress::{Phase, Watch};
use crate::write::write_with;

/// What a model says of some images, one entry each, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// Shape of an image.
    pub shape: ImageShape,
    /// Names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// `[n, classes]`, row-major.
    pub logits: Vec<f32>,
    /// The class of the greatest logit.
    pub prediction: Vec<usize>,
    /// Where the image is in the data.
    pub index: Vec<usize>,
    /// The true class, if it is known.
    pub label: Option<Vec<usize>>,
    /// Gradient of the image's loss with respect to the image, `[n, channels, height, width]`, if it was asked for. The loss is that of the true
    /// class, or where that is not known of the predicted one.
    pub gradient: Option<Vec<f32>>,
}

/// What is asked of a model.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether the labels of the images are true; otherwise they say nothing.
    pub labelled: bool,
    /// The loss whose input gradient is wanted, if one is.
    pub gradient: Option<Loss>,
}

impl Predictions {
    /// Asks a model of all images of a test set.
    ///
    /// # Errors
    /// When the images do not fit the model; [`Error::NotFinite`](crate::Error::NotFinite) when its logits or gradients are NaN or infinite; [`Error::Interrupted`](crate::Error::Interrupted) when
    /// `watch` breaks before the last batch.
    pub fn of(
        named: &Named<'_>,
        test: &TestSet<'_>,
        classes: &[String],
        asked: Asked,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let count = test.count();
        let mut found = Self {
            shape: test.shape,
            classes: classes.to_vec(),
            logits: Vec::with_capacity(count * classes.len()),
            prediction: Vec::with_capacity(count),
            index: (0..count).map(|place| test.index(place)).collect(),
            label: asked
                .labelled
                .then(|| (0..count).map(|place| test.label(place)).collect()),
            gradient: asked.gradient.map(|_| Vec::with_capacity(count * test.shape.len())),
        };
        let mut phase = Phase::begin("predict", count, watch);
        for (images, labels, places) in test.batches() {
            let labels = asked.labelled.then_some(labels);
            let asked_of = found.ask(named, &images, labels, asked.gradient);
            asked_of.map_err(|error| error.of_model(named.name, |row| test.index(places.start + row)))?;
            phase.done_unless_finished(places.end)?;
        }
        Ok(found)
    }

    fn ask(
        &mut self,
        named: &Named<'_>,
        images: &Tensor<4>,
        labels: Option<Vec<usize>>,
        gradient: Option<Loss>,
    ) -> Result<()> {
        let of_classes = |logits: &Tensor<2>| {
            predictions(logits).or_else(|error| match first_bad(images.clone())? {
                Some(image) => Err(NotFinite::new(Quantity::Images, image).into()),
                None => Err(error),
            })
        };
        let (logits, found) = match gradient {
            None => {
                let logits = named.model.logits(images.clone())?;
                let found = of_classes(&logits)?;
                (logits, found)
            }
            Some(loss) => {
                let (logits, pullback) = named.model.logits_with_pullback(images.clone())?;
                let found = of_classes(&logits)?;
                let towards = labels.as_deref().unwrap_or(&found);
                let gradient = pullback.apply(loss.cotangent(&logits, towards, images)?)?;
                let values = to_vec(gradient.clone())?;
                if values.iter().any(|value| !value.is_finite()) {
                    return Err(NotFinite::new(Quantity::InputGradient, first_bad(gradient)?).into());
                }
                self.gradient.get_or_insert_default().extend(values);
                (logits, found)
            }
        };
        self.logits.extend(to_vec(logits)?);
        self.prediction.extend(found);
        Ok(())
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.prediction.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.prediction.is_empty()
    }

    /// Softmax probabilities of an image's classes, in f64.
    ///
    /// # Panics
    /// If `place` is not less than [`len`](Self::len), as indexing a slice does.
    pub fn probabilities(&self, place: usize) -> Vec<f64> {
        let classes = self.logits.len() / self.len().max(1);
        let row = &self.logits[place * classes..(place + 1) * classes];
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers: Vec<f64> = row
            .iter()
            .map(|&logit| (f64::from(logit) - f64::from(most)).exp())
            .collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }

    /// The classes of an image from the most probable on, at most so many, with their probabilities.
    ///
    /// # Panics
    /// As [`probabilities`](Self::probabilities).
    pub fn most_probable(&self, place: usize, most: usize) -> Vec<(usize, f64)> {
        let mut found: Vec<(usize, f64)> = self.probabilities(place).into_iter().enumerate().collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.truncate(most);
        found
    }

    /// What was taken for what, if the true classes are known.
    pub fn confusion(&self) -> Option<Confusion> {
        Some(Confusion::of(self.label.as_ref()?, &self.prediction))
    }

    /// Writes an `.npz` file, whole or not at all: `logits` (float32, `[n, classes]`), `prediction` and `index` (int64); where they are known `label`
    /// (int64) and `gradient` (float32, `[n, channels, height, width]`); the names of the `classes` (text).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_with(path, &mut |out| self.write(out))
    }

    fn write(&self, out: &mut dyn Out) -> std::io::Result<()> {
        let n = self.len() as u64;
        let mut file = NpzFile::new(out);
        file.put("logits", &[n, self.logits.len() as u64 / n.max(1)], &self.logits)?;
        file.put_integers("prediction", &self.prediction)?;
        file.put_integers("index", &self.index)?;
        if let Some(label) = &self.label {
            file.put_integers("label", label)?;
        }
        if let Some(gradient) = &self.gradient {
            let ImageShape {
                channels,
                height,
                width,
            } = self.shape;
            file.put("gradient", &[n, channels as u64, height as u64, width as u64], gradient)?;
        }
        if !self.classes.is_empty() {
            file.put_texts("classes", &self.classes)?;
        }
        file.finish()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tensor;
    use doubleback_test_device::test_device;

    use super::*;
    use crate::data::{Bounds, Split};
    use crate::evaluate::Chosen;
    use crate::nn::FromFunction;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    /// Logits 2a and a + b of an image (a, b): the gradient of the margin is known.
    fn ask(labelled: bool, gradient: Option<Loss>) -> Predictions {
        let device = test_device();
        let weight = Tensor::<2>::from_floats([[2.0, 1.0], [0.0, 1.0]], &device);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, 2, move |x: Tensor<4>| {
            x.reshape([-1, 2]).matmul(weight.clone())
        });
        let named = Named {
            name: "m",
            model: &model,
        };
        let split = Split::new(vec![1.0, 0.5, 0.25, 0.75], vec![1, 1], SHAPE).unwrap();
        let test = TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::ALL,
            device: &device,
        };
        let asked = Asked { labelled, gradient };
        Predictions::of(&named, &test, &["a".into(), "b".into()], asked, &mut ()).unwrap()
    }

    #[test]
    fn logits_predictions_and_gradients_are_of_each_image() {
        let found = ask(true, Some(Loss::Margin));
        assert_eq!(found.logits, [2.0, 1.5, 0.5, 1.0]);
        assert_eq!(
            (found.prediction.as_slice(), found.index.as_slice()),
            (&[0, 1][..], &[0, 1][..])
        );
        // The other logit less that of the label, 1: 2a - (a + b).
        assert_eq!(found.gradient.as_deref(), Some(&[1.0, -1.0, 1.0, -1.0][..]));
        assert_eq!(found.confusion().unwrap().right(), 1);
        let sum: f64 = found.probabilities(0).iter().sum();
        assert!((sum - 1.0).abs() < 1e-15);
        let [(first, high), (second, _)] = found.most_probable(1, 5)[..] else {
            panic!()
        };
        assert_eq!((first, second), (1, 0));
        assert!((high - 1.0 / (1.0 + (-0.5_f64).exp())).abs() < 1e-7);
    }

    /// Without labels the loss is that of the prediction.
    #[test]
    fn without_labels_the_gradient_is_that_of_the_prediction() {
        let found = ask(false, Some(Loss::Margin));
        assert_eq!((found.label.as_ref(), found.confusion()), (None, None));
        assert_eq!(found.gradient.as_deref(), Some(&[-1.0, 1.0, 1.0, -1.0][..]));
        assert_eq!(ask(true, None).gradient, None);
    }

    #[test]
    fn arrays_are_as_documented() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.npz");
        ask(true, Some(Loss::CrossEntropy)).save(&path).unwrap();
        let mut file = npyz::npz::NpzArchive::open(&path).unwrap();
        let mut names: Vec<String> = file.array_names().map(str::to_owned).collect();
        names.sort();
        assert_eq!(names, ["classes", "gradient", "index", "label", "logits", "prediction"]);
        assert_eq!(file.by_name("gradient").unwrap().unwrap().shape(), [2, 1, 1, 2]);
        assert_eq!(file.by_name("logits").unwrap().unwrap().shape(), [2, 2]);
    }
}
