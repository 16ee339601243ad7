//! What InterpretGAN promises, on a small network and small images.

use doubleback_test_device::f64_device;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::Error;
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::diagnose::{
    ClassTarget, Discriminator, GanFiles, GanOptions, Generator, InterpretGan, LatentKind, Subject, adversarial_loss,
    class_loss, discriminator_loss, train_gan,
};
use doubleback::nn::layers::{BatchNorm, Conv2d, Dense, Flatten, LayerKind, MaxPool, Relu};
use doubleback::nn::{Architecture, LayerSpec, Mode, Module, Network, Staged, TrainingPass, to_vec};
use doubleback::progress::{Progress, Watch};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};
const BOUNDS: Bounds = Bounds { low: -0.5, high: 0.5 };
const CLASSES: usize = 3;

fn random<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f32> = (0..dims.iter().product())
        .map(|_| random.random::<f32>() - 0.5)
        .collect();
    Tensor::from_data(TensorData::new(values, dims), &f64_device())
}

fn network(seed: u64) -> Network {
    let layers = [
        ("conv1", LayerKind::Conv2d(Conv2d::same(4, 3))),
        ("conv1.norm", LayerKind::BatchNorm(BatchNorm::paper())),
        ("conv1.norm.relu", LayerKind::Relu(Relu {})),
        ("pool1", LayerKind::MaxPool(MaxPool::square(2))),
        ("flatten", LayerKind::Flatten(Flatten {})),
        (
            "logits",
            LayerKind::Dense(Dense {
                units: CLASSES,
                bias: true,
            }),
        ),
    ];
    let architecture = Architecture {
        name: "small".into(),
        input: [1, 8, 8],
        bounds: [BOUNDS.low, BOUNDS.high],
        classes: CLASSES,
        layers: layers
            .into_iter()
            .map(|(name, kind)| LayerSpec::new(name, kind))
            .collect(),
    };
    Network::new(architecture, seed, &f64_device()).unwrap()
}

fn dataset(name: &str) -> Dataset {
    let split = |count: usize, seed| {
        let images = to_vec(random([count * SHAPE.len()], seed)).unwrap();
        let labels = (0..count).map(|i| (i % CLASSES) as u32).collect();
        Split::new(images, labels, SHAPE).unwrap()
    };
    let classes = ["a", "b", "c"].map(String::from).to_vec();
    Dataset::new(name, classes, SHAPE, BOUNDS, split(40, 1), split(10, 2), split(20, 3)).unwrap()
}

fn options() -> GanOptions {
    GanOptions {
        steps: 4,
        warm_up: 3,
        batch: 12,
        generator_batch: 8,
        noise: 5,
        recognised: 3,
        history_every: 2,
        ..GanOptions::default()
    }
}

const WARM_UP: &str = "warming up the recognition network";
const GAME: &str = "InterpretGAN";

/// Remembers phases with their steps, and breaks at the end.
#[derive(Default)]
struct Recorder {
    end: Option<(&'static str, usize)>,
    phase: String,
    told: Vec<(String, usize, usize)>,
}

impl Watch for Recorder {
    fn begin(&mut self, phase: &str, _: usize) {
        self.phase = phase.to_owned();
    }

    fn advance(&mut self, Progress { step, steps, .. }: Progress) -> ControlFlow<()> {
        self.told.push((self.phase.clone(), step, steps));
        match self.end == Some((self.phase.as_str(), step)) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }
}

fn train(options: &GanOptions, files: GanFiles<'_>, stop_at: usize) -> doubleback::Result<InterpretGan> {
    let network = network(0);
    let stages: Vec<usize> = (0..network.stages().len()).collect();
    let mut watch = Recorder {
        end: (stop_at > 0).then_some((GAME, stop_at)),
        ..Recorder::default()
    };
    train_gan(
        Subject {
            model: &network,
            identity: "small",
            stages: &stages,
        },
        &dataset("random"),
        options,
        files,
        &f64_device(),
        &mut watch,
    )
}

fn checkpointed(path: &Path) -> GanFiles<'_> {
    GanFiles {
        checkpoint: Some(path),
        grids: None,
    }
}

