//! Metrics of explanations: closed forms on linear and quadratic functions, refusals, and independence from the batch.

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::Result;
use doubleback::attack::{AttackSpec, Fgsm};
use doubleback::data::{Bounds, ImageShape};
use doubleback::explain::{Attribution, Explainer, Gradient};
use doubleback::faithfulness::{
    Answer, Completeness, Complexity, Deletion, Direction, Explained, Fill, Infidelity, Insertion, MaxSensitivity,
    Metric, MetricSpec, Order, Perturbation, PixelFlipping, Randomization, RankAgreement, Reach, Road, Smoothness,
    Sparseness, Stability, TopAgreement,
};
use doubleback::nn::{Classifier, FromFunction, Network, Pool, paper_cnn};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn row(width: usize) -> ImageShape {
    ImageShape {
        channels: 1,
        height: 1,
        width,
    }
}

fn tensor(values: &[f32], dims: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &Device::flex())
}

/// Images or maps of one row.
fn rows(rows: &[&[f32]]) -> Tensor<4> {
    tensor(&rows.concat(), [rows.len(), 1, 1, rows[0].len()])
}

/// Logits `(w.x, 0)`.
fn linear(weights: &[f32]) -> FromFunction<'static> {
    let n = weights.len();
    let columns: Vec<f32> = weights.iter().flat_map(|&weight| [weight, 0.0]).collect();
    let columns = Tensor::<2>::from_data(TensorData::new(columns, [n, 2]), &Device::flex());
    FromFunction::new(row(n), Bounds::UNIT, 2, move |x: Tensor<4>| {
        x.reshape([-1, n as i32]).matmul(columns.clone())
    })
}

/// Logits `(sum of squares, 0)`.
fn quadratic(n: usize) -> FromFunction<'static> {
    FromFunction::new(row(n), Bounds::UNIT, 2, move |x: Tensor<4>| {
        let sum = x.reshape([-1, n as i32]).powi_scalar(2).sum_dim(1);
        Tensor::cat(vec![sum.clone(), sum * 0.0], 1)
    })
}

fn with_map<'a>(model: &'a dyn Classifier, image: &[f32], map: &[f32]) -> Explained<'a> {
    Explained::new(model, &rows(&[image]), &[0], rows(&[map]).into()).unwrap()
}

fn near(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-6 * expected.abs().max(1.0),
        "{found} is not {expected}"
    );
}

