//! Maps on the processor, and what they say of pixels.

use burn::tensor::Tensor;

use crate::data::ImageShape;
use crate::nn::{first_bad, to_vec};
use crate::{Error, Result};

/// The maps of a batch, one after the other.
pub(super) struct Maps {
    values: Vec<f32>,
    shape: ImageShape,
    n: usize,
}

impl Maps {
    /// Reads maps of `n` images: as many values as these, or one a pixel.
    ///
    /// # Errors
    /// When they have another shape, or a value that is not finite.
    pub fn of(values: Tensor<4>, n: usize, image: ImageShape) -> Result<Self> {
        let [count, channels, height, width] = values.dims();
        let fits = [1, image.channels].contains(&channels);
        if count != n || !fits || [height, width] != [image.height, image.width] {
            let expected = [n, image.channels, image.height, image.width];
            let what = "attribution, as the images or with one channel; that of a layer is to be resized first";
            return Err(Error::shape(what, expected, values.dims()));
        }
        if let Some(image) = first_bad(values.clone())? {
            let expected = "finite in all values (NaN or infinite ones say nothing): leave the image out, or look for what overflows";
            return Err(Error::value("attribution", expected, format!("that of image {image}")));
        }
        Ok(Self {
            values: to_vec(values.detach())?,
            shape: ImageShape { channels, ..image },
            n,
        })
    }

    /// Refuses maps of which one says nothing.
    pub fn check_not_zero(&self) -> Result<()> {
        match (0..self.n).find(|&image| self.is_zero(image)) {
            Some(image) => {
                let expected = "other than zero anywhere, so it says nothing that could be measured. Leave the image out, or ask another method";
                Err(Error::value("attribution", expected, format!("that of image {image}")))
            }
            None => Ok(()),
        }
    }

    /// Whether a map is zero everywhere, and so says nothing.
    pub fn is_zero(&self, image: usize) -> bool {
        self.map(image).iter().all(|&value| value == 0.0)
    }

    /// The values of one map.
    pub fn map(&self, image: usize) -> &[f32] {
        let length = self.shape.len();
        &self.values[image * length..][..length]
    }

    /// Its shape, of one channel or as many as the images have.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// What a map says of each value of an image of `channels` channels: of each pixel the same in all channels, if it has one value a pixel.
    pub fn of_values(&self, image: usize, channels: usize) -> impl Iterator<Item = f64> + '_ {
        let repeats = channels / self.shape.channels;
        std::iter::repeat_n(self.map(image), repeats)
            .flatten()
            .map(|&value| f64::from(value))
    }

    /// What a map says of each pixel: the sum of its channels.
    pub fn of_pixels(&self, image: usize) -> Vec<f64> {
        self.sums(image, f64::from)
    }

    /// The same of the sizes of its values.
    pub fn sizes_of_pixels(&self, image: usize) -> Vec<f64> {
        self.sums(image, |value| f64::from(value).abs())
    }

    fn sums(&self, image: usize, of: impl Fn(f32) -> f64) -> Vec<f64> {
        let (map, pixels) = (self.map(image), self.shape.height * self.shape.width);
        let sum = |pixel: usize| -> f64 {
            (0..self.shape.channels)
                .map(|channel| of(map[channel * pixels + pixel]))
                .sum()
        };
        (0..pixels).map(sum).collect()
    }
}

/// The pixels by what a map says of them, the most important first; of equal ones the first in the image.
pub(super) fn most_first(relevance: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..relevance.len()).collect();
    order.sort_by(|&a, &b| relevance[b].total_cmp(&relevance[a]));
    order
}
