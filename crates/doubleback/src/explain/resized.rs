use std::str::FromStr;

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Attribution, Explainer};
use crate::nn::layers::{Context, Coordinates, Epilogue, Interpolation, Layer, Resize, Rounding};
use crate::nn::{Classifier, Mode, to_nchw, to_nhwc};
use crate::{Error, Result};

/// How the map of a layer is brought to the size of the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// On the line between the pixels around, along both axes; the edges of the images lie on each other (PyTorch's `bilinear` with `align_corners=False`).
    #[default]
    Bilinear,
    /// The pixel that covers the place (PyTorch's `nearest`): what Captum's `LayerAttribution.interpolate` takes by default.
    Nearest,
}

impl Upsampling {
    /// All of them.
    pub const ALL: [Upsampling; 2] = [Upsampling::Bilinear, Upsampling::Nearest];

    /// As in `bilinear`.
    pub fn name(self) -> &'static str {
        match self {
            Upsampling::Bilinear => "bilinear",
            Upsampling::Nearest => "nearest",
        }
    }
}

impl FromStr for Upsampling {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|how| how.name() == name);
        found.ok_or_else(|| Error::unknown("upsampling", name, Self::ALL.map(Self::name)))
    }
}

impl Attribution {
    /// The same at another height and width.
    ///
    /// # Errors
    /// When the size has no pixel, or too many.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use doubleback::explain::{Attribution, Upsampling};
    ///
    /// let map = Attribution::from(Tensor::<4>::from_floats([[[[0.0, 4.0]]]], &Device::flex()));
    /// let values = |how| map.resized([1, 4], how).unwrap().values.into_data().try_to_vec::<f32>().unwrap();
    /// assert_eq!(values(Upsampling::Nearest), [0.0, 0.0, 4.0, 4.0]);
    /// assert_eq!(values(Upsampling::Bilinear), [0.0, 1.0, 3.0, 4.0]);
    /// ```
    pub fn resized(&self, [height, width]: [usize; 2], how: Upsampling) -> Result<Self> {
        let [_, channels, rows, columns] = self.values.dims();
        let (mode, coordinates) = match how {
            Upsampling::Bilinear => (Interpolation::Linear, Coordinates::HalfPixel),
            Upsampling::Nearest => (Interpolation::Nearest(Rounding::Floor), Coordinates::Asymmetric),
        };
        let resize = Resize {
            size: [height, width, channels],
            mode,
            coordinates,
            antialias: false,
            exclude_outside: false,
            scales: None,
        };
        let fits = Layer::output(&resize, &[[rows, columns, channels]]);
        fits.map_err(|problem| Error::value("size of an attribution", "one it can be brought to", problem))?;
        let mut context = Context {
            parameters: &[],
            buffers: &[],
            mode: &mut Mode::Inference,
            epilogue: Epilogue::default(),
            statistics: &mut None,
        };
        let (values, _) = Layer::forward(&resize, vec![to_nhwc(self.values.clone())], &mut context)?;
        Ok(Self {
            values: to_nchw(values),
            gap: self.gap.clone(),
        })
    }
}

/// Any method, whose maps are brought to the size of the images: what metrics that ask a method again need of one that looks at a layer. Maps that have that size
/// stay as they are.
pub struct Upsampled<E> {
    /// The method.
    pub of: E,
    /// How its maps are brought to the size of the images.
    pub how: Upsampling,
}

impl<E: Explainer> Explainer for Upsampled<E> {
    fn explain(&self, model: &dyn Classifier, images: &Tensor<4>, targets: &[usize]) -> Result<Attribution> {
        let found = self.of.explain(model, images, targets)?;
        let [_, _, height, width] = images.dims();
        match found.values.dims()[2..] == [height, width] {
            true => Ok(found),
            false => found.resized([height, width], self.how),
        }
    }
}