/// The one value of one image.
fn value(metric: &dyn Metric, explained: &Explained<'_>) -> f64 {
    let values = metric.measure(explained).unwrap().values;
    assert_eq!(values.len(), 1);
    values[0]
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn deletion_of_a_linear_model_by_hand() {
    let model = linear(&[4.0, 3.0, 2.0, 1.0]);
    let explained = with_map(&model, &[1.0; 4], &[4.0, 3.0, 2.0, 1.0]);
    let deletion = Deletion {
        answer: Answer::Logit,
        ..Deletion::default()
    };
    let curves = deletion.curves(&explained).unwrap();
    assert_eq!(curves.shares, [0.0, 0.25, 0.5, 0.75, 1.0]);
    assert_eq!(curves.answers, [[10.0, 6.0, 3.0, 1.0, 0.0]]);
    near(value(&deletion, &explained), 3.75);
    let least = Order::LeastFirst;
    near(
        value(
            &Deletion {
                order: least,
                ..deletion
            },
            &explained,
        ),
        6.25,
    );
    // 3 of 4 pixels go, then the last.
    near(
        value(&Deletion { step: 3, ..deletion }, &explained),
        0.75 * 5.5 + 0.25 * 0.5,
    );
    // The mean of an image of ones is the image.
    near(
        value(
            &Deletion {
                fill: Fill::Mean,
                ..deletion
            },
            &explained,
        ),
        10.0,
    );
    let of_probability: f64 = [10.0, 6.0, 6.0, 3.0, 3.0, 1.0, 1.0, 0.0].map(sigmoid).iter().sum();
    near(value(&Deletion::default(), &explained), of_probability / 8.0);
    // Of equal pixels the first goes first; nearest to zero is -1.
    let explained = with_map(&model, &[1.0; 4], &[2.0, 2.0, -1.0, -3.0]);
    let near_zero = Order::NearZeroFirst;
    let curves = Deletion {
        order: near_zero,
        ..deletion
    }
    .curves(&explained)
    .unwrap();
    assert_eq!(curves.answers, [[10.0, 8.0, 4.0, 1.0, 0.0]]);
}

#[test]
fn insertion_of_a_linear_model_by_hand() {
    let model = linear(&[4.0, 3.0, 2.0, 1.0]);
    let explained = with_map(&model, &[1.0; 4], &[4.0, 3.0, 2.0, 1.0]);
    let insertion = Insertion {
        answer: Answer::Logit,
        fill: Fill::Black,
        ..Insertion::default()
    };
    near(value(&insertion, &explained), 0.25 * (4.0 + 7.0 + 9.0 + 5.0));
    // A constant image is its own blur.
    near(
        value(
            &Insertion {
                fill: Fill::Blur,
                ..insertion
            },
            &explained,
        ),
        10.0,
    );
}

#[test]
fn pixel_flipping_of_a_linear_model_by_hand() {
    let model = linear(&[4.0, 3.0, 2.0, 1.0]);
    let explained = with_map(&model, &[1.0, 0.0, 0.5, 1.0], &[4.0, 3.0, 2.0, 1.0]);
    let flipping = PixelFlipping {
        answer: Answer::Logit,
        ..PixelFlipping::default()
    };
    assert_eq!(
        flipping.curves(&explained).unwrap().answers,
        [[6.0, 2.0, 5.0, 5.0, 4.0]]
    );
    near(value(&flipping, &explained), 0.25 * (3.0 + 2.0 + 5.0 + 5.0 + 2.0));
}

#[test]
fn road_makes_up_what_is_removed() {
    let model = linear(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    let explained = with_map(&model, &[0.0, 0.9, 0.2, 0.7, 1.0], &[0.1, 5.0, 4.0, 3.0, 0.2]);
    let road = Road {
        shares: vec![0.6],
        noise: 0.0,
        answer: Answer::Logit,
        ..Road::default()
    };
    // The three in the middle go on a straight line: 0, 1/4, 1/2, 3/4, 1.
    near(value(&road, &explained), 0.5 + 1.5 + 3.0 + 5.0);
    // Noise is another for another seed, and the same for the same.
    let noisy = |seed| {
        let noise = 0.1;
        value(
            &Road {
                noise,
                seed,
                ..road.clone()
            },
            &explained,
        )
    };
    assert!(noisy(0) == noisy(0) && noisy(0) != noisy(1) && noisy(0) != 10.0);
    // Logits (w.x, 0): the class stays predicted while w.x is not below 0; with all removed the middle, 0.5, stands everywhere.
    let model = linear(&[-2.0, 1.0]);
    let explained = with_map(&model, &[0.25, 0.75], &[1.0, 2.0]);
    let road = Road {
        shares: vec![0.5, 1.0],
        noise: 0.0,
        ..Road::default()
    };
    let curves = road.curves(&explained).unwrap();
    // Without the second pixel, 0.25 stands twice: -0.25. Then 0.5 twice: -0.5.
    assert_eq!(curves.answers, [[0.0, 0.0]]);
    assert_eq!(
        Road {
            order: Order::LeastFirst,
            ..road
        }
        .curves(&explained)
        .unwrap()
        .answers,
        [[0.0, 0.0]]
    );
    let explained = with_map(&linear(&[2.0, -1.0]), &[0.25, 0.75], &[1.0, 2.0]).answers_of_road();
    assert_eq!(explained, [1.0, 1.0]);
}

trait OfRoad {
    fn answers_of_road(&self) -> Vec<f64>;
}

impl OfRoad for Explained<'_> {
    fn answers_of_road(&self) -> Vec<f64> {
        let shares = vec![0.5, 1.0];
        Road {
            shares,
            noise: 0.0,
            ..Road::default()
        }
        .curves(self)
        .unwrap()
        .answers
        .concat()
    }
}

#[test]
fn the_gradient_of_a_linear_model_is_faithful() {
    let weights = [4.0, -3.0, 2.0, 1.0];
    let model = linear(&weights);
    let images = rows(&[&[0.5, 0.25, 1.0, 0.75]]);
    let explained = Explained::by(&model, &images, &[0], &Gradient).unwrap();
    let noise = Infidelity {
        perturbation: Perturbation::Noise {
            deviation: 0.3,
            samples: 20,
            seed: 1,
        },
        ..Infidelity::default()
    };
    assert!(value(&noise, &explained) < 1e-11);
    assert_eq!(value(&Infidelity::default(), &explained), 0.0);
    assert_eq!(value(&MaxSensitivity::default(), &explained), 0.0);
    let fgsm = Stability {
        attack: AttackSpec::Fgsm(Fgsm::default()),
        ..Stability::default()
    };
    near(value(&fgsm, &explained), 1.0);
    // Twice the gradient says twice the change of each pixel: the infidelity is the mean square of the changes, and 0 once it is scaled.
    let squares = Infidelity {
        perturbation: Perturbation::Squares {
            side: 1,
            stride: 1,
            fill: Fill::Black,
        },
        ..Infidelity::default()
    };
    let doubled = with_map(&model, &[0.5, 0.25, 1.0, 0.75], &weights.map(|weight| 2.0 * weight));
    near(value(&squares, &doubled), (4.0 + 0.5625 + 4.0 + 0.5625) / 4.0);
    assert!(
        value(
            &Infidelity {
                scaled: true,
                ..squares
            },
            &doubled
        ) < 1e-24
    );
    assert!(value(&Infidelity { scaled: true, ..noise }, &doubled) < 1e-11);
}

#[test]
fn the_gradient_of_a_quadratic_by_hand() {
    let model = quadratic(2);
    let images = rows(&[&[1.0, 0.5]]);
    let explained = Explained::by(&model, &images, &[0], &Gradient).unwrap();
    let squares = Infidelity {
        perturbation: Perturbation::Squares {
            side: 1,
            stride: 1,
            fill: Fill::Black,
        },
        ..Infidelity::default()
    };
    // 2x.x against x².
    near(value(&squares, &explained), (1.0 + 0.0625) / 2.0);
    // The gradient moves by twice the noise: of one pixel the greatest of many draws is nearly twice the radius.
    let model = quadratic(1);
    let one = Explained::by(&model, &rows(&[&[0.5]]), &[0], &Gradient).unwrap();
    let sensitivity = MaxSensitivity {
        radius: 0.1,
        samples: 200,
        relative: false,
        seed: 3,
    };
    let found = value(&sensitivity, &one);
    assert!((0.19..=0.2 + 1e-6).contains(&found), "{found}");
    // The map is 2 * 0.5 long.
    near(
        value(
            &MaxSensitivity {
                relative: true,
                ..sensitivity
            },
            &one,
        ),
        found,
    );
    let half = Explained::by(&model, &rows(&[&[0.25]]), &[0], &Gradient).unwrap();
    let absolute = value(&sensitivity, &half);
    near(
        value(
            &MaxSensitivity {
                relative: true,
                ..sensitivity
            },
            &half,
        ),
        2.0 * absolute,
    );
}

#[test]
fn an_example_that_turns_the_order_round_turns_the_map_round() {
    let model = quadratic(4);
    let explained = Explained::by(&model, &rows(&[&[0.1, 0.2, 0.3, 0.4]]), &[0], &Gradient).unwrap();
    let stability = Stability::default();
    let turned = stability.against(&explained, &rows(&[&[0.4, 0.3, 0.2, 0.1]])).unwrap();
    assert_eq!(turned.values, [-1.0]);
    let error = stability
        .against(&explained, &rows(&[&[0.4, 0.3]]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("adversarial examples"), "{error}");
}

#[test]
fn completeness_counts_what_the_sum_misses() {
    let model = linear(&[4.0, 3.0]);
    let black = Completeness {
        baseline: Some(Fill::Black),
        ..Completeness::default()
    };
    // Input times gradient is complete against black; the gradient misses 7 - 3.5.
    assert_eq!(value(&black, &with_map(&model, &[0.5, 0.5], &[2.0, 1.5])), 0.0);
    near(value(&black, &with_map(&model, &[0.5, 0.5], &[4.0, 3.0])), 3.5);
    // Against its mean, 0.5 each, (1, 0) has gained 0.5.
    let mean = Completeness {
        baseline: Some(Fill::Mean),
        ..black
    };
    near(value(&mean, &with_map(&model, &[1.0, 0.0], &[1.0, -1.0])), 0.5);
    let own = Attribution {
        values: rows(&[&[2.0, 1.5]]),
        gap: Some(vec![-0.25]),
    };
    let explained = Explained::new(&model, &rows(&[&[0.5, 0.5]]), &[0], own).unwrap();
    assert_eq!(value(&Completeness::default(), &explained), 0.25);
    let without = with_map(&model, &[0.5, 0.5], &[2.0, 1.5]);
    let error = Completeness::default().measure(&without).unwrap_err().to_string();
    assert!(error.contains("Name a baseline"), "{error}");
}

#[test]
fn the_shape_of_a_map_by_hand() {
    let model = linear(&[1.0; 4]);
    let of = |map: &[f32; 4]| {
        let explained = with_map(&model, &[0.5; 4], map);
        [
            value(&Sparseness {}, &explained),
            value(&Complexity {}, &explained),
            value(&Smoothness {}, &explained),
        ]
    };
    let [gini, entropy, variation] = of(&[0.0, 0.0, -3.0, 0.0]);
    assert_eq!([gini, entropy, variation], [0.75, 0.0, 2.0]);
    let [gini, entropy, variation] = of(&[0.5; 4]);
    assert_eq!([gini, variation], [0.0, 0.0]);
    near(entropy, 4f64.ln());
    let [gini, entropy, variation] = of(&[1.0, 2.0, -3.0, 4.0]);
    near(gini, 0.25);
    near(
        entropy,
        -[0.1f64, 0.2, 0.3, 0.4]
            .map(|share| share * share.ln())
            .iter()
            .sum::<f64>(),
    );
    near(variation, 13.0 / 10.0);
    // A map and its multiples are equal.
    let (small, large) = (of(&[1e-6, 2e-6, -3e-6, 4e-6]), of(&[1.0, 2.0, -3.0, 4.0]));
    small.iter().zip(large).for_each(|(&small, large)| near(small, large));
}

#[test]
fn total_variation_keeps_channels_apart() {
    let shape = ImageShape {
        channels: 2,
        height: 3,
        width: 3,
    };
    let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| {
        x.reshape([-1, 18]).slice([0..1, 0..2])
    });
    let mut map = [0f32; 18];
    map[4] = 2.0;
    let of = |map: &[f32; 18]| {
        let images = tensor(&[0.5; 18], [1, 2, 3, 3]);
        let explained = Explained::new(&model, &images, &[0], tensor(map, [1, 2, 3, 3]).into()).unwrap();
        value(&Smoothness {}, &explained)
    };
    assert_eq!(of(&map), 4.0);
    // One constant channel beside another: the edge between them is none.
    assert_eq!(of(&std::array::from_fn(|place| if place < 9 { 1.0 } else { 5.0 })), 0.0);
}

#[test]
fn methods_agree_as_their_orders_do() {
    let model = linear(&[1.0; 4]);
    let beside = |others: &[&[f32; 4]]| {
        let others = others.iter().map(|map| rows(&[&map[..]]));
        with_map(&model, &[0.5; 4], &[4.0, 3.0, 2.0, 1.0])
            .beside(others)
            .unwrap()
    };
    let rank = RankAgreement::default();
    assert_eq!(value(&rank, &beside(&[&[8.0, 6.0, 4.0, 2.0]])), 1.0);
    assert_eq!(value(&rank, &beside(&[&[1.0, 2.0, 3.0, 4.0]])), -1.0);
    assert_eq!(value(&rank, &beside(&[&[0.5; 4]])), 0.0);
    // One that agrees and one that does not; sizes agree where signs do not.
    assert_eq!(
        value(&rank, &beside(&[&[8.0, 6.0, 4.0, 2.0], &[1.0, 2.0, 3.0, 4.0]])),
        0.0
    );
    assert_eq!(
        value(&RankAgreement { absolute: true }, &beside(&[&[-8.0, -6.0, -4.0, -2.0]])),
        1.0
    );
    // One that is zero everywhere says nothing, of which there is no mean.
    assert_eq!(value(&rank, &beside(&[&[0.0; 4], &[8.0, 6.0, 4.0, 2.0]])), 1.0);
    assert!(value(&rank, &beside(&[&[0.0; 4]])).is_nan());
    let top = TopAgreement {
        share: 0.5,
        absolute: false,
    };
    assert_eq!(value(&top, &beside(&[&[1.0, 9.0, 3.0, 2.0]])), 0.5);
    assert_eq!(value(&top, &beside(&[&[9.0, 9.0, 3.0, 2.0]])), 1.0);
    let error = rank
        .measure(&with_map(&model, &[0.5; 4], &[1.0; 4]))
        .unwrap_err()
        .to_string();
    assert!(error.contains("beside"), "{error}");
}

const DIGITS: ImageShape = ImageShape {
    channels: 1,
    height: 28,
    width: 28,
};

fn network(seed: u64) -> Network {
    Network::new(paper_cnn(DIGITS, Bounds::UNIT, 10, Pool::Max), seed, &Device::flex()).unwrap()
}

fn digits(n: usize) -> Tensor<4> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let values: Vec<f32> = (0..n * DIGITS.len()).map(|_| random.random()).collect();
    tensor(&values, [n, 1, 28, 28])
}

