use std::ops::Range;

use burn::tensor::{Tensor, TensorData};

use super::baseline::Baselines;
use super::{Attribution, Baseline, Explainer, InternalBatch, check_targets};
use crate::data::ImageShape;
use crate::nn::{Change, Classifier, check_images, nearby, to_vec};
use crate::{Error, Result};

/// Occlusion (Zeiler & Fergus 2014): by how much the target's logit falls when a window of the image, in all channels, has the values of the baseline. Each
/// value gets the mean over the windows that cover it, as in Captum: windows begin at every multiple of the stride, and the last is cut off where the image ends.
///
/// A network on the processor computes only what a window reaches ([`nearby`](nearby())), and a window that already has the baseline's values is not asked about:
/// it changes nothing. Channels have equal values.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{Explainer, Occlusion};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 5 };
/// let sum = FromFunction::new(shape, Bounds { low: 0.0, high: 5.0 }, 1, |x: Tensor<4>| x.reshape([-1, 5]).sum_dim(1));
/// let image = Tensor::<4>::from_floats([[[[1.0, 2.0, 3.0, 4.0, 5.0]]]], &Device::flex());
/// let occlusion = Occlusion { window: Some([1, 2]), stride: Some([1, 2]), ..Occlusion::default() };
/// let found = occlusion.explain(&sum, &image, &[0])?;
/// assert_eq!(found.values.into_data().try_to_vec::<f32>().unwrap(), [3.0, 3.0, 7.0, 7.0, 5.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Occlusion {
    /// Rows and columns of the window; by default an eighth of the image's, rounded up.
    pub window: Option<[usize; 2]>,
    /// Rows and columns from one window to the next, at most those of the window; by default half of these, rounded up.
    pub stride: Option<[usize; 2]>,
    /// What stands in the window; of several baselines, the mean.
    pub baseline: Baseline,
    /// Windows at once.
    pub internal_batch: InternalBatch,
}

/// The windows of an image.
struct Windows {
    shape: ImageShape,
    size: [usize; 2],
    stride: [usize; 2],
}

impl Windows {
    fn new(occlusion: &Occlusion, shape: ImageShape) -> Result<Self> {
        let image = [shape.height, shape.width];
        let size = occlusion.window.unwrap_or(image.map(|side| side.div_ceil(8)));
        let stride = occlusion.stride.unwrap_or(size.map(|side| side.div_ceil(2)));
        for axis in 0..2 {
            if !(1..=image[axis]).contains(&size[axis]) {
                let expected = format!("1 to {} pixels, those of the image", image[axis]);
                return Err(Error::value("window", expected, size[axis]));
            }
            if !(1..=size[axis]).contains(&stride[axis]) {
                let expected = format!(
                    "1 to {}, the pixels of the window: others would never be hidden",
                    size[axis]
                );
                return Err(Error::value("stride", expected, stride[axis]));
            }
        }
        Ok(Self { shape, size, stride })
    }

    /// Along an axis: as many as cover it.
    fn along(&self, axis: usize) -> usize {
        let side = [self.shape.height, self.shape.width][axis];
        (side - self.size[axis]).div_ceil(self.stride[axis]) + 1
    }

    fn count(&self) -> usize {
        self.along(0) * self.along(1)
    }

    /// Rows and columns that one hides.
    fn hidden(&self, window: usize) -> [Range<usize>; 2] {
        let at = [window / self.along(1), window % self.along(1)];
        [0, 1].map(|axis| {
            let start = at[axis] * self.stride[axis];
            start..(start + self.size[axis]).min([self.shape.height, self.shape.width][axis])
        })
    }

    /// Where a window of the full size lies that holds one: all are of one size, so that a model computes all in the same way.
    fn start(&self, [rows, columns]: &[Range<usize>; 2]) -> [usize; 2] {
        [
            rows.end - rows.len().max(self.size[0]),
            columns.end - columns.len().max(self.size[1]),
        ]
    }

    /// An image's values in a window of the full size from a row and column on, those of the baseline where they are hidden; none if nothing changes.
    fn values(&self, image: &[f32], baseline: &[f32], hidden: &[Range<usize>; 2]) -> Option<Vec<f32>> {
        let [top, left] = self.start(hidden);
        let mut values = Vec::with_capacity(self.shape.channels * self.size[0] * self.size[1]);
        let mut changed = false;
        for channel in 0..self.shape.channels {
            for row in top..top + self.size[0] {
                for column in left..left + self.size[1] {
                    let place = (channel * self.shape.height + row) * self.shape.width + column;
                    let is_hidden = hidden[0].contains(&row) && hidden[1].contains(&column);
                    let value = if is_hidden { baseline[place] } else { image[place] };
                    changed |= value != image[place];
                    values.push(value);
                }
            }
        }
        changed.then_some(values)
    }

