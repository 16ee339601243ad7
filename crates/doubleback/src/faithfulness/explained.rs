use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::relevance::Maps;
use crate::data::ImageShape;
use crate::explain::{Attribution, Explainer};
use crate::nn::{Classifier, Network, check_images, first_bad, to_vec};
use crate::not_finite::{NotFinite, Quantity};
use crate::{Error, Result};

/// Images that a model or a method is asked about at a time, unless [`at_once`](Explained::at_once) says otherwise.
const AT_ONCE: usize = 256;

/// Images with an explanation each: what metrics are asked about.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::Gradient;
/// use doubleback::faithfulness::{Explained, MaxSensitivity, Metric, Sparseness};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let weight = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], &Device::flex());
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]).matmul(weight.clone()));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let explained = Explained::by(&model, &images, &[1], &Gradient)?;
/// // One of two pixels has all the weight; and the gradient of a linear model is the same everywhere.
/// assert_eq!(Sparseness {}.measure(&explained)?.values, [0.5]);
/// assert_eq!(MaxSensitivity::default().measure(&explained)?.values, [0.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub struct Explained<'a> {
    model: &'a dyn Classifier,
    targets: Vec<usize>,
    images: Tensor<4>,
    pixels: Vec<f32>,
    maps: Maps,
    gap: Option<Vec<f64>>,
    explainer: Option<&'a dyn Explainer>,
    network: Option<&'a Network>,
    others: Vec<Maps>,
    at_once: usize,
}

impl<'a> Explained<'a> {
    /// Images `[n, channels, height, width]`, the class that each is explained for, and maps that are there already: `[n, channels, height, width]`, or
    /// `[n, 1, height, width]` with one value a pixel.
    ///
    /// # Errors
    /// When images, targets or maps do not fit the model or each other, a value is not finite, or the map of an image is zero everywhere.
    pub fn new(
        model: &'a dyn Classifier,
        images: &Tensor<4>,
        targets: &[usize],
        attribution: Attribution,
    ) -> Result<Self> {
        let images = images.clone().detach();
        check_images(model.shape(), None, &images)?;
        let (n, classes) = (images.dims()[0], model.classes());
        if targets.len() != n {
            return Err(Error::shape("targets", n, targets.len()));
        }
        if let Some(target) = targets.iter().find(|&&target| target >= classes) {
            let expected = format!("below the {classes} classes of the model");
            return Err(Error::value("target", expected, target));
        }
        if let Some(image) = first_bad(images.clone())? {
            return Err(NotFinite::new(Quantity::Images, image).into());
        }
        let maps = Maps::of(attribution.values, n, model.shape())?;
        maps.check_not_zero()?;
        if let Some(gap) = attribution.gap.as_ref().filter(|gap| gap.len() != n) {
            return Err(Error::shape("completeness gaps", n, gap.len()));
        }
        Ok(Self {
            model,
            targets: targets.to_vec(),
            pixels: to_vec(images.clone())?,
            images,
            maps,
            gap: attribution.gap,
            explainer: None,
            network: None,
            others: Vec::new(),
            at_once: AT_ONCE,
        })
    }

    /// Images explained by a method, which metrics may ask again.
    ///
    /// # Errors
    /// As [`new`](Self::new), and when the method fails.
    pub fn by(
        model: &'a dyn Classifier,
        images: &Tensor<4>,
        targets: &[usize],
        explainer: &'a dyn Explainer,
    ) -> Result<Self> {
        check_images(model.shape(), None, images)?;
        if targets.len() != images.dims()[0] {
            return Err(Error::shape("targets", images.dims()[0], targets.len()));
        }
        let parts = targets.chunks(AT_ONCE).enumerate().map(|(part, targets)| {
            let start = part * AT_ONCE;
            explainer.explain(model, &images.clone().narrow(0, start, targets.len()), targets)
        });
        let parts = parts.collect::<Result<Vec<_>>>()?;
        let gap = parts.iter().map(|part| part.gap.clone()).collect::<Option<Vec<_>>>();
        let values = Tensor::cat(parts.into_iter().map(|part| part.values).collect(), 0);
        let attribution = Attribution {
            values,
            gap: gap.map(|gaps| gaps.concat()),
        };
        Ok(Self::new(model, images, targets, attribution)?.with_explainer(explainer))
    }

    /// The same with the method that made the maps.
    #[must_use]
    pub fn with_explainer(self, explainer: &'a dyn Explainer) -> Self {
        Self {
            explainer: Some(explainer),
            ..self
        }
    }

    /// The same with the network that the model is, for metrics that draw its weights anew.
    #[must_use]
    pub fn with_network(self, network: &'a Network) -> Self {
        Self {
            network: Some(network),
            ..self
        }
    }