#[test]
fn a_network_that_is_drawn_anew_as_it_was_keeps_its_maps() {
    let network = network(7);
    let images = digits(2);
    let explained = Explained::by(&network, &images, &[1, 2], &Gradient)
        .unwrap()
        .with_network(&network);
    let cascade = Randomization::default();
    for layer in (Randomization { seed: 7, ..cascade }).by_layer(&explained).unwrap() {
        assert_eq!(layer.correlations.values, [1.0; 2], "{}", layer.layer);
    }
    let layers = cascade.by_layer(&explained).unwrap();
    let names: Vec<&str> = layers.iter().map(|layer| layer.layer.as_str()).collect();
    assert_eq!((names[0], *names.last().unwrap()), ("logits", "conv1"));
    let least = layers.last().unwrap().correlations.values.clone();
    assert!(least.iter().all(|correlation| correlation.abs() < 0.3), "{least:?}");
    // All at once is the end of the cascade, and each alone begins as it.
    let all = Randomization {
        reach: Reach::All,
        ..cascade
    }
    .by_layer(&explained)
    .unwrap();
    assert_eq!((all.len(), &all[0].correlations.values), (1, &least));
    let alone = Randomization {
        reach: Reach::Alone,
        ..cascade
    }
    .by_layer(&explained)
    .unwrap();
    assert_eq!((alone.len(), &alone[0]), (layers.len(), &layers[0]));
    assert_ne!(alone[1].correlations, layers[1].correlations);
    let means = cascade.measure(&explained).unwrap().values;
    let mean = layers.iter().map(|layer| layer.correlations.values[1]).sum::<f64>() / layers.len() as f64;
    assert_eq!(means[1], mean);
}