/// All values of all networks.
fn bits(gan: &InterpretGan) -> Vec<u32> {
    let generators = gan.generators().iter();
    let mut tensors: Vec<&Tensor<1>> = generators.flat_map(Module::tensors).map(|p| p.value()).collect();
    let d = gan.discriminator();
    tensors.extend(d.tensors().map(|p| p.value()));
    let values = tensors.into_iter().flat_map(|tensor| to_vec(tensor.clone()).unwrap());
    values.map(f32::to_bits).collect()
}

#[test]
fn a_resumed_training_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("gan.ckpt");
    for spectral in [false, true] {
        let options = GanOptions {
            spectral: Some(spectral),
            latent_weight: 0.1,
            ..options()
        };
        let whole = train(&options, GanFiles::default(), 0).unwrap();
        for stop in [1, 3] {
            let stopped = train(&options, checkpointed(&checkpoint), stop).unwrap_err();
            assert!(matches!(stopped, Error::Interrupted), "{stopped}");
        }
        let resumed = train(&options, checkpointed(&checkpoint), 0).unwrap();
        assert_eq!(bits(&whole), bits(&resumed), "spectral: {spectral}");
        assert_eq!(whole.losses(), resumed.losses());
        assert_eq!(
            whole.losses().iter().map(|point| point.step).collect::<Vec<_>>(),
            [2, 4]
        );
        std::fs::remove_file(&checkpoint).unwrap();
    }
}

#[test]
fn the_warm_up_is_a_phase_of_its_own_and_can_be_interrupted() {
    let network = network(0);
    let train_until = |end: Option<(&'static str, usize)>| {
        let subject = Subject {
            model: &network,
            identity: "small",
            stages: &[0, 1],
        };
        let mut watch = Recorder {
            end,
            ..Recorder::default()
        };
        let (dataset, device) = (dataset("random"), f64_device());
        let trained = train_gan(subject, &dataset, &options(), GanFiles::default(), &device, &mut watch);
        (trained.map(|_| ()), watch.told)
    };
    let (trained, told) = train_until(None);
    trained.unwrap();
    let warm_up = (0..=3).map(|step| (WARM_UP.to_owned(), step, 3));
    let game = (0..=4).map(|step| (GAME.to_owned(), step, 4));
    assert_eq!(told, warm_up.chain(game).collect::<Vec<_>>());
    for (end, calls) in [((WARM_UP, 2), 3), ((GAME, 0), 5)] {
        let (trained, told) = train_until(Some(end));
        assert!(matches!(trained, Err(Error::Interrupted)));
        assert_eq!(told.len(), calls);
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("gan.ckpt");
    train(&options(), checkpointed(&checkpoint), 2).unwrap_err();
    let other = GanOptions {
        class_weight: 3.0,
        ..options()
    };
    let refused = train(&other, checkpointed(&checkpoint), 0).unwrap_err().to_string();
    assert!(
        refused.contains("gan.ckpt") && refused.contains("other options"),
        "{refused}"
    );

    let network = network(0);
    let refused = train_gan(
        Subject {
            model: &network,
            identity: "another",
            stages: &[0, 1],
        },
        &dataset("random"),
        &options(),
        checkpointed(&checkpoint),
        &f64_device(),
        &mut (),
    );
    assert!(refused.unwrap_err().to_string().contains("another model"));

    // How often it is saved may change.
    let saved_more = GanOptions {
        checkpoint_every: std::time::Duration::from_secs(1),
        ..options()
    };
    train(&saved_more, checkpointed(&checkpoint), 0).unwrap();

    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let damaged = train(&options(), checkpointed(&checkpoint), 0).unwrap_err().to_string();
    assert!(
        damaged.contains("not a whole file") && damaged.contains("Delete it"),
        "{damaged}"
    );
}

#[test]
fn every_setting_of_the_losses_changes_what_is_learned() {
    let base = bits(&train(&options(), GanFiles::default(), 0).unwrap());
    let changed = [
        GanOptions {
            class_weight: 0.5,
            ..options()
        },
        GanOptions {
            anchor_weight: 0.5,
            ..options()
        },
        GanOptions {
            latent_weight: 0.5,
            ..options()
        },
        GanOptions {
            class_target: ClassTarget::Probabilities,
            ..options()
        },
        GanOptions { seed: 1, ..options() },
    ];
    for options in changed {
        let other = bits(&train(&options, GanFiles::default(), 0).unwrap());
        assert!(base.len() == other.len() && base != other, "{options:?}");
    }
}

#[test]
fn explanations_depend_on_latent_and_noise_alone() {
    let gan = train(&options(), GanFiles::default(), 0).unwrap();
    let network = network(0);
    let device = f64_device();
    let images = random([6, 1, 8, 8], 9);
    let stages: Vec<usize> = (0..network.stages().len()).collect();
    let latents = network.latents(images, &stages).unwrap();
    for (stage, latents) in latents.iter().enumerate() {
        let explain = |index| {
            to_vec(
                gan.explain(stage, latents.clone(), gan.noise(6, index, &device))
                    .unwrap(),
            )
            .unwrap()
        };
        let first = explain(0);
        assert_eq!(first, explain(0), "stage {stage}");
        assert_ne!(first, explain(1), "stage {stage}");
        assert!(first.iter().all(|v| (BOUNDS.low..=BOUNDS.high).contains(v)));
        // An image alone has the explanation that it has in a batch.
        let alone = gan
            .explain(
                stage,
                latents.clone().narrow(0, 2, 1),
                gan.noise(6, 0, &device).narrow(0, 2, 1),
            )
            .unwrap();
        for (a, b) in to_vec(alone).unwrap().iter().zip(&first[2 * SHAPE.len()..]) {
            assert!((a - b).abs() < 1e-6, "stage {stage}: {a} and {b}");
        }
        let mean = to_vec(gan.mean_explanation(stage, latents.clone(), 2).unwrap()).unwrap();
        let expected = first.iter().zip(explain(1)).map(|(a, b)| (a + b) / 2.0);
        assert!(
            mean.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6),
            "stage {stage}"
        );
    }
    let none = gan
        .explain(9, latents[0].clone(), gan.noise(6, 0, &device))
        .unwrap_err()
        .to_string();
    assert!(none.contains("stage: 9"), "{none}");
    assert!(gan.mean_explanation(0, latents[0].clone(), 0).is_err());
}

