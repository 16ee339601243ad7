//! What a method says of a model's images, as numbers that others can go on with.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

use super::{ImageSource, Named, Sample, TestSet, batch_size};
use crate::batch::gather;
use crate::data::atomic_file::Out;
use crate::data::{Dataset, ImageShape, class_index};
use crate::explain::{Attribution, Explainer, InternalBatch, Upsampling};
use crate::nn::{predictions, to_vec};
use crate::npz_file::NpzFile;
use crate::progress::{Phase, Watch};
use crate::write::write_with;
use crate::{Error, Result};

/// Which class of each image is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainedClass {
    /// The true one.
    True,
    /// The one that the model takes the image for.
    Predicted,
    /// The same of all.
    Class(usize),
}

impl ExplainedClass {
    /// As a user names it: `true`, `predicted`, or one of `classes` by name or label. Classes that are called so are to be had by their labels.
    ///
    /// # Errors
    /// When there is no such class.
    pub fn named(wanted: &str, classes: &[String]) -> Result<Self> {
        Ok(match wanted {
            "true" => Self::True,
            "predicted" => Self::Predicted,
            class => Self::Class(class_index(classes, class)?),
        })
    }
}

/// What a method says of some images, one entry each, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanations {
    /// Channels, height and width of an attribution: those of the image, or of a layer.
    pub shape: ImageShape,
    /// `[n, channels, height, width]`, row-major.
    pub attribution: Vec<f32>,
    /// Where the image is in the data.
    pub index: Vec<usize>,
    /// The true class.
    pub label: Vec<usize>,
    /// The class that is explained.
    pub target: Vec<usize>,
    /// `[n, classes]`, row-major.
    pub logits: Vec<f32>,
    /// Names of the classes, in the order of the logits.
    pub classes: Vec<String>,
    /// Of a method that promises completeness, by how much the sum of an image's values misses the difference of the logit.
    pub gap: Option<Vec<f64>>,
}

/// What can be said of explanations in a few numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ExplanationSummary {
    /// Mean magnitude of a value, over all values of all images.
    pub mean_magnitude: f64,
    /// Greatest magnitude.
    pub greatest_magnitude: f64,
    /// Images of which all values are exactly zero: the method says nothing of them.
    pub zero_images: usize,
    /// Of a method that promises completeness.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapSummary>,
}

/// By how much sums of values miss the differences of the logit, in magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GapSummary {
    /// Mean over the images.
    pub mean: f64,
    /// That of the image with the greatest.
    pub greatest: f64,
}

/// What is to be explained, and how.
#[derive(Clone, Copy)]
pub struct Explain<'a> {
    /// The method.
    pub method: &'a dyn Explainer,
    /// Its name, for progress.
    pub name: &'a str,
    /// Which class.
    pub explained: ExplainedClass,
    /// Images whose logits are asked for at once.
    pub internal_batch: InternalBatch,
}

impl Explanations {
    /// Explains all images of a test set, whose classes have these names.
    ///
    /// # Errors
    /// As [`of_images`](Self::of_images).
    pub fn of(
        named: &Named<'_>,
        test: &TestSet<'_>,
        classes: &[String],
        explain: Explain<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let places = || 0..test.count();
        let index = places().map(|place| test.index(place)).collect();
        let labels = places().map(|place| test.label(place)).collect();
        let images: &dyn ImageSource = test;
        Self::of_images(named, (images, index), labels, classes, explain, watch)
    }

    /// Explains images that are read a batch at a time, each with the place in the data by which it is called, and with these labels.
    ///
    /// # Errors
    /// When the images do not fit the model, or the model not the method; when attributions are NaN or infinite; [`Error::Interrupted`] when `watch`
    /// breaks before the last batch.
    pub fn of_images(
        named: &Named<'_>,
        (images, index): (&dyn ImageSource, Vec<usize>),
        label: Vec<usize>,
        classes: &[String],
        explain: Explain<'_>,
        watch: &mut dyn Watch,
    ) -> Result<Self> {
        let (count, shape) = (images.count(), named.model.shape());
        if count == 0 {
            return Err(Error::value("images to explain", "at least one", count));
        }
        for (what, found) in [("labels", label.len()), ("places of images", index.len())] {
            if found != count {
                return Err(Error::shape(what, count, found));
            }
        }
        let mut found = Self {
            shape,
            attribution: Vec::with_capacity(count * shape.len()),
            index,
            label,
            target: Vec::with_capacity(count),
            logits: Vec::with_capacity(count * classes.len()),
            classes: classes.to_vec(),
            gap: None,
        };
        let mut phase = Phase::begin(explain.name, count, watch);
        let places: Vec<usize> = (0..count).collect();
        for places in places.chunks(batch_size(shape)) {
            let asked = found.ask(named, &images.read(places)?, explain);
            asked.map_err(|error| error.of_model(named.name, |row| found.index[places[0] + row]))?;
            phase.done_unless_finished(places[0] + places.len())?;
        }
        Ok(found)
    }