/// Metrics of all kinds, with little to do each.
fn quick() -> Vec<MetricSpec> {
    let spec = |mut spec: MetricSpec| {
        match &mut spec {
            MetricSpec::Deletion(metric) => metric.step = 200,
            MetricSpec::Insertion(metric) => metric.step = 200,
            MetricSpec::PixelFlipping(metric) => metric.step = 200,
            MetricSpec::Road(metric) => {
                metric.shares = vec![0.1, 0.5];
                metric.answer = Answer::Probability;
            }
            MetricSpec::Infidelity(metric) => {
                metric.perturbation = Perturbation::Squares {
                    side: 5,
                    stride: 9,
                    fill: Fill::Mean,
                }
            }
            MetricSpec::Completeness(metric) => metric.baseline = Some(Fill::Blur),
            MetricSpec::MaxSensitivity(metric) => metric.samples = 3,
            MetricSpec::Stability(metric) => metric.attack = AttackSpec::Fgsm(Fgsm::default()),
            MetricSpec::Randomization(metric) => metric.reach = Reach::All,
            _ => {}
        }
        spec
    };
    let noise = Infidelity {
        perturbation: Perturbation::Noise {
            deviation: 0.1,
            samples: 3,
            seed: 0,
        },
        ..Infidelity::default()
    };
    MetricSpec::all()
        .into_iter()
        .map(spec)
        .chain([MetricSpec::Infidelity(noise)])
        .collect()
}

