//! What a diagnosis without a generator must show, on networks whose latents are known.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use burn::tensor::Device;
use doubleback::attack::{Fgsm, run};
use doubleback::data::{Dataset, LoadOptions, load};
use doubleback::diagnose::{ProbeOptions, ProbeReading, Probes};
use doubleback::nn::{Network, Staged};
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
