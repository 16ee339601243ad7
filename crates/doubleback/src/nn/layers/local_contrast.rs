use burn::tensor::{Tensor, TensorData};
use doubleback_ops::matmul;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumCount, EnumString, IntoStaticStr};

use super::layer::{Context, Size, UnaryLayer, UnaryPullback};
use crate::{Error, Result};

/// Least local deviation that a pixel is divided by.
const LEAST: f64 = 1e-4;
/// Local variances below this are zero; the square root has no derivative there, and gets none.
const NO_VARIANCE: f64 = 1e-24;
/// Pixels that the window reaches to each side, and its deviation.
const REACH: usize = 3;
const SIGMA: f64 = 3.0;

/// Local contrast normalization (Jarrett, Kavukcuoglu, Ranzato & LeCun 2009), as Ross & Doshi-Velez 2018 use it on SVHN: each pixel minus the
/// mean around it, divided by the deviation around it, unless that is below a floor.
///
/// With G the 7 x 7 Gaussian window of deviation 3 and sum 1, beyond the border zero:
/// c = x - G x, d = √(G c²), and the output is c / max(d, m, 10⁻⁴), where m is the mean of d. Of images with several channels G sees the mean
/// over the channels of x and of c², so that all channels of a pixel have one local mean and one deviation, and colors keep their proportions.
///
/// It has no parameters. Attacks and penalties differentiate through it; its pullback is exact at both orders, with the usual choices at the
/// kinks of max and of the root.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalContrast {
    /// Where the mean deviation m comes from.
    #[serde(default)]
    pub floor: Floor,
}

/// Where the floor of [`LocalContrast`] comes from.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Display, EnumCount, EnumString, IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case", parse_err_ty = Error, parse_err_fn = unknown)]
#[serde(rename_all = "kebab-case")]
pub enum Floor {
    /// The mean of each image.
    #[default]
    PerImage,
    /// One mean over all images that are computed together, as in the authors' code. What an image becomes then depends on the others of its
    /// batch, in inference as well, and its gradient is that of all their outputs.
    Batch,
}

impl Floor {
    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [Self::PerImage, Self::Batch];

    /// `per-image` or `batch`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Mean over the pixels that share a floor, `[n, 1, 1, 1]` or `[1, 1, 1, 1]`.
    fn mean(self, x: Tensor<4>) -> Tensor<4> {
        let of_image = x.mean_dim(1).mean_dim(2);
        match self {
            Self::PerImage => of_image,
            Self::Batch => of_image.mean_dim(0),
        }
    }
}

fn unknown(name: &str) -> Error {
    Error::unknown("floor of local contrast", name, Floor::ALL.map(Floor::name))
}

impl UnaryLayer for LocalContrast {
    fn output(&self, input: Size) -> std::result::Result<Size, String> {
        Ok(input)
    }

    /// The window as a map along the rows and one along the columns, in f64.
    fn workspace(&self, [height, width, _]: Size) -> usize {
        let map = |size: usize| size.saturating_mul(size).saturating_mul(2);
        map(height).saturating_add(map(width))
    }

    fn forward(&self, x: Tensor<4>, _: &mut Context<'_, '_>) -> Result<(Tensor<4>, UnaryPullback)> {
        let floor = self.floor;
        let channels = x.dims()[3] as f64;
        let blur = Blur::new(&x);
        let centered = x.clone() - blur.of(x)?;
        let variance = blur.of(centered.clone().square())?;
        let deviation = variance.clone().clamp_min(NO_VARIANCE).sqrt();
        let mean = floor.mean(deviation.clone());
        let least = mean.clone().clamp_min(LEAST);

        // Which of the three each pixel is divided by; and where the deviation follows the image.
        let dtype = variance.dtype();
        let as_mask = |mask: Tensor<4, burn::tensor::Bool>| mask.float().cast(dtype);
        let by_deviation = as_mask(deviation.clone().inner().greater_equal(least.clone().inner()));
        let by_floor = by_deviation.ones_like() - by_deviation.clone();
        let floor_is_mean = as_mask(mean.inner().greater_equal_elem(LEAST));
        let varies = as_mask(variance.inner().greater_elem(NO_VARIANCE));

        let divisor = deviation.clone() * by_deviation.clone() + least * by_floor.clone();
        let y = centered.clone() / divisor.clone();
        let kept = y.clone();
        let pullback = move |gradient: Tensor<4>| {
            let direct = gradient.clone() / divisor.clone();
            let of_divisor = (direct.clone() * kept.clone()).sum_dim(3).neg();
            // The mean of a mean's cotangent: each pixel has the same share of it.
            let of_mean = floor.mean(of_divisor.clone() * by_floor.clone()) * floor_is_mean.clone();
            let of_deviation = of_divisor * by_deviation.clone() + of_mean;
            let of_variance = of_deviation * varies.clone() / (deviation.clone() * 2.0);
            let of_centered = direct + centered.clone() * (blur.of(of_variance)? * (2.0 / channels));
            Ok(of_centered.clone() - blur.of(of_centered)?)
        };
        Ok((y, Box::new(pullback)))
    }
}

/// The window as a linear map of images. It is a product of one map along the rows and one along the columns, both symmetric: so the map is
/// its own transpose.
struct Blur {
    rows: Tensor<2>,
    columns: Tensor<2>,
}

impl Blur {
    /// For activations of the same size, type and device as this.
    fn new(x: &Tensor<4>) -> Self {
        let [_, height, width, _] = x.dims();
        let constant = |size: usize| {
            let data = TensorData::new(band(size), [size, size]);
            Tensor::from_data(data, (&x.device().inner(), x.dtype()))
        };
        Self {
            rows: constant(height),
            columns: constant(width),
        }
    }

    /// The window around each pixel, of the mean over the channels: `[n, height, width, 1]`.
    fn of(&self, x: Tensor<4>) -> Result<Tensor<4>> {
        let [n, height, width, channels] = x.dims();
        let x = if channels == 1 { x } else { x.mean_dim(3) };
        let along_rows = matmul(x.reshape([n * height, width]), self.columns.clone())?;
        let turned = along_rows.reshape([n, height, width]).swap_dims(1, 2);
        let along_columns = matmul(turned.reshape([n * width, height]), self.rows.clone())?;
        let back = along_columns.reshape([n, width, height]).swap_dims(1, 2);
        Ok(back.reshape([n, height, width, 1]))
    }
}

/// The Gaussian window along one axis, as a matrix: zero beyond the border.
fn band(size: usize) -> Vec<f64> {
    let weight = |distance: usize| (-0.5 * (distance as f64 / SIGMA).powi(2)).exp();
    let sum: f64 = weight(0) + 2.0 * (1..=REACH).map(weight).sum::<f64>();
    (0..size * size)
        .map(|index| match (index / size).abs_diff(index % size) {
            distance @ 0..=REACH => weight(distance) / sum,
            _ => 0.0,
        })
        .collect()
}