    /// Explains the next images.
    fn ask(&mut self, named: &Named<'_>, images: &Tensor<4>, explain: Explain<'_>) -> Result<()> {
        let (n, at_once) = (images.dims()[0], explain.internal_batch.images(named.model.shape()));
        let first = self.target.len();
        let mut predicted = Vec::with_capacity(n);
        for start in (0..n).step_by(at_once) {
            let some = images.clone().narrow(0, start, at_once.min(n - start));
            let logits = named.model.logits(some)?;
            predicted.extend(predictions(&logits)?);
            self.logits.extend(to_vec(logits)?);
        }
        let targets = match explain.explained {
            ExplainedClass::True => self.label[first..first + n].to_vec(),
            ExplainedClass::Predicted => predicted,
            ExplainedClass::Class(class) => vec![class; n],
        };
        let attribution = explain.method.explain(named.model, images, &targets)?;
        let [_, channels, height, width] = attribution.values.dims();
        let values = to_vec(attribution.values)?;
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            let image = self.index[first + place / (values.len() / n).max(1)];
            return Err(Error::value(
                "attribution",
                "finite",
                format!("{} of image {image}", values[place]),
            ));
        }
        self.shape = ImageShape {
            channels,
            height,
            width,
        };
        self.attribution.extend(values);
        if let Some(gap) = attribution.gap {
            self.gap.get_or_insert_default().extend(gap);
        }
        self.target.extend(targets);
        Ok(())
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The attribution of an image.
    ///
    /// # Panics
    /// If `place` is not less than [`len`](Self::len), as indexing a slice does.
    pub fn of_image(&self, place: usize) -> &[f32] {
        &self.attribution[place * self.shape.len()..][..self.shape.len()]
    }

    /// The same at another height and width.
    ///
    /// # Errors
    /// As [`Attribution::resized`].
    pub fn resized(&self, size: [usize; 2], how: Upsampling, device: &Device) -> Result<Self> {
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let dims = [self.len(), channels, height, width];
        let values = Tensor::<4>::from_data(TensorData::new(self.attribution.clone(), dims), device);
        let resized = Attribution::from(values).resized(size, how)?;
        let [height, width] = size;
        Ok(Self {
            shape: ImageShape {
                channels,
                height,
                width,
            },
            attribution: to_vec(resized.values)?,
            ..self.clone()
        })
    }

    /// A few numbers.
    pub fn summary(&self) -> ExplanationSummary {
        let magnitudes = || self.attribution.iter().map(|value| f64::from(value.abs()));
        let zero = |place: &usize| self.of_image(*place).iter().all(|&value| value == 0.0);
        let gap = self.gap.as_ref().map(|gap| GapSummary {
            mean: gap.iter().map(|gap| gap.abs()).sum::<f64>() / gap.len().max(1) as f64,
            greatest: gap.iter().map(|gap| gap.abs()).fold(0.0, f64::max),
        });
        ExplanationSummary {
            mean_magnitude: magnitudes().sum::<f64>() / self.attribution.len().max(1) as f64,
            greatest_magnitude: magnitudes().fold(0.0, f64::max),
            zero_images: (0..self.len()).filter(zero).count(),
            gap,
        }
    }