    /// The same with maps that other methods made of the images, of the shapes that [`new`](Self::new) takes. One that is zero everywhere says nothing of its image,
    /// and metrics leave it out there.
    ///
    /// # Errors
    /// When they do not fit the images, or have values that are not finite.
    pub fn beside(mut self, others: impl IntoIterator<Item = Tensor<4>>) -> Result<Self> {
        for values in others {
            self.others.push(Maps::of(values, self.len(), self.model.shape())?);
        }
        Ok(self)
    }

    /// The same, where the model and the method are asked about so many images at a time, 256 if nothing is said: memory grows with it, results do not change.
    ///
    /// # Errors
    /// When it is 0.
    pub fn at_once(self, at_once: usize) -> Result<Self> {
        match at_once {
            0 => Err(Error::value("images at once", "at least 1", at_once)),
            _ => Ok(Self { at_once, ..self }),
        }
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there are none; never so.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Channels, height and width of an image.
    pub fn shape(&self) -> ImageShape {
        self.model.shape()
    }

    /// So many images are asked about at a time.
    pub(super) fn portion(&self) -> usize {
        self.at_once
    }

    /// The model.
    pub fn model(&self) -> &'a dyn Classifier {
        self.model
    }

    /// The class of each image whose logit is explained.
    pub fn targets(&self) -> &[usize] {
        &self.targets
    }

    /// The images, `[n, channels, height, width]`.
    pub fn images(&self) -> &Tensor<4> {
        &self.images
    }

    /// The values of an image, channel after channel, each row after row.
    pub fn pixels(&self, image: usize) -> &[f32] {
        let length = self.shape().len();
        &self.pixels[image * length..][..length]
    }

    /// What its map says of each pixel of an image, row after row: the sum of its channels.
    pub fn relevance(&self, image: usize) -> Vec<f64> {
        self.maps.of_pixels(image)
    }

    pub(super) fn maps(&self) -> &Maps {
        &self.maps
    }

    pub(super) fn others(&self) -> &[Maps] {
        &self.others
    }

    pub(super) fn gap(&self) -> Option<&[f64]> {
        self.gap.as_deref()
    }

    pub(super) fn explainer(&self) -> Result<&'a dyn Explainer> {
        let expected = "given with the maps: this metric asks the method again (`Explained::by`)";
        self.explainer
            .ok_or_else(|| Error::value("method of explanation", expected, "none"))
    }

    pub(super) fn network(&self) -> Result<&'a Network> {
        let expected = "given with the maps: this metric draws its weights anew (`Explained::with_network`)";
        self.network.ok_or_else(|| Error::value("network", expected, "none"))
    }

    /// Asks in portions about `rows` images that are made here: `fill` makes one, `take` is given the number of the first and all of a portion.
    pub(super) fn in_portions(
        &self,
        rows: usize,
        fill: impl Fn(usize, &mut [f32]) + Sync,
        mut take: impl FnMut(usize, Tensor<4>) -> Result<()>,
    ) -> Result<()> {
        let (shape, length) = (self.shape(), self.shape().len().max(1));
        for start in (0..rows).step_by(self.at_once) {
            let count = self.at_once.min(rows - start);
            let mut values = vec![0f32; count * length];
            let each = values.par_chunks_mut(length).enumerate();
            each.for_each(|(row, values)| fill(start + row, values));
            let data = TensorData::new(values, [count, shape.channels, shape.height, shape.width]);
            take(
                start,
                Tensor::from_data(data, (&self.images.device(), self.images.dtype())),
            )?;
        }
        Ok(())
    }

    /// The maps that a method makes of `rows` images of which `fill` makes one each, for the target of the image that `of` says, for another model or the same.
    /// `take` is given each row's map.
    pub(super) fn explanations(
        &self,
        model: &dyn Classifier,
        rows: usize,
        of: impl Fn(usize) -> usize,
        fill: impl Fn(usize, &mut [f32]) + Sync,
        take: impl Fn(usize, &Maps, usize) -> f64 + Sync,
    ) -> Result<Vec<f64>> {
        let explainer = self.explainer()?;
        let mut found = Vec::with_capacity(rows);
        self.in_portions(rows, fill, |start, images| {
            let count = images.dims()[0];
            let targets: Vec<usize> = (start..start + count).map(|row| self.targets[of(row)]).collect();
            let values = explainer.explain(model, &images, &targets)?.values;
            let maps = Maps::of(values, count, self.shape())?;
            let each = (0..count).into_par_iter().map(|row| take(start + row, &maps, row));
            found.par_extend(each);
            Ok(())
        })?;
        Ok(found)
    }
}