#[test]
fn a_saved_interpretgan_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gan.safetensors");
    let gan = train(
        &GanOptions {
            spectral: Some(true),
            ..options()
        },
        GanFiles::default(),
        0,
    )
    .unwrap();
    gan.save(&path).unwrap();
    let loaded = InterpretGan::load(&path, &f64_device()).unwrap();
    assert_eq!(bits(&gan), bits(&loaded));
    assert_eq!(
        (gan.stages(), gan.options(), gan.losses()),
        (loaded.stages(), loaded.options(), loaded.losses())
    );
    let written = std::fs::read(&path).unwrap();
    loaded.save(&path).unwrap();
    assert_eq!(written, std::fs::read(&path).unwrap());

    doubleback::nn::save(&network(0), &Default::default(), &path).unwrap();
    let other = InterpretGan::load(&path, &f64_device()).unwrap_err().to_string();
    assert!(other.contains("no `interpretgan`"), "{other}");
    let missing = InterpretGan::load(&folder.path().join("x"), &f64_device())
        .unwrap_err()
        .to_string();
    assert!(missing.contains("is not there"), "{missing}");
}

/// Whatever number a damaged header has, the file is refused or read: no panic, no more memory than there is.
#[test]
fn no_number_in_a_damaged_header_panics() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gan.safetensors");
    let options = GanOptions {
        steps: 1,
        warm_up: 0,
        ..options()
    };
    train(&options, GanFiles::default(), 0).unwrap().save(&path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let (header, tensors) = (str::from_utf8(&whole[8..8 + length]).unwrap(), &whole[8 + length..]);
    let facts = header.find("interpretgan").unwrap()..header.find("losses").unwrap();
    let (mut refused, mut read) = (0, 0);
    let mut at = facts.start;
    while let Some(start) = header[at..facts.end].find(|c: char| c.is_ascii_digit()) {
        let start = at + start;
        let end = start + header[start..].find(|c: char| !c.is_ascii_digit()).unwrap();
        for number in ["0", "3000000", "99999999999", "18446744073709551615"] {
            let mut damaged = format!("{}{number}{}", &header[..start], &header[end..]);
            while !damaged.len().is_multiple_of(8) {
                damaged.push(' ');
            }
            let bytes = [&(damaged.len() as u64).to_le_bytes(), damaged.as_bytes(), tensors].concat();
            std::fs::write(&path, bytes).unwrap();
            match InterpretGan::load(&path, &f64_device()) {
                Ok(_) => read += 1,
                Err(_) => refused += 1,
            }
        }
        at = end;
    }
    // Numbers of steps and weights of losses may be any; sizes may not.
    assert!(refused > 40 && read > 20, "{refused} refused, {read} read");
}

