//! Networks in stages: up to a layer and on from it is the whole network.
#![allow(clippy::unwrap_used)]

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{ARCHITECTURES, Classifier, Network, Pool, Staged, architecture, stage_indices, to_vec};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHAPE: ImageShape = ImageShape {
    channels: 3,
    height: 32,
    width: 32,
};

fn network(name: &str, pool: Pool) -> Network {
    let architecture = architecture(name, SHAPE, Bounds::UNIT, 10, pool).unwrap();
    Network::new(architecture, 3, &Device::flex()).unwrap()
}

fn images(n: usize) -> Tensor<4> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let values: Vec<f32> = (0..n * SHAPE.len()).map(|_| random.random()).collect();
    Tensor::from_data(TensorData::new(values, [n, 3, 32, 32]), &Device::flex())
}

fn names(network: &Network) -> Vec<String> {
    network.stages().into_iter().map(|stage| stage.name).collect()
}

fn distance<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    let (a, b) = (to_vec(a).unwrap(), to_vec(b).unwrap());
    assert_eq!(a.len(), b.len());
    let scale = a.iter().fold(1e-6f32, |m, v| m.max(v.abs()));
    a.iter().zip(&b).fold(0f32, |m, (a, b)| m.max((a - b).abs())) / scale
}

#[test]
fn stages_are_named_as_the_layers() {
    let paper = ["input", "conv1", "pool1", "conv2", "pool2", "dense1", "logits"];
    assert_eq!(names(&network("paper-cnn", Pool::Max)), paper);
    let small = [
        "input", "conv1", "conv2", "pool1", "conv3", "conv4", "pool2", "dense1", "dense2", "logits",
    ];
    assert_eq!(names(&network("small-cnn", Pool::Avg)), small);
    // Inside a residual block two values are alive: it is one stage.
    let residual = [
        "input", "conv1", "block1", "block2", "block3", "block4", "block5", "block6", "pool", "logits",
    ];
    assert_eq!(names(&network("resnet-small", Pool::Max)), residual);
}

#[test]
fn up_to_a_layer_and_on_from_it_is_the_network() {
    let images = images(3);
    for name in ARCHITECTURES {
        for pool in [Pool::Max, Pool::Avg] {
            if (name, pool) == ("resnet-small", Pool::Avg) {
                continue;
            }
            let network = network(name, pool);
            let stages = network.stages();
            let all: Vec<usize> = (0..stages.len()).collect();
            let logits = network.logits(images.clone()).unwrap();
            let latents = network.latents(images.clone(), &all).unwrap();
            for ((index, stage), latent) in stages.iter().enumerate().zip(latents) {
                let [height, width, channels] = stage.size;
                assert_eq!(latent.dims(), [3, height, width, channels], "{name} {}", stage.name);
                // One at a time or all at once.
                let alone = network.latents(images.clone(), &[index]).unwrap().remove(0);
                assert!(distance(alone, latent.clone()) < 1e-5, "{name} {}", stage.name);
                let on = network.logits_from(index, latent).unwrap();
                assert!(distance(on, logits.clone()) < 1e-5, "{name} {}", stage.name);
            }
        }
    }
}

#[test]
fn latents_are_those_of_the_layer_and_not_of_its_neighbours() {
    let network = network("paper-cnn", Pool::Max);
    let chosen = stage_indices(&network, &["pool1", "conv1", "logits"]).unwrap();
    assert_eq!(chosen, [1, 2, 6]);
    let images = images(2);
    let latents = network.latents(images.clone(), &chosen).unwrap();
    let pooled = doubleback::ops::max_pool2d(latents[0].clone(), doubleback::ops::Pool2dOptions::square(2));
    assert_eq!(to_vec(pooled.unwrap().0).unwrap(), to_vec(latents[1].clone()).unwrap());
    assert!(
        to_vec(latents[0].clone()).unwrap().iter().all(|&v| v >= 0.0),
        "conv1 ends after its ReLU"
    );
    let logits = network.logits(images).unwrap();
    assert!(distance(latents[2].clone().reshape([2, 10]), logits) < 1e-5);
}

#[test]
fn gradients_pass_through_a_stage() {
    let network = network("paper-cnn", Pool::Max);
    let images = images(2);
    let (_, pullback) = network.logits_with_pullback(images.clone()).unwrap();
    let cotangent =
        Tensor::<2>::ones([2, 10], &Device::flex()) * Tensor::arange(0..10, &Device::flex()).float().reshape([1, 10]);
    let expected = pullback.apply(cotangent.clone()).unwrap();
    let tracked = images.autodiff().require_grad();
    let latent = network.latents(tracked.clone(), &[3]).unwrap().remove(0);
    let logits = network.logits_from(3, latent).unwrap();
    let gradients = (logits * cotangent.autodiff()).sum().backward();
    assert!(distance(tracked.grad(&gradients).unwrap(), expected) < 1e-5);
}

#[test]
fn what_does_not_fit_is_refused() {
    let network = network("paper-cnn", Pool::Max);
    let refused = |result: doubleback::Result<()>| result.unwrap_err().to_string();
    let unknown = refused(stage_indices(&network, &["pool3"]).map(|_| ()));
    assert!(unknown.contains("pool3") && unknown.contains("pool2"), "{unknown}");
    let far = refused(network.latents(images(1), &[7]).map(|_| ()));
    assert!(far.contains("less than 7"), "{far}");
    let order = refused(network.latents(images(1), &[2, 1]).map(|_| ()));
    assert!(order.contains("ascending"), "{order}");
    let shape = refused(
        network
            .logits_from(1, Tensor::zeros([1, 2, 2, 2], &Device::flex()))
            .map(|_| ()),
    );
    assert!(shape.contains("latent") && shape.contains("32"), "{shape}");
}
