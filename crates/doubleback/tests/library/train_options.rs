//! What a training can have beyond the paper's: optimizers, schedules, averages, clipping, accumulation and smoothing as PyTorch has them
//! (scripts/make-optimizer-fixtures.py); augmented images; and all of it goes on to the same bits after an interruption.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::batch::Batch;
use doubleback::data::{Bounds, Dataset, ImageShape, Split};
use doubleback::nn::layers::{Dense, Flatten, Relu};
use doubleback::nn::{Architecture, LayerSpec, Module, Network, Pool, TrainingPass, paper_cnn, to_vec};
use doubleback::progress::{Progress, Watch};
use doubleback::train::{
    AdamWOptions, Augmentation, Defense, DefenseKind, GradientPenalty, Meeting, ModelFiles, Normal, Objective,
    ObjectiveValue, Optimizer, OptimizerKind, OptimizerSettings, Recipe, Schedule, SgdOptions, Teacher, TrainOptions,
    Trained, train,
};
use doubleback::{Error, Result};
use doubleback_ops::AdamOptions;
use doubleback_test_device::{f64_device, test_device};

const FLAT: ImageShape = ImageShape {
    channels: 1,
    height: 4,
    width: 4,
};

fn fixtures() -> HashMap<String, Vec<f64>> {
    let path = format!("{}/tests/fixtures/optimizers.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let read = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        (name, array.into_vec::<f64>().unwrap())
    };
    names.into_iter().map(read).collect()
}

/// Values in [0, 1), as the script has them.
fn pattern(count: usize, factor: usize, modulus: usize) -> Vec<f32> {
    let number = |index| (index * factor % modulus) as f32 / modulus as f32;
    (0..count).map(number).collect()
}

/// The network of the script: no batch norm, no dropout.
fn small_network() -> Network {
    let layers = vec![
        LayerSpec::new("flatten", Flatten {}),
        LayerSpec::new("hidden", Dense { units: 5, bias: true }),
        LayerSpec::new("hidden.relu", Relu {}),
        LayerSpec::new("logits", Dense { units: 3, bias: true }),
    ];
    let architecture = Architecture {
        name: "small".into(),
        input: [1, 4, 4],
        bounds: [0.0, 1.0],
        classes: 3,
        layers,
    };
    let device = test_device();
    let start = |name: &str| match name {
        "hidden.weight" => (29, 53),
        "hidden.bias" => (7, 11),
        "logits.weight" => (17, 43),
        "logits.bias" => (5, 13),
        other => panic!("{other}"),
    };
    let build = |dims: &[usize], name: &str| {
        let ((factor, modulus), count) = (start(name), dims.iter().product());
        let values: Vec<f32> = pattern(count, factor, modulus).iter().map(|v| v - 0.5).collect();
        Tensor::<1>::from_data(TensorData::new(values, [count]), &device)
    };
    Network::build(architecture, &device, |spec, name| Ok(build(&spec.dims, name))).unwrap()
}

fn dataset(shape: ImageShape, classes: usize, count: usize, validation: usize) -> Dataset {
    let split = |count: usize, factor: usize| {
        let labels = (0..count).map(|index| (index * 7 % 11 % classes) as u32).collect();
        Split::new(pattern(count * shape.len(), factor, 61), labels, shape).unwrap()
    };
    let names = (0..classes).map(|class| class.to_string()).collect();
    let (train, validation) = (split(count, 37), split(validation, 23));
    Dataset::new(
        "patterns",
        names,
        shape,
        Bounds::UNIT,
        train,
        validation,
        Split::empty(shape),
    )
    .unwrap()
}

/// The images of the script.
fn script_data() -> Dataset {
    let labels = vec![0, 2, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2];
    let train = Split::new(pattern(12 * 16, 37, 61), labels, FLAT).unwrap();
    let names = ["0", "1", "2"].map(str::to_owned).into();
    let empty = Split::empty(FLAT);
    Dataset::new("script", names, FLAT, Bounds::UNIT, train, empty.clone(), empty).unwrap()
}