#[test]
fn grids_are_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let files = GanFiles {
        checkpoint: None,
        grids: Some(folder.path()),
    };
    train(&options(), files, 0).unwrap();
    let png = image::open(folder.path().join("step-000004.png")).unwrap();
    // 12 of the 20 test images; the images themselves and four stages, each 8 x 8 enlarged seven times and four pixels apart.
    assert_eq!((png.width(), png.height()), (12 * 60 + 4, 5 * 60 + 4));
}

#[test]
fn what_does_not_fit_is_refused() {
    let (network, device) = (network(0), f64_device());
    let attempt = |stages: &[usize], options: &GanOptions| {
        let found = train_gan(
            Subject {
                model: &network,
                identity: "small",
                stages,
            },
            &dataset("random"),
            options,
            GanFiles::default(),
            &device,
            &mut (),
        );
        found.unwrap_err().to_string()
    };
    assert!(attempt(&[], &options()).contains("stages"));
    assert!(attempt(&[1, 0], &options()).contains("ascending"));
    assert!(attempt(&[9], &options()).contains("less than 4"));
    assert!(attempt(&[0], &GanOptions { batch: 0, ..options() }).contains("batch"));
    assert!(
        attempt(
            &[0],
            &GanOptions {
                generator_batch: 99,
                ..options()
            }
        )
        .contains("at most the batch")
    );
    assert!(
        attempt(
            &[0],
            &GanOptions {
                class_weight: f64::NAN,
                ..options()
            }
        )
        .contains("class weight")
    );
    assert!(
        attempt(
            &[0],
            &GanOptions {
                beta1: 1.0,
                ..options()
            }
        )
        .contains("beta1")
    );
    assert!(
        attempt(
            &[0],
            &GanOptions {
                generator_rate: 1e30,
                steps: 50,
                ..options()
            }
        )
        .contains("became")
    );
}

/// Power iterations bring every weight's largest singular value to 1.
#[test]
fn spectral_normalization_holds_singular_values_at_one() {
    let shape = ImageShape {
        channels: 3,
        height: 32,
        width: 32,
    };
    let mut discriminator = Discriminator::new(shape, Bounds::UNIT, CLASSES, 0, true, 0, &f64_device()).unwrap();
    for _ in 0..50 {
        discriminator.iterate().unwrap();
    }
    let normalized = discriminator.normalized().unwrap();
    for weight in normalized.parameters().filter(|p| p.dims().len() > 1) {
        let channels = *weight.dims().last().unwrap();
        let value = weight.value().clone();
        let matrix = value.clone().reshape([value.dims()[0] / channels, channels]);
        // Another start than the one of the discriminator.
        let mut v = random([channels, 1], 7);
        let mut length = 0.0;
        for _ in 0..200 {
            let w = matrix.clone().matmul(v.clone());
            length = f64::from(to_vec(w.clone().square().sum()).unwrap()[0]).sqrt();
            v = matrix.clone().transpose().matmul(w / length);
            let scale = f64::from(to_vec(v.clone().square().sum()).unwrap()[0]).sqrt();
            v = v / scale;
        }
        assert!((length - 1.0).abs() < 0.02, "{}: {length}", weight.name());
    }
}

