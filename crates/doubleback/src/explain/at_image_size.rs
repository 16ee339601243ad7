use burn::tensor::Tensor;

use super::{Attribution, Explainer, Upsampling};
use crate::Result;
use crate::nn::Classifier;

/// Any method, with its maps brought to the size of the images where they have another, as those of a layer do: what metrics ask that change single pixels.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::explain::{AtImageSize, Explainer, GradCam, Upsampling};
/// use doubleback::nn::{Network, Pool, small_cnn};
///
/// let shape = ImageShape { channels: 1, height: 28, width: 28 };
/// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
/// let images = Tensor::ones([2, 1, 28, 28], &Device::flex());
/// let method = AtImageSize { of: &GradCam::default(), how: Upsampling::Bilinear };
/// assert_eq!(method.explain(&network, &images, &[3, 8])?.values.dims(), [2, 1, 28, 28]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct AtImageSize<'a> {
    /// The method.
    pub of: &'a dyn Explainer,
    /// How maps are brought there.
    pub how: Upsampling,
}

impl Explainer for AtImageSize<'_> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let found = self.of.explain(model, images, targets)?;
        let ([_, _, rows, columns], [_, _, height, width]) = (found.values.dims(), images.dims());
        match [rows, columns] == [height, width] {
            true => Ok(found),
            false => found.resized([height, width], self.how),
        }
    }
}