fn sgd(momentum: f64, nesterov: bool, weight_decay: f64) -> Optimizer {
    Optimizer::Sgd(SgdOptions {
        momentum,
        nesterov,
        weight_decay,
    })
}

fn with_rate(learning_rate: f64) -> AdamOptions {
    AdamOptions {
        learning_rate,
        ..AdamOptions::default()
    }
}

/// Eight steps of four images with plain SGD of rate 0.1.
fn options() -> TrainOptions {
    TrainOptions {
        steps: 8,
        batch: 4,
        adam: with_rate(0.1),
        optimizer: sgd(0.0, false, 0.0),
        ..TrainOptions::default()
    }
}

fn trained(options: &TrainOptions, dataset: &Dataset) -> Trained {
    train(small_network(), "normal", &Normal, dataset, options, None, &mut ()).unwrap()
}

fn values(network: &Network) -> Vec<f32> {
    let values = network.tensors().map(|tensor| to_vec(tensor.value().clone()).unwrap());
    values.flatten().collect()
}

fn far(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs.map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max)
}

#[test]
fn trainings_end_where_pytorchs_do() {
    let (expected, dataset) = (fixtures(), script_data());
    let cases = [
        (
            "adam",
            TrainOptions {
                optimizer: Optimizer::Adam,
                adam: with_rate(0.01),
                ..options()
            },
        ),
        (
            "adamw",
            TrainOptions {
                optimizer: Optimizer::AdamW(AdamWOptions {
                    weight_decay: 0.3,
                    ..AdamWOptions::default()
                }),
                adam: with_rate(0.01),
                ..options()
            },
        ),
        ("sgd", options()),
        (
            "sgd.momentum",
            TrainOptions {
                optimizer: sgd(0.9, false, 0.05),
                ..options()
            },
        ),
        (
            "sgd.nesterov",
            TrainOptions {
                optimizer: sgd(0.8, true, 0.01),
                ..options()
            },
        ),
        (
            "smoothing",
            TrainOptions {
                label_smoothing: 0.2,
                ..options()
            },
        ),
        (
            "clip",
            TrainOptions {
                clip_norm: Some(0.1),
                ..options()
            },
        ),
        (
            "cosine",
            TrainOptions {
                optimizer: sgd(0.9, false, 0.0),
                schedule: Schedule::Cosine,
                warmup: 2,
                ..options()
            },
        ),
        (
            "one-cycle",
            TrainOptions {
                schedule: Schedule::OneCycle,
                ..options()
            },
        ),
        (
            "average",
            TrainOptions {
                adam: with_rate(0.3),
                average: Some(0.8),
                ..options()
            },
        ),
        (
            "accumulate",
            TrainOptions {
                batch: 5,
                accumulate: 2,
                ..options()
            },
        ),
        (
            "accumulate.weighted",
            TrainOptions {
                batch: 5,
                accumulate: 2,
                class_weights: Some(vec![0.5, 3.0, 1.25]),
                ..options()
            },
        ),
        (
            "all",
            TrainOptions {
                optimizer: sgd(0.9, true, 0.02),
                schedule: Schedule::Cosine,
                warmup: 2,
                batch: 5,
                accumulate: 2,
                label_smoothing: 0.1,
                clip_norm: Some(0.4),
                average: Some(0.7),
                ..options()
            },
        ),
    ];
    let start = values(&small_network());
    let mut ends: Vec<Vec<f32>> = vec![start.clone()];
    for (name, options) in cases {
        let found = values(&trained(&options, &dataset).network);
        let error = far(&found, &expected[name]);
        assert!(error < 5e-6, "{name}: {error:e}");
        // Each option does something: no two end at the same place.
        for other in &ends {
            let other: Vec<f64> = other.iter().map(|&value| value.into()).collect();
            assert!(far(&found, &other) > 1e-3, "{name} ends where another does");
        }
        ends.push(found);
    }
}

