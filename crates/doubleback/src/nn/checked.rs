use std::sync::{Mutex, PoisonError};

use burn::tensor::Tensor;

use super::classifier::{Classifier, Cotangents, Staged};
use super::layered::Layered;
use super::loss::to_vec;
use super::nearby::{Change, Nearby};
use super::pullback::Pullback;
use crate::data::{Bounds, ImageShape};
use crate::not_finite::{NotFinite, Quantity};
use crate::{Error, Result};

/// Scales values before they are summed: no sum of finite ones overflows, and what is not finite stays so.
const SCALE: f64 = 1.0 / (1u128 << 64) as f64;

/// A classifier that watches whether all logits and input gradients it gives are finite. What it sees stays on the device until it is asked.
pub(crate) struct Checked<'a> {
    model: &'a dyn Classifier,
    seen: Mutex<Seen>,
}

/// Sums that are finite if all values were.
#[derive(Default)]
struct Seen {
    logits: Option<Tensor<1>>,
    gradients: Option<Tensor<1>>,
}

impl<'a> Checked<'a> {
    pub fn new(model: &'a dyn Classifier) -> Self {
        Self {
            model,
            seen: Mutex::default(),
        }
    }

    fn see<const D: usize>(&self, values: &Tensor<D>, of: impl FnOnce(&mut Seen) -> &mut Option<Tensor<1>>) {
        let sum = (values.clone().inner() * SCALE).sum();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let place = of(&mut seen);
        *place = Some(match place.take() {
            Some(others) => others + sum,
            None => sum,
        });
    }

    /// Whether all that the model said of images, or of what an attack made of them, was finite.
    ///
    /// # Errors
    /// [`Error::NotFinite`], with the place of the first of the images of which the model says something that is not.
    pub fn verdict(&self, images: &Tensor<4>) -> Result<()> {
        let Seen { logits, gradients } = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let whats = [(logits, Quantity::Logits), (gradients, Quantity::InputGradient)];
        let (sums, whats): (Vec<_>, Vec<_>) = whats.into_iter().filter_map(|(sum, what)| Some((sum?, what))).unzip();
        if sums.is_empty() {
            return Ok(());
        }
        let sums = to_vec(Tensor::cat(sums, 0))?;
        match sums.iter().zip(&whats).find(|(sum, _)| !sum.is_finite()) {
            Some((_, &what)) => Err(self.blame(what, images)),
            None => Ok(()),
        }
    }

    /// Says of which image something is not finite, if it is of one of these.
    fn blame(&self, what: Quantity, images: &Tensor<4>) -> Error {
        let found = || -> Result<Option<NotFinite>> {
            if let Some(image) = first_bad(images.clone())? {
                return Ok(Some(NotFinite::new(Quantity::Images, image)));
            }
            let (logits, pullback) = self.model.logits_with_pullback(images.clone())?;
            if let Some(image) = first_bad(logits.clone())? {
                return Ok(Some(NotFinite::new(Quantity::Logits, image)));
            }
            let gradient = pullback.apply(logits.ones_like())?;
            Ok(first_bad(gradient)?.map(|image| NotFinite::new(Quantity::InputGradient, image)))
        };
        // An error of the search itself would say less than that the values are not finite.
        let found = found().ok().flatten();
        found.unwrap_or_else(|| NotFinite::new(what, None)).into()
    }
}

/// The first row of a batch with a value that is not finite.
pub(crate) fn first_bad<const D: usize>(batch: Tensor<D>) -> Result<Option<usize>> {
    let rows = batch.dims()[0];
    let values = to_vec(batch.inner())?;
    let bad = values.iter().position(|value| !value.is_finite());
    Ok(bad.map(|place| place / (values.len() / rows.max(1)).max(1)))
}

impl Classifier for Checked<'_> {
    fn classes(&self) -> usize {
        self.model.classes()
    }

    fn shape(&self) -> ImageShape {
        self.model.shape()
    }

    fn bounds(&self) -> Bounds {
        self.model.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let logits = self.model.logits(images)?;
        self.see(&logits, |seen| &mut seen.logits);
        Ok(logits)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let (logits, pullback) = self.model.logits_with_pullback(images)?;
        self.see(&logits, |seen| &mut seen.logits);
        let checked = move |cotangent: Tensor<2>| {
            let gradient = pullback.apply(cotangent)?;
            self.see(&gradient, |seen| &mut seen.gradients);
            Ok(gradient)
        };
        Ok((logits, Pullback::new(checked)))
    }

    fn logits_with_gradient(&self, images: Tensor<4>, cotangents: &Cotangents<'_>) -> Result<(Tensor<2>, Tensor<4>)> {
        let (logits, gradient) = self.model.logits_with_gradient(images, cotangents)?;
        self.see(&logits, |seen| &mut seen.logits);
        self.see(&gradient, |seen| &mut seen.gradients);
        Ok((logits, gradient))
    }

    fn nearby(&self, images: &Tensor<4>) -> Result<Option<Box<dyn Nearby + '_>>> {
        Ok(match self.model.nearby(images)? {
            Some(nearby) => Some(Box::new(CheckedNearby { checked: self, nearby })),
            None => None,
        })
    }

    fn as_staged(&self) -> Option<&dyn Staged> {
        self.model.as_staged()
    }

    fn as_layered(&self) -> Option<&dyn Layered> {
        self.model.as_layered()
    }
}

/// Watches the logits of changed images.
struct CheckedNearby<'a> {
    checked: &'a Checked<'a>,
    nearby: Box<dyn Nearby + 'a>,
}

impl Nearby for CheckedNearby<'_> {
    fn logits(&self, changes: &[Change<'_>]) -> Result<Tensor<2>> {
        let logits = self.nearby.logits(changes)?;
        self.checked.see(&logits, |seen| &mut seen.logits);
        Ok(logits)
    }

    fn keep(&mut self, changes: &[Change<'_>]) -> Result<()> {
        self.nearby.keep(changes)
    }
}
