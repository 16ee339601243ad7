use burn::tensor::Tensor;

use super::classifier::{Classifier, check_images};
use super::pullback::{Pullback, by_autodiff};
use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

/// Any differentiable function of Burn tensors as a [`Classifier`]: your own module's `forward`, in inference mode.
/// Its pullback comes from Burn's autodiff and repeats the forward pass at each call.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::{Classifier, FromFunction};
///
/// let shape = ImageShape { channels: 1, height: 2, width: 2 };
/// let weight = Tensor::<2>::from_floats([[1.0, -1.0], [2.0, 0.0], [0.0, 1.0], [1.0, 1.0]], &Device::flex());
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 4]).matmul(weight.clone()));
/// let (logits, pullback) = model.logits_with_pullback(Tensor::ones([1, 1, 2, 2], &Device::flex()))?;
/// assert_eq!(logits.into_data().try_to_vec::<f32>().unwrap(), [4.0, 1.0]);
/// let gradient = pullback.apply(Tensor::from_floats([[1.0, 0.0]], &Device::flex()))?;
/// assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), [1.0, 2.0, 0.0, 1.0]);
/// # Ok::<(), doubleback::Error>(())
/// ```
pub struct FromFunction<'a> {
    shape: ImageShape,
    bounds: Bounds,
    classes: usize,
    forward: Box<Forward<'a>>,
}

type Forward<'a> = dyn Fn(Tensor<4>) -> Result<Tensor<2>> + Send + Sync + 'a;

impl<'a> FromFunction<'a> {
    /// Takes the forward function, from images `[n, channels, height, width]` to logits `[n, classes]`.
    pub fn new(
        shape: ImageShape,
        bounds: Bounds,
        classes: usize,
        forward: impl Fn(Tensor<4>) -> Tensor<2> + Send + Sync + 'a,
    ) -> Self {
        Self::fallible(shape, bounds, classes, move |images| Ok(forward(images)))
    }

    /// Takes a forward function that may fail, as that of a model in another program may; [`Error::Function`] holds an error of any kind.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use doubleback::Error;
    /// use doubleback::data::{Bounds, ImageShape};
    /// use doubleback::nn::{Classifier, FromFunction};
    ///
    /// let shape = ImageShape { channels: 1, height: 2, width: 2 };
    /// let model = FromFunction::fallible(shape, Bounds::UNIT, 4, |x: Tensor<4>| match x.dims()[0] {
    ///     0..=64 => Ok(x.reshape([-1, 4])),
    ///     n => Err(Error::Function(format!("{n} images at once are too many").into())),
    /// });
    /// let error = model.logits(Tensor::zeros([65, 1, 2, 2], &Device::flex())).unwrap_err();
    /// assert_eq!(error.to_string(), "function of a model: 65 images at once are too many");
    /// ```
    pub fn fallible(
        shape: ImageShape,
        bounds: Bounds,
        classes: usize,
        forward: impl Fn(Tensor<4>) -> Result<Tensor<2>> + Send + Sync + 'a,
    ) -> Self {
        Self {
            shape,
            bounds,
            classes,
            forward: Box::new(forward),
        }
    }

    /// The function's logits, if they are shaped as such.
    fn forward(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let expected = [images.dims()[0], self.classes];
        let logits = (self.forward)(images)?;
        if logits.dims() == expected {
            return Ok(logits);
        }
        let what = "logits of a model's function, [images, classes]";
        Err(Error::shape(what, expected, logits.dims()))
    }
}

impl Classifier for FromFunction<'_> {
    fn classes(&self) -> usize {
        self.classes
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// # Errors
    /// When the images have another shape, the function fails, or its logits are not `[n, classes]`.
    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        // What type the function wants only the function knows.
        check_images(self.shape, None, &images)?;
        self.forward(images)
    }

    /// # Errors
    /// As [`logits`](Self::logits), also from the pullback.
    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let logits = self.logits(images.clone())?;
        let pullback = by_autodiff("logits", &logits, images, |images| self.forward(images));
        Ok((logits, pullback))
    }
}
