use burn::tensor::{DType, Tensor};

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
