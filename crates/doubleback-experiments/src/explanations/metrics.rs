//! What metrics say of one method's maps.

use std::time::Instant;

use burn::tensor::{Tensor, TensorData};
use doubleback::batch::gather;
use doubleback::evaluate::{Explanations, TestSet};
use doubleback::explain::{Attribution, Explainer};
use doubleback::faithfulness::{Explained, Measured, MetricSpec, Need};
use doubleback::nn::Network;
use doubleback::progress::{Phase, Watch};
use doubleback::{ErrorKind, Result};

use super::results::MetricResults;

/// Images that are measured between two looks at the watch: some metrics ask about a thousand variants of each.
const AT_A_TIME: usize = 32;

/// The maps that a method made of a model's images, all of the size of the images.
pub(super) struct Maps<'a> {
    /// What the model is called.
    pub model: &'a str,
    /// The model.
    pub network: &'a Network,
    /// The images.
    pub test: &'a TestSet<'a>,
    /// The method, whose maps have the size of the images.
    pub explainer: &'a dyn Explainer,
    /// What the method is called.
    pub method: &'a str,
    /// Its maps.
    pub maps: &'a Explanations,
    /// Those of other methods.
    pub others: Vec<&'a Explanations>,
    /// Images that the model is asked about at once.
    pub at_once: usize,
}

impl Maps<'_> {
    /// Measures all images of which the method says something.
    ///
    /// A metric that a method has no number of is said so in the results; that is no error.
    ///
    /// # Errors
    /// [`Interrupted`](doubleback::Error::Interrupted) when `watch` breaks; when the device fails.
    pub fn measure(&self, spec: &MetricSpec, watch: &mut dyn Watch) -> Result<MetricResults> {
        let begun = Instant::now();
        let places: Vec<usize> = (0..self.maps.len())
            .filter(|&place| says_something(self.maps, place))
            .collect();
        let values = match self.lack(spec, &places) {
            Some(lack) => Err(lack.to_owned()),
            None => self.values(spec, &places, watch)?,
        };
        let (values, not_measured) = match values {
            Ok(values) => (values, None),
            Err(reason) => (Vec::new(), Some(reason)),
        };
        let (n, undefined) = match not_measured {
            None => (values.len(), self.maps.len() - values.len()),
            Some(_) => (0, 0),
        };
        let mut by_image = vec![None; if n > 0 { self.maps.len() } else { 0 }];
        for &(place, value) in &values {
            by_image[place] = Some(value);
        }
        let values: Vec<f64> = values.into_iter().map(|(_, value)| value).collect();
        let summary = Measured::from(values).summary();
        Ok(MetricResults {
            question: spec.question().to_owned(),
            direction: spec.direction(),
            units: spec.units().to_owned(),
            spec: spec.clone(),
            mean: summary.map(|summary| summary.mean),
            interval: summary.and_then(|summary| summary.interval),
            n,
            undefined,
            values: by_image,
            not_measured,
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// What is known to be missing before anything is computed.
    fn lack(&self, spec: &MetricSpec, places: &[usize]) -> Option<&'static str> {
        let compares = spec.needs().contains(&Need::OtherMaps);
        let heard = |place: usize| self.others.iter().any(|other| says_something(other, place));
        match spec {
            _ if places.is_empty() => Some("all its maps are zero everywhere"),
            MetricSpec::Completeness(metric) if metric.baseline.is_none() && self.maps.gap.is_none() => {
                Some("the method promises no completeness: nothing says what its values should sum to")
            }
            _ if compares && self.others.is_empty() => Some("there is no other method to compare with"),
            _ if compares && !places.iter().any(|&place| heard(place)) => {
                Some("no other method says anything of the same images")
            }
            _ => None,
        }
    }

    /// Places of images with their values, in the order of the images; or why there are none.
    fn values(
        &self,
        spec: &MetricSpec,
        places: &[usize],
        watch: &mut dyn Watch,
    ) -> Result<std::result::Result<Vec<(usize, f64)>, String>> {
        let mut phase = Phase::begin(&format!("{} of {}", spec.name(), self.method), places.len(), watch);
        let mut found: Vec<(usize, f64)> = Vec::with_capacity(places.len());
        for places in places.chunks(AT_A_TIME) {
            let measured = self
                .explained(places)
                .and_then(|explained| spec.metric().measure(&explained));
            match measured {
                Ok(measured) => found.extend(places.iter().copied().zip(measured.values)),
                Err(error) if error.kind() == ErrorKind::Input => {
                    let error = error.of_model(self.model, |row| self.maps.index[places[row]]);
                    return Ok(Err(error.to_string()));
                }
                Err(error) => return Err(error),
            }
            phase.done(found.len())?;
        }
        found.retain(|(_, value)| value.is_finite());
        match found.is_empty() {
            true => Ok(Err("none of its values is finite".to_owned())),
            false => Ok(Ok(found)),
        }
    }

    /// Some of the images with their maps, beside those of other methods.
    fn explained(&self, places: &[usize]) -> Result<Explained<'_>> {
        let index: Vec<usize> = places.iter().map(|&place| self.maps.index[place]).collect();
        let targets: Vec<usize> = places.iter().map(|&place| self.maps.target[place]).collect();
        let images = gather(self.test.split, self.test.shape, &index, self.test.device);
        let gap = self.maps.gap.as_ref();
        let attribution = Attribution {
            values: self.tensor(self.maps, places),
            gap: gap.map(|gap| places.iter().map(|&place| gap[place]).collect()),
        };
        Explained::new(self.network, &images, &targets, attribution)?
            .with_explainer(self.explainer)
            .with_network(self.network)
            .at_once(self.at_once)?
            .beside(self.others.iter().map(|other| self.tensor(other, places)))
    }

    fn tensor(&self, maps: &Explanations, places: &[usize]) -> Tensor<4> {
        let dims = [places.len(), maps.shape.channels, maps.shape.height, maps.shape.width];
        let values: Vec<f32> = places.iter().flat_map(|&place| maps.of_image(place)).copied().collect();
        Tensor::from_data(TensorData::new(values, dims), self.test.device)
    }
}

