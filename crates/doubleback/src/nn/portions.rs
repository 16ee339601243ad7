//! Large batches in portions whose activations stay in the processor's cache from one layer to the next.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use super::classifier::Cotangents;
use super::layers::Size;
use super::pullback::{Pullback, check_cotangent};
use crate::Result;
use crate::stop::Stop;

/// Bytes of the input and the output of a portion's largest layer; measured. The activations of a batch of 256 images of 28x28 come from memory instead of the
/// cache from layer to layer, and a convolution of 32 channels takes half as long again.
const CACHE: usize = 2_500_000;

/// Weights that stay in the cache themselves, prepared for the kernels that want them so.
const LIGHT: usize = 800_000;

/// Of heavier networks, values of activations for each weight that a portion has at least, since each portion reads all weights anew.
const VALUES_A_WEIGHT: usize = 8;

/// Images of a portion that a thread takes for itself rather than share the layers of a larger one.
const LEAST: usize = 4;

/// How many images a forward pass takes at a time off the tape: threads take a portion each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portions {
    most: usize,
    least: usize,
}

impl Portions {
    /// All images of a batch at once.
    pub fn whole() -> Self {
        Self {
            most: usize::MAX,
            least: usize::MAX,
        }
    }

    /// For a network with `weights` trained values whose values, the images first, have these sizes.
    pub fn of(sizes: &[Size], weights: usize, device: &Device) -> Self {
        // Other devices have their own ways, and more to do at once than a processor.
        if *device != Device::flex() {
            return Self::whole();
        }
        let values = |size: &Size| size.iter().product::<usize>();
        let largest = sizes.windows(2).map(|pair| values(&pair[0]) + values(&pair[1])).max();
        let all: usize = sizes.iter().map(values).sum();
        let fitting = CACHE / (largest.unwrap_or(0) * size_of::<f32>()).max(1);
        let least = match weights {
            ..=LIGHT => LEAST,
            _ => (VALUES_A_WEIGHT * weights).div_ceil(all.max(1)),
        };
        Self {
            most: fitting.max(least),
            least,
        }
    }

    /// The logits of all images, by a `forward` that treats every image by itself.
    pub fn logits(
        self,
        images: Tensor<4>,
        forward: impl Fn(Tensor<4>) -> Result<Tensor<2>> + Sync,
    ) -> Result<Tensor<2>> {
        match self.of_batch(&images)[..] {
            [_] => forward(images),
            ref ranges => {
                let stop = Stop::of_this_thread();
                let logits = ranges
                    .par_iter()
                    .map(|range| stop.known(|| forward(images.clone().slice([range.clone()]))));
                Ok(Tensor::cat(logits.collect::<Result<Vec<_>>>()?, 0))
            }
        }
    }