#[test]
fn what_an_image_is_given_does_not_depend_on_the_batch() {
    let network = network(3);
    let (images, targets) = (digits(5), [0, 3, 9, 3, 1]);
    let other = images.clone() * 2.0 - 0.5;
    let asked = |places: std::ops::Range<usize>, at_once: usize| -> Vec<Vec<u64>> {
        let of = |tensor: &Tensor<4>| tensor.clone().slice([places.clone()]);
        let explained = Explained::by(&network, &of(&images), &targets[places.clone()], &Gradient).unwrap();
        let explained = explained
            .with_network(&network)
            .beside([of(&other)])
            .unwrap()
            .at_once(at_once)
            .unwrap();
        let measured = quick()
            .into_iter()
            .map(|spec| spec.metric().measure(&explained).unwrap().values);
        measured
            .map(|values| values.into_iter().map(f64::to_bits).collect())
            .collect()
    };
    let together = asked(0..5, 256);
    for at_once in [1, 7] {
        assert_eq!(asked(0..5, at_once), together, "{at_once} at once");
    }
    let (first, last) = (asked(0..2, 256), asked(2..5, 256));
    for (number, spec) in quick().iter().enumerate() {
        assert_eq!(
            [&first[number][..], &last[number]].concat(),
            together[number],
            "{}",
            spec.name()
        );
    }
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let model = linear(&[1.0, 2.0]);
    let image = rows(&[&[0.5, 0.5]]);
    let refused = |images: &Tensor<4>, targets: &[usize], map: Tensor<4>| -> String {
        match Explained::new(&model, images, targets, map.into()) {
            Ok(_) => panic!("not refused"),
            Err(error) => error.to_string(),
        }
    };
    let map = || rows(&[&[1.0, 2.0]]);
    for (message, part) in [
        (refused(&image, &[0], rows(&[&[1.0, 2.0, 3.0]])), "attribution"),
        (refused(&image, &[0], rows(&[&[1.0, 2.0], &[1.0, 2.0]])), "attribution"),
        (refused(&image, &[0], tensor(&[1.0; 4], [1, 2, 1, 2])), "attribution"),
        (refused(&image, &[0], rows(&[&[0.0, -0.0]])), "other than zero"),
        (refused(&image, &[0], rows(&[&[f32::NAN, 1.0]])), "not finite"),
        (refused(&rows(&[&[f32::INFINITY, 1.0]]), &[0], map()), "not finite"),
        (refused(&image, &[2], map()), "target"),
        (refused(&image, &[0, 1], map()), "targets"),
        (refused(&rows(&[&[0.5; 3]]), &[0], map()), "images"),
    ] {
        assert!(message.contains(part), "{message}");
    }
    // Of the right image.
    let two = rows(&[&[1.0, 2.0], &[0.0, 0.0]]);
    let message = refused(&rows(&[&[0.5, 0.5], &[0.5, 0.5]]), &[0, 0], two);
    assert!(message.contains("image 1"), "{message}");
}

