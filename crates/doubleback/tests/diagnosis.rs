//! What a diagnosis without a generator must show, on networks whose latents are known.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use burn::tensor::{Device, Tensor};
use doubleback::attack::{Fgsm, run};
use doubleback::data::{Bounds, Dataset, ImageShape, LoadOptions, load};
use doubleback::diagnose::{Decoders, InformationOptions, ProbeOptions, ProbeReading, Probes, information};
use doubleback::nn::{Classifier, Network, Pullback, Stage, Staged};
use doubleback::reproduce::Profile;
use doubleback::train::{Defense, tensor_of};

fn mnist_mini() -> Dataset {
    load("mnist-mini", &LoadOptions::default()).unwrap()
}

/// The paper's network after few steps.
fn trained(dataset: &Dataset, steps: usize) -> Network {
    let mut recipe = Profile::Quick.recipe(Defense::Normal, dataset, 0);
    recipe.options.steps = steps;
    recipe.options.batch = 64;
    recipe.options.curve_every = steps;
    recipe.options.curve_images = 16;
    recipe
        .run(dataset, &Device::flex(), None, &mut ())
        .unwrap()
        .trained
        .network
}

fn labels(dataset: &Dataset, count: usize) -> Vec<usize> {
    dataset.test.labels()[..count]
        .iter()
        .map(|&label| label.into())
        .collect()
}

#[test]
fn probes_know_the_digits_from_every_stage_and_see_the_attack() {
    let (dataset, device) = (mnist_mini(), Device::flex());
    let network = trained(&dataset, 60);
    let stages: Vec<usize> = (0..network.stages().len()).collect();
    let options = ProbeOptions {
        steps: 60,
        ..ProbeOptions::default()
    };
    let probes = || Probes::train(&network, &stages, &dataset.train, &options, &device, &mut ()).unwrap();
    let images = tensor_of(&dataset.test, dataset.shape, 0..200, &device);
    let labels = labels(&dataset, 200);
    let read = |probes: &Probes, images| {
        let mut reading = ProbeReading::default();
        probes.read(&network, images, &labels, &mut reading).unwrap();
        reading
    };
    let first = probes();
    let clean = read(&first, images.clone());
    assert_eq!(
        clean,
        read(&probes(), images.clone()),
        "the same seed gives the same bits"
    );
    let mean = |values: &[bool]| values.iter().filter(|&&wrong| wrong).count() as f64 / values.len() as f64;
    let attacked = run(&network, &Fgsm::default(), &images, &labels, &[0.2]).unwrap();
    let attacked = read(&first, attacked.by_eps[0].images.clone());
    for (place, stage) in network.stages().iter().enumerate() {
        let (clean_error, attacked_error) = (mean(&clean.wrong[place]), mean(&attacked.wrong[place]));
        let nats = clean.nats[place].iter().sum::<f64>() / 200.0;
        println!("{:8} {clean_error:.3} {attacked_error:.3} {nats:.3} nats", stage.name);
        assert!(clean_error < 0.25, "{}: {clean_error}", stage.name);
        assert!(nats < std::f64::consts::LN_10 / 2.0, "{}: {nats} nats", stage.name);
    }
    let last = stages.len() - 1;
    assert!(
        mean(&attacked.wrong[last]) > mean(&attacked.wrong[0]),
        "the attack shows later than at the input"
    );
}

/// Three stages of one size: the images, a half of them, and nothing of them. What it says of them is nothing as well.
struct Halver;

impl Classifier for Halver {
    fn classes(&self) -> usize {
        10
    }

    fn shape(&self) -> ImageShape {
        ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::UNIT
    }

    fn logits(&self, images: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        Ok(Tensor::zeros([images.dims()[0], 10], &images.device()))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> doubleback::Result<(Tensor<2>, Pullback<'_>)> {
        let zeros = images.zeros_like();
        Ok((self.logits(images)?, Pullback::new(move |_| Ok(zeros.clone()))))
    }
}

impl Staged for Halver {
    fn stages(&self) -> Vec<Stage> {
        let stage = |name: &str| Stage {
            name: name.into(),
            size: [28, 28, 1],
        };
        ["input", "half", "nothing"].map(stage).into()
    }

    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> doubleback::Result<Vec<Tensor<4>>> {
        let latent = images.reshape([-1, 28, 28, 1]);
        let scales = [1.0, 0.5, 0.0];
        Ok(stages.iter().map(|&stage| latent.clone() * scales[stage]).collect())
    }

    fn logits_from(&self, _: usize, latent: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        self.logits(latent)
    }
}

#[test]
fn a_stage_that_can_be_inverted_loses_nothing_and_one_that_destroys_all_loses_much() {
    let (dataset, device) = (mnist_mini(), Device::flex());
    let options = InformationOptions {
        steps: 60,
        ..InformationOptions::default()
    };
    let decoders = Decoders::train(&Halver, &[0, 1, 2], &dataset.train, &options, &device, &mut ()).unwrap();
    let mut errors = Vec::new();
    let images = tensor_of(&dataset.test, dataset.shape, 0..300, &device);
    decoders.read(&Halver, &images, &mut errors).unwrap();
    let layers = information(&["input", "half", "nothing"], &errors, 0).unwrap();
    assert_eq!(layers[0].loss, None);
    let (half, nothing) = (layers[1].loss.unwrap(), layers[2].loss.unwrap());
    assert!(half.value.abs() < 0.15, "{half:?}");
    assert!(nothing.low > 0.4, "{nothing:?}");
    // Nothing better than the mean image can be made of nothing.
    assert!(layers[2].mse > 0.06, "{}", layers[2].mse);
}