#[test]
fn rates_are_those_of_pytorchs_schedulers() {
    let expected = fixtures();
    for (name, schedule, warmup) in [
        ("schedule.cosine", Schedule::Cosine, 0),
        ("schedule.cosine.warm", Schedule::Cosine, 5),
        ("schedule.warm", Schedule::Constant, 4),
        ("schedule.one-cycle", Schedule::OneCycle, 0),
        ("schedule.one-cycle.short", Schedule::OneCycle, 0),
    ] {
        let expected = &expected[name];
        for (step, expected) in expected.iter().enumerate() {
            let steps = fixtures()[name].len();
            let found = schedule.rate(0.1, step, steps, warmup);
            assert!((found - expected).abs() < 1e-9, "{name} {step}: {found} and {expected}");
        }
    }
    // Of any length, every rate is one to step with.
    for schedule in Schedule::ALL {
        for steps in 1..12 {
            for step in 0..steps {
                let rate = schedule.rate(0.1, step, steps, 0);
                assert!(
                    rate > 0.0 && rate <= 0.1 + 1e-12,
                    "{schedule} {step} of {steps}: {rate}"
                );
            }
        }
    }
}

#[test]
fn two_batches_are_one_of_twice_the_size() {
    let dataset = dataset(FLAT, 3, 24, 0);
    for (class_weights, augmentation) in [
        (None, Augmentation::default()),
        (Some(vec![1.0, 4.0, 0.5]), Augmentation { crop: 1, flip: true }),
    ] {
        let big = TrainOptions {
            batch: 8,
            optimizer: sgd(0.9, false, 0.0),
            class_weights,
            augmentation,
            ..options()
        };
        let small = TrainOptions {
            batch: 4,
            accumulate: 2,
            ..big.clone()
        };
        let (big, small) = (trained(&big, &dataset), trained(&small, &dataset));
        let of_big: Vec<f64> = values(&big.network).iter().map(|&value| value.into()).collect();
        let error = far(&values(&small.network), &of_big);
        assert!(error < 2e-6, "{error:e}");
        let (big, small) = (&big.curve[0], &small.curve[0]);
        assert!((big.loss - small.loss).abs() < 1e-6 && big.accuracy == small.accuracy);
    }
}

#[test]
fn gradients_are_clipped_to_a_norm_of_all_parameters() {
    let dataset = script_data();
    let one_step = |clip_norm| {
        let options = TrainOptions {
            steps: 1,
            adam: with_rate(1.0),
            clip_norm,
            ..options()
        };
        values(&trained(&options, &dataset).network)
    };
    let start = values(&small_network());
    let length = |end: &[f32]| {
        let squares = start.iter().zip(end).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let free = one_step(None);
    let norm = length(&free);
    assert!((length(&one_step(Some(norm / 3.0))) - norm / 3.0).abs() < 1e-5);
    assert_eq!(one_step(Some(norm * 1.01)), free, "what is short enough stays as it is");
}

#[test]
fn smoothed_labels_are_those_of_the_cross_entropy_alone() {
    let shape = ImageShape {
        channels: 1,
        height: 8,
        width: 8,
    };
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 4, Pool::Max), 0, &f64_device()).unwrap();
    let network = network.cast(DType::F64).tracked();
    let images = pattern(6 * 64, 37, 61).into_iter().map(f64::from).collect::<Vec<_>>();
    let images = Tensor::<4>::from_data(TensorData::new(images, [6, 1, 8, 8]), (&f64_device(), DType::F64));
    let batch = Batch::of(images, vec![1, 3, 0, 1, 2, 3], 4).unwrap();
    let of = |batch: &Batch| {
        let found = GradientPenalty::double_backprop(0.5).evaluate(&network, batch, &mut TrainingPass::new(3, 0));
        let found = found.unwrap();
        let one = |value: Tensor<1>| value.inner().try_to_vec_as::<f64>().unwrap()[0];
        let cross_entropy = one(found.cross_entropy);
        (one(found.loss) - cross_entropy, cross_entropy, found.logits.inner())
    };
    let (penalty, plain, logits) = of(&batch);
    let (same_penalty, smoothed, _) = of(&batch.clone().with_label_smoothing(0.3).unwrap());
    assert!((penalty - same_penalty).abs() < 1e-12 && penalty > 1e-9);
    // (1 - s) of the cross-entropy, s of that with equal labels.
    let spread = batch.cross_entropy_with(&logits, &(batch.targets.zeros_like() + 0.25));
    let spread = spread.try_to_vec_as::<f64>().unwrap()[0];
    assert!((smoothed - (0.7 * plain + 0.3 * spread)).abs() < 1e-9);
    assert!((smoothed - plain).abs() > 1e-3);
    for wrong in [-0.1, 1.0, f64::NAN] {
        let error = batch.clone().with_label_smoothing(wrong).unwrap_err().to_string();
        assert!(error.contains("at least 0 and below 1"), "{error}");
    }
}