    /// Pixels of a window, as places in a plane.
    fn pixels(&self, window: usize) -> impl Iterator<Item = usize> + '_ {
        let [rows, columns] = self.hidden(window);
        rows.flat_map(move |row| columns.clone().map(move |column| row * self.shape.width + column))
    }
}

/// A window of an image, to be asked about.
struct Question {
    image: usize,
    /// None for the image as it is.
    window: Option<usize>,
    at: [usize; 2],
    values: Vec<f32>,
}

impl Occlusion {
    /// The mean fall of the target's logit by pixel, plane after plane, of images that are few enough.
    fn falls(
        &self,
        model: &dyn Classifier,
        windows: &Windows,
        (images, values): (&Tensor<4>, &[f32]),
        targets: &[usize],
        baselines: &Baselines,
    ) -> Result<Vec<f32>> {
        let shape = windows.shape;
        let (length, plane) = (shape.len(), shape.height * shape.width);
        let near = nearby(model, images)?;
        let mut falls = vec![0f64; targets.len() * plane];
        // The logits of the images as they are, asked about like the others, so that rounding is the same.
        let mut own = vec![0f64; targets.len()];
        let mut ask = |questions: &[Question]| -> Result<()> {
            let changes: Vec<Change<'_>> = questions.iter().map(|one| one.change(windows.size)).collect();
            let logits = to_vec(near.logits(&changes)?)?;
            for (question, logits) in questions.iter().zip(logits.chunks_exact(model.classes())) {
                let (image, logit) = (question.image, f64::from(logits[targets[question.image]]));
                match question.window {
                    None => own[image] = logit,
                    Some(window) => {
                        let fall = (own[image] - logit) / baselines.count() as f64;
                        windows
                            .pixels(window)
                            .for_each(|pixel| falls[image * plane + pixel] += fall);
                    }
                }
            }
            Ok(())
        };
        let mut questions = Vec::new();
        let at_once = self.internal_batch.images(shape);
        let first = windows.hidden(0);
        for image in 0..targets.len() {
            let of_image = &values[image * length..][..length];
            let as_it_is = windows.size.map(|side| 0..side);
            let whole = Question {
                image,
                window: None,
                at: windows.start(&first),
                values: window_of(of_image, shape, &as_it_is),
            };
            let hidden =
                (0..windows.count()).flat_map(|window| (0..baselines.count()).map(move |number| (window, number)));
            let others = hidden.filter_map(|(window, number)| {
                let hidden = windows.hidden(window);
                Some(Question {
                    image,
                    window: Some(window),
                    at: windows.start(&hidden),
                    values: windows.values(of_image, baselines.of(image, number), &hidden)?,
                })
            });
            for question in std::iter::once(whole).chain(others) {
                questions.push(question);
                if questions.len() == at_once {
                    ask(&questions)?;
                    questions.clear();
                }
            }
        }
        if !questions.is_empty() {
            ask(&questions)?;
        }
        let mut covered = vec![0f64; plane];
        for window in 0..windows.count() {
            windows.pixels(window).for_each(|pixel| covered[pixel] += 1.0);
        }
        let means = falls.chunks_exact(plane).flat_map(|falls| {
            let means: Vec<f32> = falls
                .iter()
                .zip(&covered)
                .map(|(fall, count)| (fall / count) as f32)
                .collect();
            means.repeat(shape.channels)
        });
        Ok(means.collect())
    }
}

impl Question {
    fn change(&self, size: [usize; 2]) -> Change<'_> {
        Change {
            image: self.image,
            at: self.at,
            size,
            values: &self.values,
        }
    }
}

/// An image's own values in a window.
fn window_of(image: &[f32], shape: ImageShape, [rows, columns]: &[Range<usize>; 2]) -> Vec<f32> {
    let mut values = Vec::with_capacity(shape.channels * rows.len() * columns.len());
    for channel in 0..shape.channels {
        for row in rows.clone() {
            let start = (channel * shape.height + row) * shape.width;
            values.extend_from_slice(&image[start + columns.start..start + columns.end]);
        }
    }
    values
}

impl Explainer for Occlusion {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let shape = model.shape();
        check_images(shape, None, images)?;
        check_targets(model, images, targets)?;
        let windows = Windows::new(self, shape)?;
        let values = to_vec(images.clone())?;
        let mut found = Vec::with_capacity(values.len());
        // What is kept of the images for asking about them again is bounded as well.
        let at_once = self.internal_batch.images(shape);
        for start in (0..targets.len()).step_by(at_once) {
            let places = start..(start + at_once).min(targets.len());
            let values = &values[places.start * shape.len()..places.end * shape.len()];
            let baselines = self.baseline.of(model, values)?;
            let images = images.clone().slice([places.clone()]);
            found.extend(self.falls(model, &windows, (&images, values), &targets[places], &baselines)?);
        }
        let data = TensorData::new(found, images.dims());
        Ok(Tensor::from_data(data, (&images.device(), images.dtype())).into())
    }
}
