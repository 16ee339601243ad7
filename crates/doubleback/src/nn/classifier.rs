use burn::tensor::Tensor;

use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

/// From a cotangent of the logits, `[n, classes]`, to the gradient of the images, `[n, channels, height, width]`.
///
/// Row by row: the gradient of image i is that of `Σ_k cotangent[i, k] · logits[i, k]`, since images do not influence each other in inference.
pub struct Pullback<'a>(Box<dyn Fn(Tensor<2>) -> Result<Tensor<4>> + 'a>);

impl<'a> Pullback<'a> {
    /// Wraps a function.
    pub fn new(apply: impl Fn(Tensor<2>) -> Result<Tensor<4>> + 'a) -> Self {
        Self(Box::new(apply))
    }

    /// The gradient at a cotangent. Can be called any number of times for one forward pass.
    ///
    /// # Errors
    /// When the cotangent is not shaped as the logits.
    pub fn apply(&self, cotangent: Tensor<2>) -> Result<Tensor<4>> {
        (self.0)(cotangent)
    }
}

/// All that attacks, explanations and evaluation ask of a model, in inference mode.
///
/// Images are `[n, channels, height, width]` in the model's own [`bounds`](Classifier::bounds); normalization is part of the model, so that an
/// epsilon always means the same.
pub trait Classifier {
    /// Number of classes.
    fn classes(&self) -> usize;

    /// Channels, height and width of an image.
    fn shape(&self) -> ImageShape;

    /// Least and greatest pixel value.
    fn bounds(&self) -> Bounds;

    /// `[n, classes]`.
    ///
    /// # Errors
    /// When the images have another shape.
    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>>;

    /// The logits and their pullback.
    ///
    /// # Errors
    /// When the images have another shape.
    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)>;
}

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
pub struct FromFunction<F> {
    shape: ImageShape,
    bounds: Bounds,
    classes: usize,
    forward: F,
}

impl<F: Fn(Tensor<4>) -> Tensor<2>> FromFunction<F> {
    /// Takes the forward function, from images to logits.
    pub fn new(shape: ImageShape, bounds: Bounds, classes: usize, forward: F) -> Self {
        Self {
            shape,
            bounds,
            classes,
            forward,
        }
    }
}

impl<F: Fn(Tensor<4>) -> Tensor<2>> Classifier for FromFunction<F> {
    fn classes(&self) -> usize {
        self.classes
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        check_images(self.shape, &images)?;
        Ok((self.forward)(images))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let logits = self.logits(images.clone())?;
        let expected = logits.dims();
        let pullback = Pullback::new(move |cotangent| {
            if cotangent.dims() != expected {
                return Err(Error::shape("cotangent of the logits", expected, cotangent.dims()));
            }
            let images = images.clone().autodiff().require_grad();
            let gradients = ((self.forward)(images.clone()) * cotangent).sum().backward();
            images
                .grad(&gradients)
                .ok_or_else(|| Error::value("function of a model", "one that depends on its images", "constant"))
        });
        Ok((logits, pullback))
    }
}

pub(crate) fn check_images(shape: ImageShape, images: &Tensor<4>) -> Result<()> {
    let [n, channels, height, width] = images.dims();
    if [channels, height, width] == [shape.channels, shape.height, shape.width] {
        return Ok(());
    }
    Err(Error::shape(
        "images",
        [n, shape.channels, shape.height, shape.width],
        images.dims(),
    ))
}
