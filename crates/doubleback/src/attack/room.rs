use burn::tensor::Tensor;

use crate::Result;
use crate::data::Bounds;
use crate::nn::to_vec;
use crate::not_finite::{NotFinite, Quantity};

/// Where the examples of a batch of images may lie: within the bounds of the model. A value of an image that lies beyond these, as those of data
/// that the model was not trained on may, has room from there to the bounds: clipping it to them would move it by more than eps.
pub struct Room {
    bounds: Bounds,
    /// Least and greatest value of each pixel, where the bounds are not these for all.
    own: Option<[Tensor<4>; 2]>,
}

impl Room {
    /// The room of images.
    ///
    /// # Errors
    /// When an image has values that are not finite; names the first.
    pub fn of(images: &Tensor<4>, bounds: Bounds) -> Result<Self> {
        let values = images.clone().inner();
        if values.dims().contains(&0) {
            return Ok(Self { bounds, own: None });
        }
        // What is not finite makes the sum so, whatever minimum and maximum make of it.
        let sum = (values.clone() * f64::from(f32::MIN_POSITIVE)).sum();
        let found = to_vec(Tensor::cat(vec![values.clone().min(), values.clone().max(), sum], 0))?;
        if found.iter().any(|value| !value.is_finite()) {
            let image = crate::nn::first_bad(values)?;
            return Err(NotFinite::new(Quantity::Images, image).into());
        }
        let beyond = found[0] < bounds.low || found[1] > bounds.high;
        let own = beyond.then(|| {
            let (low, high) = (
                images.clone().clamp_max(bounds.low),
                images.clone().clamp_min(bounds.high),
            );
            [low, high]
        });
        Ok(Self { bounds, own })
    }

    /// The nearest values that have room, of images shaped as those it was made of.
    pub fn clip(&self, images: Tensor<4>) -> Tensor<4> {
        match &self.own {
            None => images.clamp(self.bounds.low, self.bounds.high),
            Some([low, high]) => images.max_pair(low.clone()).min_pair(high.clone()),
        }
    }

    /// The least and the greatest values within a distance of the images.
    pub(super) fn around(&self, images: &Tensor<4>, distance: f64) -> [Tensor<4>; 2] {
        let (least, greatest) = (images.clone() - distance, images.clone() + distance);
        match &self.own {
            None => [least.clamp_min(self.bounds.low), greatest.clamp_max(self.bounds.high)],
            Some([low, high]) => [least.max_pair(low.clone()), greatest.min_pair(high.clone())],
        }
    }
}