/// Whether a map is other than zero anywhere.
fn says_something(maps: &Explanations, place: usize) -> bool {
    maps.of_image(place).iter().any(|&value| value != 0.0)
}

#[cfg(test)]
mod tests {
    use doubleback::data::{Bounds, ImageShape, Split};
    use doubleback::evaluate::{Chosen, Explain, ExplainedClass, Named};
    use doubleback::explain::{Gradient, InputXGradient, InternalBatch};
    use doubleback::nn::{Pool, paper_cnn};
    use doubleback_test_device::test_device;

    use super::*;

    const SHAPE: ImageShape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    /// More than are measured at a time.
    const IMAGES: usize = AT_A_TIME + 8;

    fn spec(name: &str) -> MetricSpec {
        MetricSpec::named(name).unwrap()
    }

    /// Gradients and their products with the images, of a network without training.
    fn with_maps(check: impl FnOnce(&Network, &TestSet<'_>, Explanations, Explanations)) {
        let device = test_device();
        let network = Network::new(paper_cnn(SHAPE, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
        let pixels: Vec<f32> = (0..IMAGES * SHAPE.len())
            .map(|at| (at * 7919 % 251) as f32 / 250.0)
            .collect();
        let labels = (0..IMAGES as u32).map(|image| image % 10).collect();
        let split = Split::new(pixels, labels, SHAPE).unwrap();
        let test = TestSet {
            split: &split,
            shape: SHAPE,
            chosen: Chosen::ALL,
            device: &device,
        };
        let classes: Vec<String> = (0..10).map(|class| class.to_string()).collect();
        let of = |method: &dyn Explainer| {
            let asked = Explain {
                method,
                name: "method",
                explained: ExplainedClass::True,
                internal_batch: InternalBatch::AUTO,
            };
            let named = Named {
                name: "m",
                model: &network,
            };
            Explanations::of(&named, &test, &classes, asked, &mut ()).unwrap()
        };
        check(&network, &test, of(&Gradient), of(&InputXGradient));
    }

    fn maps<'a>(
        network: &'a Network,
        test: &'a TestSet<'a>,
        own: &'a Explanations,
        others: &[&'a Explanations],
    ) -> Maps<'a> {
        Maps {
            model: "m",
            network,
            test,
            explainer: &Gradient,
            method: "gradient",
            maps: own,
            others: others.to_vec(),
            at_once: 256,
        }
    }

    #[test]
    fn portions_of_images_give_what_all_of_them_give_at_once() {
        with_maps(|network, test, own, _| {
            let measured = maps(network, test, &own, &[]);
            let all: Vec<usize> = (0..IMAGES).collect();
            let expected = spec("sparseness").metric().measure(&measured.explained(&all).unwrap());
            let expected = expected.unwrap().summary().unwrap();
            let found = measured.measure(&spec("sparseness"), &mut ()).unwrap();
            assert_eq!((found.mean, found.interval), (Some(expected.mean), expected.interval));
            assert_eq!((found.n, found.undefined, found.not_measured), (IMAGES, 0, None));
        });
    }

    #[test]
    fn images_of_which_nothing_is_said_are_left_out_and_counted() {
        with_maps(|network, test, mut own, other| {
            own.attribution[..2 * SHAPE.len()].fill(0.0);
            let mut silent = other.clone();
            silent.attribution[..4 * SHAPE.len()].fill(0.0);
            let found = maps(network, test, &own, &[])
                .measure(&spec("smoothness"), &mut ())
                .unwrap();
            assert_eq!((found.n, found.undefined), (IMAGES - 2, 2));
            let defined: Vec<bool> = found.values.iter().map(Option::is_some).collect();
            assert_eq!(defined, (0..IMAGES).map(|image| image >= 2).collect::<Vec<_>>());
            // Images 2 and 3 have one other map to be compared with, or none.
            let agreement = |others: &[&Explanations]| {
                let found = maps(network, test, &own, others).measure(&spec("rank-agreement"), &mut ());
                let found = found.unwrap();
                (found.n, found.undefined)
            };
            assert_eq!(agreement(&[&silent]), (IMAGES - 4, 4));
            assert_eq!(agreement(&[&silent, &other]), (IMAGES - 2, 2));
        });
    }

    #[test]
    fn what_cannot_be_measured_says_why() {
        with_maps(|network, test, own, other| {
            let mut silent = own.clone();
            silent.attribution.fill(0.0);
            let why = |own: &Explanations, others: &[&Explanations], name: &str| {
                let found = maps(network, test, own, others).measure(&spec(name), &mut ()).unwrap();
                assert_eq!((found.mean, found.n, found.undefined), (None, 0, 0));
                found.not_measured.unwrap()
            };
            assert!(why(&own, &[&other], "completeness").starts_with("the method promises no completeness"));
            assert!(why(&own, &[], "top-agreement").starts_with("there is no other method"));
            assert!(why(&own, &[&silent], "rank-agreement").starts_with("no other method says"));
            assert_eq!(why(&silent, &[&own], "sparseness"), "all its maps are zero everywhere");
        });
    }
}