const COLOR: ImageShape = ImageShape {
    channels: 2,
    height: 5,
    width: 7,
};

/// An image shifted by rows and columns, with zeros where nothing is, mirrored or not.
fn moved(image: &[f32], [down, right]: [isize; 2], mirrored: bool) -> Vec<f32> {
    let at = |channel: usize, y: isize, x: isize| {
        let inside = (0..COLOR.height as isize).contains(&y) && (0..COLOR.width as isize).contains(&x);
        match inside {
            true => image[(channel * COLOR.height + y as usize) * COLOR.width + x as usize],
            false => 0.0,
        }
    };
    let mut found = Vec::new();
    for channel in 0..COLOR.channels {
        for y in 0..COLOR.height as isize {
            for x in 0..COLOR.width as isize {
                let x = if mirrored { COLOR.width as isize - 1 - x } else { x };
                found.push(at(channel, y + down, x + right));
            }
        }
    }
    found
}

#[test]
fn an_augmented_image_is_a_shifted_and_mirrored_one() {
    let image: Vec<f32> = (1..=COLOR.len()).map(|value| value as f32).collect();
    let seen = |augmentation: Augmentation, round, place| {
        let mut found = vec![f32::NAN; COLOR.len()];
        let met = Meeting { seed: 4, round, place };
        augmentation.write(&image, COLOR, 0.0, met, &mut found);
        found
    };
    for crop in [0, 1, 4] {
        for flip in [false, true] {
            let augmentation = Augmentation { crop, flip };
            let reach = -(crop as isize)..=crop as isize;
            let all: Vec<Vec<f32>> = reach
                .clone()
                .flat_map(|down| reach.clone().map(move |right| [down, right]))
                .flat_map(|shift| [false, true].map(|mirrored| (shift, mirrored)))
                .filter(|(_, mirrored)| flip || !mirrored)
                .map(|(shift, mirrored)| moved(&image, shift, mirrored))
                .collect();
            let mut counts = vec![0; all.len()];
            for round in 0..all.len() * 30 {
                let found = seen(augmentation, round, round % 3);
                let which = all.iter().position(|one| *one == found);
                counts[which.unwrap_or_else(|| panic!("{augmentation:?}: {found:?}"))] += 1;
            }
            // Each of them about thirty times.
            assert!(counts.iter().all(|&count| count >= 5), "{augmentation:?}: {counts:?}");
        }
    }
    // Mirrored or not does not depend on the crop, nor the crop on mirroring.
    let (crop, flip) = (
        Augmentation { crop: 2, flip: false },
        Augmentation { crop: 0, flip: true },
    );
    for round in 0..20 {
        let mirrored = seen(flip, round, 0) != image;
        let both = seen(Augmentation { crop: 2, flip: true }, round, 0);
        let expected = match mirrored {
            false => seen(crop, round, 0),
            true => {
                let rows = seen(crop, round, 0);
                rows.chunks(COLOR.width)
                    .flat_map(|row| row.iter().rev().copied())
                    .collect()
            }
        };
        assert_eq!(both, expected, "{round}");
    }
    let different = (0..20)
        .filter(|&place| seen(crop, 0, place) != seen(crop, 1, place))
        .count();
    assert!(different > 10, "another round, another crop: {different}");
}