    /// The logits of all images and their pullback, by a `forward` that treats every image by itself.
    pub fn logits_with_pullback(
        self,
        images: Tensor<4>,
        forward: impl Fn(Tensor<4>) -> Result<(Tensor<2>, Pullback<'static>)> + Sync,
    ) -> Result<(Tensor<2>, Pullback<'static>)> {
        let ranges = self.of_batch(&images);
        if let [_] = ranges[..] {
            return forward(images);
        }
        let stop = Stop::of_this_thread();
        let portions = ranges
            .par_iter()
            .map(|range| stop.known(|| forward(images.clone().slice([range.clone()]))));
        let (logits, pullbacks): (Vec<_>, Vec<_>) = portions.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        // A pullback may be handed to another thread, and is used by one at a time.
        let pullbacks: Vec<_> = pullbacks.into_iter().map(Mutex::new).collect();
        let logits = Tensor::cat(logits, 0);
        let known = (logits.dims(), logits.dtype());
        let pullback = move |cotangent: Tensor<2>| {
            check_cotangent("logits", known, &cotangent)?;
            let stop = Stop::of_this_thread();
            let portions = ranges.par_iter().zip(&pullbacks);
            let gradients = portions.map(|(range, pullback): (&Range<usize>, &Mutex<Pullback<'static>>)| {
                let pullback = pullback.lock().unwrap_or_else(PoisonError::into_inner);
                stop.known(|| pullback.apply(cotangent.clone().slice([range.clone()])))
            });
            Ok(Tensor::cat(gradients.collect::<Result<Vec<_>>>()?, 0))
        };
        Ok((logits, Pullback::new(pullback)))
    }

    /// The logits of all images and the gradients at the cotangents of these, by a `forward` that treats every image by itself. Nothing is kept of a portion but
    /// these.
    pub fn logits_with_gradient(
        self,
        images: Tensor<4>,
        cotangents: &Cotangents<'_>,
        forward: impl Fn(Tensor<4>) -> Result<(Tensor<2>, Pullback<'static>)> + Sync,
    ) -> Result<(Tensor<2>, Tensor<4>)> {
        let there_and_back = |images, range| {
            let (logits, pullback) = forward(images)?;
            let gradient = pullback.apply(cotangents(&logits, range)?)?;
            Ok((logits, gradient))
        };
        let ranges = self.of_batch(&images);
        if let [range] = &ranges[..] {
            return there_and_back(images, range.clone());
        }
        let stop = Stop::of_this_thread();
        let portions = ranges
            .par_iter()
            .map(|range| stop.known(|| there_and_back(images.clone().slice([range.clone()]), range.clone())));
        let (logits, gradients): (Vec<_>, Vec<_>) = portions.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((Tensor::cat(logits, 0), Tensor::cat(gradients, 0)))
    }

    /// The portions of a batch. On a tape there is one: more would be recorded one by one, and all be kept.
    fn of_batch(self, images: &Tensor<4>) -> Vec<Range<usize>> {
        let n = images.dims()[0];
        match images.is_autodiff() {
            true => std::iter::once(0..n).collect(),
            false => self.ranges(n),
        }
    }

    /// The portions of `n` images, of the same length or one image longer: as few as can be, but the same number for every thread.
    pub fn ranges(self, n: usize) -> Vec<Range<usize>> {
        let portions = self.count(n, rayon::current_num_threads());
        (0..portions)
            .map(|i| i * n / portions..(i + 1) * n / portions)
            .collect()
    }

    fn count(self, images: usize, threads: usize) -> usize {
        let fewest = images.div_ceil(self.most).max(1);
        fewest.next_multiple_of(threads).min(images / self.least).max(fewest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::{Classifier, Mode, Network, Pool, paper_cnn, small_cnn, to_vec, with_direct_convolutions};

    const DIGITS: ImageShape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };

    #[test]
    fn portions_give_what_the_whole_gives() {
        let architecture = small_cnn(DIGITS, Bounds::UNIT, 10, Pool::Max);
        let network = Network::new(architecture, 3, &Device::flex()).unwrap();
        let values: Vec<f32> = (0..37 * 784).map(|i| (i * 7919 % 1009) as f32 / 1009.0).collect();
        let images = Tensor::<1>::from_floats(values.as_slice(), &Device::flex()).reshape([37, 1, 28, 28]);
        let portions = Portions::of(
            &network.architecture().sizes().unwrap(),
            network.parameter_count(),
            &Device::flex(),
        );
        let ranges = portions.of_batch(&images);
        assert!(ranges.len() > 1, "{ranges:?}");
        assert_eq!(
            ranges.iter().cloned().flatten().collect::<Vec<_>>(),
            (0..37).collect::<Vec<_>>()
        );

        let (whole, to_images) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
        let (logits, pullback) = network.logits_with_pullback(images.clone()).unwrap();
        let bits = |t: &Tensor<2>| to_vec(t.clone()).unwrap();
        assert_eq!(bits(&logits), bits(&whole));
        assert_eq!(bits(&network.logits(images.clone()).unwrap()), bits(&whole));
        let expected = to_vec(to_images.apply(whole.clone()).unwrap()).unwrap();
        assert_eq!(to_vec(pullback.apply(whole).unwrap()).unwrap(), expected);
        // There and back by portions, whose cotangents are their own logits.
        let own = |logits: &Tensor<2>, _| Ok(logits.clone());
        let (again, found) = network.logits_with_gradient(images.clone(), &own).unwrap();
        assert_eq!((bits(&again), to_vec(found).unwrap()), (bits(&logits), expected));
        let none = |logits: &Tensor<2>, rows: Range<usize>| Ok(logits.clone().narrow(0, 0, rows.len() - 1));
        let wrong = network.logits_with_gradient(images, &none).map(drop).unwrap_err();
        assert!(wrong.to_string().contains("cotangent of the logits"), "{wrong}");
        let wrong = pullback.apply(logits.narrow(0, 0, 36)).map(drop).unwrap_err();
        assert!(wrong.to_string().contains("cotangent of the logits"), "{wrong}");
    }

    /// On every thread that takes a portion; afterwards they are as before.
    #[test]
    fn direct_convolutions_are_those_of_all_portions() {
        let architecture = small_cnn(DIGITS, Bounds::UNIT, 10, Pool::Max);
        let network = Network::new(architecture, 3, &Device::flex()).unwrap();
        let values: Vec<f32> = (0..37 * 784).map(|i| (i * 7919 % 1009) as f32 / 1009.0).collect();
        let images = Tensor::<1>::from_floats(values.as_slice(), &Device::flex()).reshape([37, 1, 28, 28]);
        let logits = || to_vec(network.logits(images.clone()).unwrap()).unwrap();
        let (fast, direct) = (logits(), with_direct_convolutions(true, logits));
        assert!((0..37).all(|image| fast[10 * image..][..10] != direct[10 * image..][..10]));
        let one_by_one = |image| to_vec(network.logits(images.clone().narrow(0, image, 1)).unwrap()).unwrap();
        let alone = || (0..37).flat_map(one_by_one).collect::<Vec<f32>>();
        assert_eq!(with_direct_convolutions(true, alone), direct);
        assert_eq!(logits(), fast);
    }

    #[test]
    fn heavy_networks_take_more_at_a_time() {
        let architecture = paper_cnn(DIGITS, Bounds::UNIT, 10, Pool::Max);
        let sizes = architecture.sizes().unwrap();
        let of = |weights| Portions::of(&sizes, weights, &Device::flex()).most;
        assert!(
            of(3_274_634) > 200 && of(100_000) < 40,
            "{} {}",
            of(3_274_634),
            of(100_000)
        );
    }
}