    /// Writes an `.npz` file, whole or not at all: `attribution` (float32, `[n, channels, height, width]`), `logits` (float32, `[n, classes]`), `index`,
    /// `target` and `label` (int64), `classes` (text), and of methods that promise completeness `gap` (float64).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        write_with(path, &mut |out| self.write(out))
    }

    fn write(&self, out: &mut dyn Out) -> std::io::Result<()> {
        let n = self.len() as u64;
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let mut file = NpzFile::new(out);
        file.put(
            "attribution",
            &[n, channels as u64, height as u64, width as u64],
            &self.attribution,
        )?;
        file.put("logits", &[n, self.logits.len() as u64 / n.max(1)], &self.logits)?;
        file.put_integers("index", &self.index)?;
        file.put_integers("target", &self.target)?;
        file.put_integers("label", &self.label)?;
        if let Some(gap) = &self.gap {
            file.put("gap", &[n], gap)?;
        }
        file.put_texts("classes", &self.classes)?;
        file.finish()
    }
}

/// `count` images of a data set that baselines are drawn from or made of, each class in proportion: training images, of data without any test images; all of
/// a part that has fewer.
///
/// # Errors
/// When there are none.
pub fn background(dataset: &Dataset, count: usize, seed: u64, device: &Device) -> Result<Tensor<4>> {
    let part = if dataset.train.is_empty() {
        &dataset.test
    } else {
        &dataset.train
    };
    if part.is_empty() || count == 0 {
        return Err(Error::value("background", "at least one image", 0));
    }
    let sample = Sample::stratified(part.labels(), count.min(part.len()), seed);
    Ok(gather(part, dataset.shape, sample.indices(), device))
}

#[cfg(test)]
mod tests {
    use doubleback_test_device::test_device;

    use super::*;
    use crate::data::{Bounds, Split};
    use crate::evaluate::Chosen;
    use crate::explain::{Gradient, IntegratedGradients};
    use crate::nn::FromFunction;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    /// Logits 2a and a + b of an image (a, b), whose true classes are 1 and 0.
    fn explain(method: &dyn Explainer, explained: ExplainedClass) -> Explanations {
        let device = test_device();
        let weight = Tensor::<2>::from_floats([[2.0, 1.0], [0.0, 1.0]], &device);
        let model = FromFunction::new(SHAPE, Bounds::UNIT, 2, move |x: Tensor<4>| {
            x.reshape([-1, 2]).matmul(weight.clone())
        });
        let named = Named {
            name: "m",
            model: &model,
        };
        let split = Split::new(vec![1.0, 0.5, 0.0, 0.0, 0.25, 0.75], vec![0, 0, 0], SHAPE).unwrap();
        let sample = Sample::at([2, 0], split.len()).unwrap();
        let test = TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::Sample(&sample),
            device: &device,
        };
        let asked = Explain {
            method,
            name: "method",
            explained,
            internal_batch: InternalBatch::AUTO,
        };
        Explanations::of(&named, &test, &["a".into(), "b".into()], asked, &mut ()).unwrap()
    }

    #[test]
    fn the_class_that_was_asked_for_is_explained() {
        let found = explain(&Gradient, ExplainedClass::Predicted);
        assert_eq!(found.index, [0, 2]);
        assert_eq!((&found.target[..], &found.label[..]), (&[0, 1][..], &[0, 0][..]));
        assert_eq!(found.attribution, [2.0, 0.0, 1.0, 1.0]);
        assert_eq!(found.logits, [2.0, 1.5, 0.5, 1.0]);
        assert_eq!(
            explain(&Gradient, ExplainedClass::True).attribution,
            [2.0, 0.0, 2.0, 0.0]
        );
        let of_b = explain(
            &Gradient,
            ExplainedClass::named("b", &["a".into(), "b".into()]).unwrap(),
        );
        assert_eq!(of_b.attribution, [1.0; 4]);
        let summary = of_b.summary();
        assert_eq!(
            (summary.mean_magnitude, summary.zero_images, summary.gap),
            (1.0, 0, None)
        );
    }

    #[test]
    fn arrays_are_as_documented() {
        let found = explain(&IntegratedGradients::default(), ExplainedClass::True);
        assert!(found.summary().gap.unwrap().greatest < 1e-6);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("e.npz");
        found.save(&path).unwrap();
        let mut file = npyz::npz::NpzArchive::open(&path).unwrap();
        let mut names: Vec<String> = file.array_names().map(str::to_owned).collect();
        names.sort();
        assert_eq!(
            names,
            ["attribution", "classes", "gap", "index", "label", "logits", "target"]
        );
        assert_eq!(file.by_name("attribution").unwrap().unwrap().shape(), [2, 1, 1, 2]);
        assert_eq!(file.by_name("target").unwrap().unwrap().shape(), [2]);
    }
}