/// Keeps what a training shows to its objective, and what a teacher says of it.
struct Kept {
    seen: Mutex<Vec<(Vec<f32>, Vec<usize>)>>,
    teacher: Teacher,
}

impl Kept {
    fn new() -> Self {
        Self {
            seen: Mutex::default(),
            teacher: Teacher::new(small_network(), 2.0),
        }
    }

    /// The images of a training, one after the other.
    fn images(options: &TrainOptions, dataset: &Dataset) -> Vec<(Vec<f32>, usize)> {
        let kept = Self::new();
        train(small_network(), "kept", &kept, dataset, options, None, &mut ()).unwrap();
        let seen = kept.seen.into_inner().unwrap();
        let images = seen.iter().flat_map(|(pixels, labels)| {
            let images = pixels.chunks(FLAT.len()).map(<[f32]>::to_vec);
            images.zip(labels.iter().copied())
        });
        images.collect()
    }
}

impl Objective for Kept {
    fn evaluate(&self, network: &Network, batch: &Batch, pass: &mut TrainingPass) -> Result<ObjectiveValue> {
        // What a teacher remembers is of these very images.
        let own = Batch::of(batch.images().clone(), batch.labels.clone(), 3)?;
        let (remembered, fresh) = (self.teacher.probabilities(batch)?, self.teacher.probabilities(&own)?);
        assert_eq!(to_vec(remembered)?, to_vec(fresh)?, "labels of other images");
        let pixels = to_vec(batch.images().clone())?;
        self.seen.lock().unwrap().push((pixels, batch.labels.clone()));
        Normal.evaluate(network, batch, pass)
    }
}

#[test]
fn what_is_done_to_an_image_does_not_depend_on_its_batch() {
    let dataset = dataset(FLAT, 3, 12, 6);
    let augmented = |batch, accumulate, steps, augmentation| {
        let options = TrainOptions {
            batch,
            accumulate,
            steps,
            seed: 3,
            augmentation,
            ..options()
        };
        Kept::images(&options, &dataset)
    };
    let augmentation = Augmentation { crop: 1, flip: true };
    let plain = augmented(4, 1, 6, Augmentation::default());
    let expected: Vec<f32> = dataset.train.images();
    let twice: Vec<f32> = plain.iter().flat_map(|(image, _)| image.clone()).collect();
    assert_eq!(
        twice,
        [expected.clone(), expected].concat(),
        "nothing is done if nothing is to be"
    );
    let by_four = augmented(4, 1, 6, augmentation);
    // Five, five, two and again; and one batch after the other in one step.
    assert_eq!(augmented(5, 1, 6, augmentation), by_four);
    assert_eq!(augmented(4, 3, 2, augmentation), by_four);
    let labels = |seen: &[(Vec<f32>, usize)]| seen.iter().map(|(_, label)| *label).collect::<Vec<_>>();
    assert_eq!(labels(&by_four), labels(&plain));
    let changed = by_four.iter().zip(&plain).filter(|(a, b)| a.0 != b.0).count();
    assert!(changed > 12, "{changed} of 24 images changed");
    assert!(
        (0..12).any(|place| by_four[place] != by_four[place + 12]),
        "each round anew"
    );
    // Within one thread as within many.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| augmented(4, 1, 6, augmentation)), by_four);
}