#[test]
fn options_out_of_range_and_what_is_missing_are_refused() {
    let model = linear(&[1.0, 2.0]);
    let explained = with_map(&model, &[0.5, 0.5], &[1.0, 2.0]);
    let refused = |name: &str, options: serde_json::Value| {
        let spec = MetricSpec::with_options(name, options.as_object().unwrap()).unwrap();
        let error = spec.metric().measure(&explained).unwrap_err().to_string();
        assert!(!error.is_empty());
        error
    };
    use serde_json::json;
    for (name, options, part) in [
        ("deletion", json!({"step": 0}), "step"),
        ("insertion", json!({"blur": 0.0}), "blur"),
        ("pixel-flipping", json!({"step": 0}), "step"),
        ("road", json!({"shares": []}), "shares"),
        ("road", json!({"shares": [0.5, 0.2]}), "shares"),
        ("road", json!({"shares": [1.5]}), "shares"),
        ("road", json!({"noise": -1.0}), "noise"),
        (
            "infidelity",
            json!({"perturbation": {"squares": {"side": 0, "stride": 1, "fill": "black"}}}),
            "side",
        ),
        (
            "infidelity",
            json!({"perturbation": {"noise": {"deviation": 0.0, "samples": 1, "seed": 0}}}),
            "deviation",
        ),
        (
            "infidelity",
            json!({"perturbation": {"noise": {"deviation": 0.1, "samples": 0, "seed": 0}}}),
            "samples",
        ),
        ("max-sensitivity", json!({"radius": 0.0}), "radius"),
        ("max-sensitivity", json!({"samples": 0}), "samples"),
        ("max-sensitivity", json!({}), "Explained::by"),
        ("stability", json!({}), "Explained::by"),
        ("completeness", json!({}), "baseline"),
        ("randomization", json!({}), "with_network"),
        ("rank-agreement", json!({}), "beside"),
        ("top-agreement", json!({"share": 0.0}), "share"),
    ] {
        let error = refused(name, options);
        assert!(error.contains(part), "{name}: {error}");
    }
    assert!(explained.at_once(0).is_err());
}

