use burn::tensor::{DType, Tensor};

use crate::data::{Bounds, ImageShape};
use crate::{Error, Result};

/// From a cotangent of the logits, `[n, classes]`, to the gradient of the images, `[n, channels, height, width]`.
///
/// Row by row: the gradient of image i is that of `Σ_k cotangent[i, k] · logits[i, k]`, since images do not influence each other in inference.
///
/// At a stage of a model it begins or ends at that stage's latent `[n, height, width, channels]` instead: see [`Staged`](super::Staged).
/// `D` is the number of sizes of the cotangent.
///
/// It can be handed to another thread.
pub struct Pullback<'a, const D: usize = 2>(Box<dyn Fn(Tensor<D>) -> Result<Tensor<4>> + Send + 'a>);

impl<'a, const D: usize> Pullback<'a, D> {
    /// Wraps a function.
    pub fn new(apply: impl Fn(Tensor<D>) -> Result<Tensor<4>> + Send + 'a) -> Self {
        Self(Box::new(apply))
    }

    /// The gradient at a cotangent. Can be called any number of times for one forward pass.
    ///
    /// # Errors
    /// When the cotangent is not shaped as the logits, or as the latent that it is of, or of another type.
    pub fn apply(&self, cotangent: Tensor<D>) -> Result<Tensor<4>> {
        (self.0)(cotangent)
    }
}

/// All that attacks, explanations and evaluation ask of a model, in inference mode.
///
/// Images are `[n, channels, height, width]` in the model's own [`bounds`](Classifier::bounds); normalization is part of the model, so that an
/// epsilon always means the same.
///
/// A model can be held and used by several threads at once.
pub trait Classifier: Send + Sync {
    /// Number of classes.
    fn classes(&self) -> usize;

    /// Channels, height and width of an image.
    fn shape(&self) -> ImageShape;

    /// Least and greatest pixel value.
    fn bounds(&self) -> Bounds;

    /// `[n, classes]`.
    ///
    /// # Errors
    /// When the images have another shape or type, or there is none.
    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>>;

    /// The logits and their pullback.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
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

/// The pullback of `forward` at `x`, by Burn's autodiff: one forward pass a call. `what` is the name of the output `y`.
pub(crate) fn by_autodiff<'a, const D: usize>(
    what: &'static str,
    y: &Tensor<D>,
    x: Tensor<4>,
    forward: impl Fn(Tensor<4>) -> Result<Tensor<D>> + Send + 'a,
) -> Pullback<'a, D> {
    let (dims, dtype) = (y.dims(), y.dtype());
    Pullback::new(move |cotangent: Tensor<D>| {
        check_cotangent(what, (dims, dtype), &cotangent)?;
        let x = x.clone().autodiff().require_grad();
        let gradients = (forward(x.clone())? * cotangent).sum().backward();
        let gradient = x.grad(&gradients);
        gradient.ok_or_else(|| Error::value("function of a model", "one that depends on its images", "constant"))
    })
}

/// Refuses images that a model of this shape, with tensors of this type if it has any, does not take: of another shape or type, or none at all.
pub(crate) fn check_images(shape: ImageShape, dtype: Option<DType>, images: &Tensor<4>) -> Result<()> {
    let [n, channels, height, width] = images.dims();
    if [channels, height, width] != [shape.channels, shape.height, shape.width] {
        return Err(Error::shape(
            "images",
            [n, shape.channels, shape.height, shape.width],
            images.dims(),
        ));
    }
    if n == 0 {
        return Err(Error::value("images", "at least one", 0));
    }
    check_type("images", dtype, images)
}

/// Refuses a tensor of another type than `dtype`, if that is known.
pub(crate) fn check_type<const D: usize>(what: &str, dtype: Option<DType>, tensor: &Tensor<D>) -> Result<()> {
    match dtype {
        Some(expected) if expected != tensor.dtype() => Err(Error::Type {
            what: what.to_owned(),
            expected,
            found: tensor.dtype(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a cotangent of `what` that is not shaped as it, or of another type.
pub(crate) fn check_cotangent<const D: usize>(
    what: &str,
    (dims, dtype): ([usize; D], DType),
    cotangent: &Tensor<D>,
) -> Result<()> {
    let what = format!("cotangent of the {what}");
    if cotangent.dims() != dims {
        return Err(Error::shape(what, dims, cotangent.dims()));
    }
    check_type(&what, Some(dtype), cotangent)
}