#[test]
fn padding_is_within_the_bounds() {
    let bounds = Bounds { low: 2.0, high: 3.0 };
    let images = pattern(12 * 16, 37, 61).iter().map(|value| value + 2.0).collect();
    let train = Split::new(images, script_data().train.labels().to_vec(), FLAT).unwrap();
    let names = ["0", "1", "2"].map(str::to_owned).into();
    let empty = Split::empty(FLAT);
    let dataset = Dataset::new("high", names, FLAT, bounds, train, empty.clone(), empty).unwrap();
    let options = TrainOptions {
        augmentation: Augmentation { crop: 3, flip: false },
        adam: with_rate(1e-4),
        ..options()
    };
    let seen = Kept::images(&options, &dataset);
    assert!(
        seen.iter()
            .flat_map(|(image, _)| image)
            .all(|value| (2.0..=3.0).contains(value))
    );
}

const SQUARE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};

fn recipe(kind: DefenseKind, options: TrainOptions) -> Recipe {
    let mut defense = Defense::new(kind);
    if let Some(penalty) = defense.penalty_mut() {
        penalty.lambda = 0.1;
    }
    Recipe {
        defense,
        architecture: paper_cnn(SQUARE, Bounds::UNIT, 4, Pool::Max),
        options: TrainOptions {
            curve_every: 3,
            curve_images: 8,
            ..options
        },
        start: None,
    }
}

/// All that there is, with this optimizer.
fn everything(optimizer: Optimizer) -> TrainOptions {
    TrainOptions {
        steps: 7,
        batch: 6,
        adam: with_rate(0.02),
        optimizer,
        schedule: Schedule::Cosine,
        warmup: 2,
        accumulate: 2,
        clip_norm: Some(0.5),
        average: Some(0.6),
        augmentation: Augmentation { crop: 2, flip: true },
        label_smoothing: 0.1,
        seed: 9,
        class_weights: Some(vec![1.0, 2.0, 0.5, 1.0]),
        checkpoint_every: Duration::from_secs(3600),
        ..TrainOptions::default()
    }
}

/// Breaks after so many steps.
struct StopAfter(usize);

impl Watch for StopAfter {
    fn begin(&mut self, _: &str, _: usize) {}

