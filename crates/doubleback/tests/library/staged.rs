//! Networks in stages: up to a layer and on from it is the whole network.

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{
    ARCHITECTURES, Classifier, Module, Network, Pool, Pullback, Stage, Staged, architecture, stage_indices, to_vec,
};
use doubleback_test_device::f64_device;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHAPE: ImageShape = ImageShape {
    channels: 3,
    height: 32,
    width: 32,
};

fn network(name: &str, pool: Pool) -> Network {
    let architecture = architecture(name, SHAPE, Bounds::UNIT, 10, pool).unwrap();
    Network::new(architecture, 3, &f64_device()).unwrap()
}

fn images(n: usize) -> Tensor<4> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let values: Vec<f32> = (0..n * SHAPE.len()).map(|_| random.random()).collect();
    Tensor::from_data(TensorData::new(values, [n, 3, 32, 32]), &f64_device())
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
            if pool == Pool::Avg && ["resnet-small", "resnet18", "wrn-28-2"].contains(&name) {
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
        Tensor::<2>::ones([2, 10], &f64_device()) * Tensor::arange(0..10, &f64_device()).float().reshape([1, 10]);
    let expected = pullback.apply(cotangent.clone()).unwrap();
    let tracked = images.autodiff().require_grad();
    let latent = network.latents(tracked.clone(), &[3]).unwrap().remove(0);
    let logits = network.logits_from(3, latent).unwrap();
    let gradients = (logits * cotangent.autodiff()).sum().backward();
    assert!(distance(tracked.grad(&gradients).unwrap(), expected) < 1e-5);
}

fn random<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f32> = (0..dims.iter().product())
        .map(|_| random.random::<f32>() - 0.5)
        .collect();
    Tensor::from_data(TensorData::new(values, dims), &f64_device())
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// Up to a stage and on from it: the pullbacks one after the other are that of the whole network.
#[test]
fn pullbacks_of_the_parts_make_that_of_the_network() {
    let images = images(3);
    for name in ARCHITECTURES {
        let network = network(name, Pool::Max);
        let (logits, pullback) = network.logits_with_pullback(images.clone()).unwrap();
        let cotangent = random([3, 10], 6);
        let expected = pullback.apply(cotangent.clone()).unwrap();
        for (index, stage) in network.stages().iter().enumerate() {
            let (latent, to_images) = network.latents_with_pullback(images.clone(), index).unwrap();
            let (on, to_latent) = network.logits_from_with_pullback(index, latent.clone()).unwrap();
            assert!(distance(on, logits.clone()) < 1e-5, "{name} {}", stage.name);
            let of_latent = to_latent.apply(cotangent.clone()).unwrap();
            assert_eq!(of_latent.dims(), latent.dims(), "{name} {}", stage.name);
            let gradient = to_images.apply(of_latent).unwrap();
            assert!(distance(gradient, expected.clone()) < 1e-4, "{name} {}", stage.name);
        }
    }
}

/// Both pullbacks of every stage, in `f64`, against central differences along a random direction.
#[test]
fn pullbacks_of_stages_are_central_differences() {
    let network = network("resnet-small", Pool::Max).cast(DType::F64);
    let step = 1e-6;
    let near = |exact: f64, difference: f64, what: &str| {
        let scale = exact.abs().max(1e-3);
        assert!(
            (exact - difference).abs() < 1e-5 * scale,
            "{what}: {exact} and {difference}"
        );
    };
    let dot = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>();
    let images = images(2).cast(DType::F64);
    for (index, stage) in network.stages().iter().enumerate() {
        let (latent, to_images) = network.latents_with_pullback(images.clone(), index).unwrap();
        let (_, to_latent) = network.logits_from_with_pullback(index, latent.clone()).unwrap();

        let (of_logits, along) = (
            random([2, 10], 1).cast(DType::F64),
            random(latent.dims(), 2).cast(DType::F64),
        );
        let exact = dot(
            doubles(to_latent.apply(of_logits.clone()).unwrap()),
            doubles(along.clone()),
        );
        let at = |length: f64| {
            let logits = network
                .logits_from(index, latent.clone() + along.clone() * length)
                .unwrap();
            dot(doubles(logits), doubles(of_logits.clone()))
        };
        near(
            exact,
            (at(step) - at(-step)) / (2.0 * step),
            &format!("on from {}", stage.name),
        );

        let (of_latent, along) = (
            random(latent.dims(), 3).cast(DType::F64),
            random(images.dims(), 4).cast(DType::F64),
        );
        let exact = dot(
            doubles(to_images.apply(of_latent.clone()).unwrap()),
            doubles(along.clone()),
        );
        let at = |length: f64| {
            let images = images.clone() + along.clone() * length;
            let latent = network.latents(images, &[index]).unwrap().remove(0);
            dot(doubles(latent), doubles(of_latent.clone()))
        };
        near(
            exact,
            (at(step) - at(-step)) / (2.0 * step),
            &format!("up to {}", stage.name),
        );
    }
}

/// A model that writes the three functions of its own alone, here those of a network.
struct Own(Network);

impl Classifier for Own {
    fn classes(&self) -> usize {
        self.0.classes()
    }

    fn shape(&self) -> ImageShape {
        self.0.shape()
    }

    fn bounds(&self) -> Bounds {
        self.0.bounds()
    }

    fn logits(&self, images: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        self.0.logits(images)
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> doubleback::Result<(Tensor<2>, Pullback<'_>)> {
        self.0.logits_with_pullback(images)
    }
}

impl Staged for Own {
    fn stages(&self) -> Vec<Stage> {
        self.0.stages()
    }

    fn latents(&self, images: Tensor<4>, stages: &[usize]) -> doubleback::Result<Vec<Tensor<4>>> {
        self.0.latents(images, stages)
    }

    fn logits_from(&self, stage: usize, latent: Tensor<4>) -> doubleback::Result<Tensor<2>> {
        self.0.logits_from(stage, latent)
    }
}

#[test]
fn a_model_of_three_functions_has_the_pullbacks_by_autodiff() {
    let network = network("paper-cnn", Pool::Avg);
    let own = Own(network.clone());
    let images = images(2);
    for index in 0..network.stages().len() {
        let (latent, exact) = network.latents_with_pullback(images.clone(), index).unwrap();
        let (found, by_autodiff) = own.latents_with_pullback(images.clone(), index).unwrap();
        assert!(distance(found, latent.clone()) < 1e-6);
        let cotangent = random(latent.dims(), 1);
        let expected = exact.apply(cotangent.clone()).unwrap();
        assert!(distance(by_autodiff.apply(cotangent).unwrap(), expected) < 1e-5);

        let (_, exact) = network.logits_from_with_pullback(index, latent.clone()).unwrap();
        let (_, by_autodiff) = own.logits_from_with_pullback(index, latent).unwrap();
        let cotangent = random([2, 10], 2);
        let expected = exact.apply(cotangent.clone()).unwrap();
        assert!(distance(by_autodiff.apply(cotangent).unwrap(), expected) < 1e-5);
    }
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
            .logits_from(1, Tensor::zeros([1, 2, 2, 2], &f64_device()))
            .map(|_| ()),
    );
    assert!(shape.contains("latent") && shape.contains("32"), "{shape}");
    let (_, pullback) = network.latents_with_pullback(images(1), 1).unwrap();
    let cotangent = refused(pullback.apply(Tensor::zeros([1, 2, 2, 2], &f64_device())).map(|_| ()));
    assert!(cotangent.contains("cotangent of the latent"), "{cotangent}");
}
