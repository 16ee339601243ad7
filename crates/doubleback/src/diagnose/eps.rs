//! The perturbation size at which layers can be told apart: the attack should succeed on some images and fail on others.

use crate::statistics::least_by;
use burn::tensor::{Device, Tensor};

use super::checks::SUCCESS;
use super::images::batches;
use super::measurements::EpsPoint;
use crate::attack::{Attack, Standing};
use crate::data::Split;
use crate::nn::{Classifier, predictions};
use crate::progress::{Phase, Watch};
use crate::{Error, Result};

/// Sizes tried first, as shares of the data's range.
const TRIED: [f64; 8] = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4];
/// Bisections where none of these will do.
const BISECTIONS: usize = 5;

/// What a sweep over perturbation sizes found.
#[derive(Clone, Debug, PartialEq)]
pub struct EpsSweep {
    /// What was measured, by growing eps.
    pub points: Vec<EpsPoint>,
    /// The chosen one.
    pub chosen: EpsPoint,
}

impl EpsPoint {
    /// Whether the attack succeeds on enough images, and fails on enough, for layers to be told apart: within [`SUCCESS`].
    pub fn tells_layers_apart(&self) -> bool {
        (SUCCESS[0]..=SUCCESS[1]).contains(&self.success)
    }
}

/// Measures the share of correctly classified images that an attack turns wrong, for sizes from 0.5 % to 40 % of the data's range, and chooses
/// the one whose share is nearest to the middle of [`SUCCESS`]. If none is within, it looks between them; if there is still none, the nearest
/// is chosen, and [`EpsPoint::tells_layers_apart`] says so.
///
/// # Errors
/// When the attack takes no eps, the images do not fit the model or it classifies none of them right, or `watch` breaks.
pub fn eps_sweep(
    model: &dyn Classifier,
    attack: &Attack,
    images: &Split,
    count: usize,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<EpsSweep> {
    if !attack.takes_eps() {
        return Err(attack.refuse_eps("auto"));
    }
    let bounds = model.bounds();
    let range = f64::from(bounds.high) - f64::from(bounds.low);
    let known = known(model, images, count, device)?;
    let steps = TRIED.len();
    let mut points = Vec::with_capacity(steps);
    let mut phase = Phase::begin("choosing eps", steps, watch);
    for share in TRIED {
        points.push(known.attacked(model, attack, rounded(share * range))?);
        phase.done(points.len())?;
    }
    for _ in 0..BISECTIONS {
        if points.iter().any(EpsPoint::tells_layers_apart) {
            break;
        }
        // The first size that is too large, and the one before it: success need not grow with every size.
        let Some(place) = points.iter().position(|point| point.success > SUCCESS[1]) else {
            break;
        };
        let low = place.checked_sub(1).map_or(0.0, |before| points[before].eps);
        let middle = rounded((low + points[place].eps) / 2.0);
        points.insert(place, known.attacked(model, attack, middle)?);
        phase.done(steps)?;
    }
    let middle = (SUCCESS[0] + SUCCESS[1]) / 2.0;
    let distance = |point: &EpsPoint| (point.success - middle).abs();
    let nearest = least_by(&points, |point| distance(point));
    let chosen = *nearest.ok_or_else(|| Error::value("sizes of the eps sweep", "at least one", 0))?;
    Ok(EpsSweep { points, chosen })
}

/// Images with their labels and their places in the split.
struct KnownBatch {
    images: Tensor<4>,
    labels: Vec<usize>,
    places: Vec<usize>,
}

/// Images that a model classifies right, in batches.
struct Known {
    batches: Vec<KnownBatch>,
    count: usize,
}

fn known(model: &dyn Classifier, images: &Split, count: usize, device: &Device) -> Result<Known> {
    let mut known = Known {
        batches: Vec::new(),
        count: 0,
    };
    for (images, labels, range) in batches(images, model.shape(), count, device) {
        let said = predictions(&model.logits(images.clone())?);
        let said = said.map_err(|error| error.at(|row| range.start + row))?;
        let right: Vec<bool> = said.iter().zip(&labels).map(|(said, label)| said == label).collect();
        let right = Standing::of(&right);
        if !right.is_empty() {
            let labels: Vec<usize> = right.places().iter().map(|&i| labels[i]).collect();
            known.count += labels.len();
            known.batches.push(KnownBatch {
                images: right.images(&images),
                labels,
                places: right.places().iter().map(|&row| range.start + row).collect(),
            });
        }
    }
    match known.count {
        0 => Err(Error::value(
            "images that the model classifies right, to choose eps by",
            "at least one",
            0,
        )),
        _ => Ok(known),
    }
}

impl Known {
    fn attacked(&self, model: &dyn Classifier, attack: &Attack, eps: f64) -> Result<EpsPoint> {
        let mut turned = 0;
        for KnownBatch { images, labels, places } in &self.batches {
            let attacked = attack.run(model, images, labels, &[eps]);
            let attacked = attacked.map_err(|error| error.at(|row| places[row]))?;
            let said = attacked.by_eps.iter().flat_map(|adversarial| &adversarial.predictions);
            turned += said.zip(labels).filter(|(said, label)| said != label).count();
        }
        Ok(EpsPoint {
            eps,
            success: turned as f64 / self.count as f64,
            count: self.count,
        })
    }
}

/// To three digits: a size that can be typed.
fn rounded(eps: f64) -> f64 {
    let scale = 10f64.powi(2 - eps.log10().floor() as i32);
    (eps * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::AttackSpec;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::FromFunction;
    use doubleback_test_device::test_device;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 1,
        width: 2,
    };

    /// Class 1 where the first value exceeds the second. FGSM at eps turns an image whose values are less than twice that apart.
    fn model() -> impl Classifier {
        FromFunction::new(SHAPE, Bounds::UNIT, 2, |x: Tensor<4>| {
            let weight = Tensor::<2>::from_floats([[-1.0, 1.0], [1.0, -1.0]], &x.device());
            x.reshape([-1, 2]).matmul(weight)
        })
    }

    /// Images of class 1 whose values are `apart`.
    fn images(apart: impl Iterator<Item = f32>) -> Split {
        let values: Vec<f32> = apart.flat_map(|apart| [0.5 + apart / 2.0, 0.5 - apart / 2.0]).collect();
        let labels = vec![1; values.len() / 2];
        Split::new(values, labels, SHAPE).unwrap()
    }

    fn sweep(images: &Split) -> Result<EpsSweep> {
        eps_sweep(
            &model(),
            &AttackSpec::named("fgsm").unwrap().attack().unwrap(),
            images,
            1000,
            &test_device(),
            &mut (),
        )
    }

    #[test]
    fn success_is_that_of_the_closed_form_and_the_nearest_to_the_middle_is_chosen() {
        // Apart by 0.0005 to 0.4995: a share of 4 eps is less than 2 eps apart.
        let sweep = sweep(&images((0..500).map(|i| (i as f32 + 0.5) / 1000.0))).unwrap();
        for point in &sweep.points {
            assert!((point.success - (4.0 * point.eps).min(1.0)).abs() < 1e-9, "{point:?}");
            assert_eq!(point.count, 500);
        }
        assert_eq!((sweep.chosen.eps, sweep.chosen.tells_layers_apart()), (0.1, true));
    }

    #[test]
    fn a_size_between_those_tried_is_found() {
        // Apart by 0.05 to 0.07: eps 0.02 turns none of them, 0.05 all.
        let sweep = sweep(&images((0..100).map(|i| 0.05 + i as f32 * 0.0002))).unwrap();
        assert!(sweep.chosen.tells_layers_apart(), "{sweep:?}");
        assert!((0.028..0.033).contains(&sweep.chosen.eps), "{sweep:?}");
        assert!(sweep.points.is_sorted_by(|a, b| a.eps < b.eps));
    }

    #[test]
    fn where_no_size_will_do_the_nearest_is_taken_and_says_so() {
        // Half of them an inch from the border, the others as far as can be.
        let all_or_none = images((0..10).map(|_| 1.0));
        let sweep = sweep(&all_or_none).unwrap();
        assert_eq!((sweep.chosen.success, sweep.chosen.tells_layers_apart()), (0.0, false));
    }

    #[test]
    fn what_cannot_be_swept_is_refused() {
        let wrong = images((0..10).map(|_| -0.5));
        let message = sweep(&wrong).unwrap_err().to_string();
        assert_eq!(
            message,
            "images that the model classifies right, to choose eps by: 0 is not at least one"
        );
        let jsma = AttackSpec::named("jsma").unwrap().attack().unwrap();
        let message = eps_sweep(&model(), &jsma, &wrong, 10, &test_device(), &mut ())
            .unwrap_err()
            .to_string();
        assert_eq!(message, "eps: auto is not for `jsma`, which takes none: leave it out");
    }
}