/// Along a random direction in every tensor of generator and discriminator, in f64.
#[test]
fn gradients_of_the_game_match_central_differences() {
    let device = f64_device();
    let (n, noise) = (6, 4);
    for (latent, spectral) in [([4, 4, 3], false), ([1, 1, 5], true)] {
        let [h, w, c] = latent;
        let generator = Generator::new("g", LatentKind::Stage(latent), noise, SHAPE, BOUNDS, 0, &device)
            .unwrap()
            .cast(DType::F64);
        let discriminator = Discriminator::new(SHAPE, BOUNDS, CLASSES, 0, spectral, 0, &device)
            .unwrap()
            .cast(DType::F64);
        let double = |t: Tensor<4>| t.cast(DType::F64);
        let (latents, real) = (double(random([n, h, w, c], 1)), double(random([n, 1, 8, 8], 2)));
        let z = random([n, noise], 3).cast(DType::F64);
        let soft = burn::tensor::activation::softmax(random([n, CLASSES], 4).cast(DType::F64), 1);
        let loss = |g: &Generator, d: &Discriminator| {
            let mut pass = TrainingPass::new(0, 0);
            let images = g.forward(latents.clone(), z.clone(), &mut pass.mode()).unwrap();
            let (of_real, of_generated) = (d.forward(real.clone()).unwrap(), d.forward(images).unwrap());
            discriminator_loss(of_real.real, of_generated.real.clone())
                + adversarial_loss(of_generated.real) * 0.7
                + class_loss(&of_generated.class, &soft)
        };
        let (tracked_g, tracked_d) = (generator.tracked(), discriminator.tracked());
        let gradients = loss(&tracked_g, &tracked_d).backward();
        let value = |g: &Generator, d: &Discriminator| loss(g, d).try_to_vec_as::<f64>().unwrap()[0];
        let parameters: Vec<_> = tracked_g.parameters().chain(tracked_d.parameters()).collect();
        for (index, parameter) in parameters.into_iter().enumerate() {
            let plain = parameter.value().clone().inner();
            let direction = random(plain.dims(), 9).cast(DType::F64);
            let along = (parameter.value().grad(&gradients).unwrap() * direction.clone()).sum();
            let along = along.try_to_vec_as::<f64>().unwrap()[0];
            let at = |step: f64| {
                let moved = plain.clone() + direction.clone() * step;
                let (mut g, mut d) = (generator.clone(), discriminator.clone());
                match index < tracked_g.parameters().count() {
                    true => g.set(parameter.name(), moved).unwrap(),
                    false => d.set(parameter.name(), moved).unwrap(),
                }
                value(&g, &d)
            };
            // With spectral normalization too: at a fixed u, σ = |Wu|, whose derivative is that of vᵀWu with v constant.
            let difference = (at(1e-7) - at(-1e-7)) / 2e-7;
            assert!(
                (along - difference).abs() <= 1e-5 * difference.abs() + 1e-6,
                "{latent:?}: {}: {along} and {difference}",
                parameter.name()
            );
        }
    }
}

/// In inference a generator's output is a function of one image; in training of the batch.
#[test]
fn moving_averages_are_used_in_inference() {
    let generator = Generator::new("g", LatentKind::Stage([4, 4, 3]), 4, SHAPE, BOUNDS, 0, &f64_device()).unwrap();
    let (latents, z) = (random([6, 4, 4, 3], 1), random([6, 4], 2));
    let inference = to_vec(
        generator
            .forward(latents.clone(), z.clone(), &mut Mode::Inference)
            .unwrap(),
    )
    .unwrap();
    let mut pass = TrainingPass::new(0, 0);
    let training = to_vec(generator.forward(latents.clone(), z.clone(), &mut pass.mode()).unwrap()).unwrap();
    assert_ne!(inference, training);
    let mut generator = generator;
    generator.update_moving_averages(pass);
    assert_ne!(
        inference,
        to_vec(generator.forward(latents, z, &mut Mode::Inference).unwrap()).unwrap()
    );
}