/// A method that fails, and a model whose logits are not finite, are said.
#[test]
fn failures_on_the_way_are_said() {
    struct Broken;
    impl Explainer for Broken {
        fn explain(&self, _: &dyn Classifier, images: &Tensor<4>, _: &[usize]) -> Result<Attribution> {
            Ok((images.clone() * f32::NAN).into())
        }
    }
    let model = linear(&[1.0, 2.0]);
    let explained = with_map(&model, &[0.5, 0.5], &[1.0, 2.0]).with_explainer(&Broken);
    let error = MaxSensitivity::default().measure(&explained).unwrap_err().to_string();
    assert!(error.contains("not finite"), "{error}");

    let infinite = FromFunction::new(row(2), Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]) / 0.0);
    let explained = with_map(&infinite, &[0.5, 0.5], &[1.0, 2.0]);
    let error = Deletion::default().measure(&explained).unwrap_err().to_string();
    assert!(error.contains("logits for image 0 are not finite"), "{error}");
}

#[test]
fn a_map_of_one_channel_counts_for_all_channels() {
    let shape = ImageShape {
        channels: 2,
        height: 1,
        width: 2,
    };
    // (x0 + x1 of both channels, 0).
    let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| {
        let sum = x.reshape([-1, 4]).sum_dim(1);
        Tensor::cat(vec![sum.clone(), sum * 0.0], 1)
    });
    let images = tensor(&[1.0, 0.5, 0.25, 0.125], [1, 2, 1, 2]);
    let explained = Explained::new(&model, &images, &[0], tensor(&[1.0, 1.0], [1, 1, 1, 2]).into()).unwrap();
    assert_eq!(value(&Infidelity::default(), &explained), 0.0);
    let deletion = Deletion {
        answer: Answer::Logit,
        ..Deletion::default()
    };
    assert_eq!(deletion.curves(&explained).unwrap().answers, [[1.875, 0.625, 0.0]]);
}

#[test]
fn the_table_says_which_direction_is_better() {
    let better = |name: &str| MetricSpec::named(name).unwrap().direction();
    assert_eq!(better("insertion"), Direction::Higher);
    assert_eq!(better("deletion"), Direction::Lower);
    assert_eq!(better("rank-agreement"), Direction::Neither);
}

#[test]
fn what_a_metric_needs_it_misses_where_it_is_not_there() {
    let model = linear(&[4.0, 3.0, 2.0, 1.0]);
    let explained = with_map(&model, &[1.0; 4], &[4.0, 3.0, 2.0, 1.0]);
    for spec in MetricSpec::all() {
        // Completeness misses the gap that a method counts.
        let bare = spec.needs().is_empty() && spec.name() != "completeness";
        assert_eq!(spec.metric().measure(&explained).is_ok(), bare, "{}", spec.name());
    }
}