    fn advance(&mut self, _: Progress) -> ControlFlow<()> {
        if self.0 <= 1 {
            return ControlFlow::Break(());
        }
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

/// Trains into a file of this name, stopped again and again; gives its bytes.
fn written(recipe: &Recipe, dataset: &Dataset, path: &Path, steps_a_run: usize) -> (Vec<u8>, usize) {
    let mut stops = 0;
    loop {
        let mut watch = StopAfter(steps_a_run);
        match recipe.train_to(&ModelFiles::of(path), dataset, &test_device(), &mut watch) {
            Ok(_) => return (std::fs::read(path).unwrap(), stops),
            Err(Error::Interrupted) => stops += 1,
            Err(e) => panic!("{e}"),
        }
    }
}

#[test]
fn with_everything_on_an_interrupted_training_ends_with_the_same_bytes() {
    let dataset = dataset(SQUARE, 4, 20, 8);
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    let adamw = Optimizer::AdamW(AdamWOptions::default());
    for (kind, optimizer, steps_a_run) in [
        (DefenseKind::DoubleBackprop, sgd(0.9, true, 5e-4), 2),
        (DefenseKind::Distillation, sgd(0.9, false, 0.0), 3),
        (DefenseKind::Both, adamw, 3),
        (DefenseKind::Normal, sgd(0.0, false, 0.01), 4),
        (DefenseKind::Normal, Optimizer::Adam, 1),
    ] {
        let recipe = recipe(kind, everything(optimizer));
        let name = format!("{kind}-{}-{steps_a_run}", optimizer.kind());
        let (whole, stops) = written(
            &recipe,
            &dataset,
            &here(&format!("{name}-whole.safetensors")),
            usize::MAX,
        );
        assert_eq!(stops, 0);
        let (parts, stops) = written(
            &recipe,
            &dataset,
            &here(&format!("{name}-parts.safetensors")),
            steps_a_run,
        );
        assert!(stops >= 1, "{name} was never interrupted");
        assert!(whole == parts, "{name}: other bytes after {stops} stops");
    }
}

#[test]
fn a_schedule_of_another_length_is_another_training() {
    let dataset = dataset(SQUARE, 4, 20, 8);
    let folder = tempfile::tempdir().unwrap();
    let here = |name: &str| folder.path().join(name);
    let of = |steps, schedule| {
        let optimizer = sgd(0.9, false, 0.0);
        let options = TrainOptions {
            steps,
            schedule,
            ..everything(optimizer)
        };
        recipe(DefenseKind::Normal, options)
    };
    let train = |recipe: &Recipe, name: &str| {
        let files = ModelFiles::of(here(name));
        recipe.train_to(&files, &dataset, &test_device(), &mut ()).unwrap()
    };
    // A constant rate goes on from the earlier end, ...
    train(&of(4, Schedule::Constant), "constant.safetensors");
    let more = train(&of(6, Schedule::Constant), "constant.safetensors");
    assert_eq!(more.set_aside, None);
    train(&of(6, Schedule::Constant), "constant-whole.safetensors");
    let bytes = |name: &str| std::fs::read(here(name)).unwrap();
    assert!(bytes("constant.safetensors") == bytes("constant-whole.safetensors"));
    // ... and a cosine, which would have been another one from the start, does not.
    train(&of(4, Schedule::Cosine), "cosine.safetensors");
    let more = train(&of(6, Schedule::Cosine), "cosine.safetensors");
    assert_eq!(more.set_aside, Some(here("cosine.safetensors.1")));
    train(&of(6, Schedule::Cosine), "cosine-whole.safetensors");
    assert!(bytes("cosine.safetensors") == bytes("cosine-whole.safetensors"));
    // In the middle of it, that is said.
    let files = ModelFiles::of(here("stopped.safetensors"));
    let stopped = of(6, Schedule::Cosine).train_to(&files, &dataset, &test_device(), &mut StopAfter(2));
    assert!(matches!(stopped, Err(Error::Interrupted)));
    let longer = of(8, Schedule::Cosine).train_to(&files, &dataset, &test_device(), &mut ());
    let error = longer.unwrap_err().to_string();
    let says = "with other options: schedule cosine over 6 steps there, cosine over 8 steps here.";
    assert!(error.contains(says), "{error}");
    let other = TrainOptions {
        average: None,
        ..of(6, Schedule::Cosine).options
    };
    let other = recipe(DefenseKind::Normal, other).train_to(&files, &dataset, &test_device(), &mut ());
    let error = other.unwrap_err().to_string();
    assert!(
        error.contains("with other options: average 0.6 there, none here."),
        "{error}"
    );
}

#[test]
fn an_average_is_of_all_tensors_and_starts_with_the_first_weights() {
    let dataset = dataset(SQUARE, 4, 20, 8);
    let of = |steps, average| {
        let options = TrainOptions {
            steps,
            average,
            accumulate: 1,
            schedule: Schedule::Constant,
            warmup: 0,
            ..everything(sgd(0.5, false, 0.0))
        };
        let recipe = recipe(DefenseKind::Normal, options);
        values(
            &recipe
                .run(&dataset, &test_device(), None, &mut ())
                .unwrap()
                .trained
                .network,
        )
    };
    let (first, second) = (of(1, None), of(2, None));
    assert_eq!(of(1, Some(0.75)), first);
    let expected: Vec<f64> = first
        .iter()
        .zip(&second)
        .map(|(a, b)| 0.75 * f64::from(*a) + 0.25 * f64::from(*b))
        .collect();
    let error = far(&of(2, Some(0.75)), &expected);
    assert!(error < 1e-6, "{error:e}");
    assert!(far(&second, &expected) > 1e-3);
}

#[test]
fn the_card_says_what_was_chosen_and_nothing_else() {
    let dataset = dataset(SQUARE, 4, 20, 8);
    let plain = recipe(DefenseKind::Normal, TrainOptions::default()).card(&dataset);
    let chosen = recipe(DefenseKind::Normal, everything(sgd(0.9, true, 5e-4))).card(&dataset);
    let new: Vec<(&str, &str)> = chosen
        .iter()
        .filter(|(name, _)| !plain.contains_key(*name) && *name != "class_weights")
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        new,
        [
            ("accumulate", "2"),
            ("average", "0.6"),
            ("clip_norm", "0.5"),
            ("crop", "2"),
            ("flip", "true"),
            ("label_smoothing", "0.1"),
            ("momentum", "0.9"),
            ("nesterov", "true"),
            ("optimizer", "sgd"),
            ("schedule", "cosine over 7 steps"),
            ("warmup", "2"),
            ("weight_decay", "0.0005"),
        ]
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let settings = |momentum, nesterov, weight_decay| OptimizerSettings {
        momentum,
        nesterov,
        weight_decay,
    };
    for (kind, settings, says) in [
        (
            OptimizerKind::Adam,
            settings(None, false, Some(0.1)),
            "weight decay: 0.1 is not for `adam`, whose moments would rescale it. Leave it out, or choose `adamw`",
        ),
        (
            OptimizerKind::AdamW,
            settings(Some(0.9), false, None),
            "momentum: 0.9 is not for `adamw`, which has its own. Leave it out, or choose `sgd`",
        ),
        (
            OptimizerKind::Adam,
            settings(None, true, None),
            "nesterov: true is not for `adam`, which has its own. Leave it out, or choose `sgd`",
        ),
        (
            OptimizerKind::Sgd,
            settings(None, true, None),
            "momentum: 0 is not above 0, as Nesterov's form needs it",
        ),
        (
            OptimizerKind::Sgd,
            settings(Some(1.0), false, None),
            "momentum: 1 is not at least 0 and below 1",
        ),
        (
            OptimizerKind::AdamW,
            settings(None, false, Some(-1.0)),
            "weight decay: -1 is not zero or a positive number",
        ),
    ] {
        assert_eq!(Optimizer::new(kind, settings).unwrap_err().to_string(), says);
    }
    let crop = |crop| Augmentation { crop, flip: false };
    for (options, says) in [
        (
            TrainOptions {
                accumulate: 0,
                ..options()
            },
            "accumulate: 0 is not at least 1",
        ),
        (
            TrainOptions {
                accumulate: usize::MAX,
                ..options()
            },
            "is not so few batches that 8 steps of them can be counted",
        ),
        (
            TrainOptions { warmup: 8, ..options() },
            "warm-up: 8 is not less than the 8 steps",
        ),
        (
            TrainOptions {
                schedule: Schedule::OneCycle,
                warmup: 2,
                ..options()
            },
            "warm-up: 2 is not for the schedule `one-cycle`",
        ),
        (
            TrainOptions {
                augmentation: crop(4),
                ..options()
            },
            "crop: 4 is not below 4, the smaller side of an image",
        ),
        (
            TrainOptions {
                label_smoothing: 1.0,
                ..options()
            },
            "label smoothing: 1 is not at least 0 and below 1",
        ),
        (
            TrainOptions {
                average: Some(1.0),
                ..options()
            },
            "decay of the average: 1 is not above 0 and below 1",
        ),
        (
            TrainOptions {
                clip_norm: Some(f64::NAN),
                ..options()
            },
            "norm to clip to: NaN is not a positive number",
        ),
    ] {
        let found = train(
            small_network(),
            "normal",
            &Normal,
            &script_data(),
            &options,
            None,
            &mut (),
        );
        let found = found.unwrap_err().to_string();
        assert!(found.contains(says), "{found}");
    }
    let unknown = "cosin".parse::<Schedule>().unwrap_err().to_string();
    assert!(unknown.contains("cosine"), "{unknown}");
}
