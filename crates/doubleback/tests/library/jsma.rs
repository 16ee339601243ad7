//! JSMA against a plain version of its definition, and what it must keep.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{Goal, Jsma, JsmaSpec, Target, run_minimal};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, predictions, to_vec};
use doubleback_test_device::test_device;
use proptest::prelude::*;

const SHAPE: ImageShape = ImageShape {
    channels: 2,
    height: 2,
    width: 3,
};
const VALUES: usize = 12;
const CLASSES: usize = 4;
const BOUNDS: Bounds = Bounds { low: -0.5, high: 0.5 };

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

fn linear(weight: &[f32]) -> FromFunction<'static> {
    let weight = tensor(weight, [VALUES, CLASSES]);
    FromFunction::new(SHAPE, BOUNDS, CLASSES, move |x: Tensor<4>| {
        x.reshape([-1, VALUES as i32]).matmul(weight.clone())
    })
}

/// Towards the class after this one.
fn next(label: usize) -> Goal {
    Target::Next.goal(&[label], CLASSES).unwrap()
}

/// Weights that are small integers, so that sums and products are exact and ties are common.
fn weights() -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-4i8..5).prop_map(f32::from), VALUES * CLASSES)
}

/// Multiples of a quarter, bounds included.
fn images(count: usize) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-2i8..=2).prop_map(|v| f32::from(v) / 4.0), count * VALUES)
}

fn settings() -> impl Strategy<Value = JsmaSpec> {
    let theta = prop_oneof![Just(1.0), Just(0.25), Just(-1.0), Just(-0.5)];
    let target = prop_oneof![Just(Target::Next), (0..CLASSES).prop_map(Target::Class)];
    (theta, 0.2f64..1.0, any::<bool>(), target).prop_map(|(theta, gamma, single_pixels, target)| JsmaSpec {
        jsma: Jsma {
            theta,
            gamma,
            single_pixels,
        },
        target,
    })
}

/// The definition, one image and one pair after the other.
fn by_definition(jsma: &Jsma, weight: &[f32], image: &[f32], target: usize) -> Vec<f32> {
    let mut x = image.to_vec();
    let up = jsma.theta > 0.0;
    let mut domain: Vec<bool> = x
        .iter()
        .map(|&v| if up { v < BOUNDS.high } else { v > BOUNDS.low })
        .collect();
    let logit = |x: &[f32], k: usize| (0..VALUES).map(|i| x[i] * weight[i * CLASSES + k]).sum::<f32>();
    let a = |i: usize| weight[i * CLASSES + target];
    let b = |i: usize| {
        (0..CLASSES)
            .filter(|&k| k != target)
            .map(|k| weight[i * CLASSES + k])
            .sum::<f32>()
    };
    let size = if jsma.single_pixels { 1 } else { 2 };
    for _ in 0..(VALUES as f64 * jsma.gamma / size as f64).floor() as usize {
        let first_best = (0..CLASSES).fold(0, |best, k| if logit(&x, k) > logit(&x, best) { k } else { best });
        if first_best == target {
            break;
        }
        let (mut best, mut chosen) = (-1.0, vec![]);
        let mut consider = |set: Vec<usize>| {
            let (a, b): (f32, f32) = (set.iter().map(|&i| a(i)).sum(), set.iter().map(|&i| b(i)).sum());
            let valid = if up { a > 0.0 && b < 0.0 } else { a < 0.0 && b > 0.0 };
            if valid && set.iter().all(|&i| domain[i]) && -a * b > best {
                (best, chosen) = (-a * b, set);
            }
        };
        for i in 0..VALUES {
            if jsma.single_pixels {
                consider(vec![i]);
            } else {
                (i + 1..VALUES).for_each(|j| consider(vec![i, j]));
            }
        }
        if chosen.is_empty() {
            break;
        }
        for i in chosen {
            x[i] = (x[i] + jsma.theta as f32).clamp(BOUNDS.low, BOUNDS.high);
            domain[i] = false;
        }
    }
    x
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn examples_on_linear_models_are_those_of_the_definition(
        weight in weights(),
        images in images(5),
        labels in prop::collection::vec(0..CLASSES, 5),
        JsmaSpec { jsma, target } in settings(),
    ) {
        let model = linear(&weight);
        let originals = tensor(&images, [5, 2, 2, 3]);
        let goal = target.goal(&labels, CLASSES).unwrap();
        let attacked = run_minimal(&model, &jsma, &originals, &goal).unwrap();
        let example = &attacked.by_eps[0];
        let found = to_vec(example.images.clone()).unwrap();
        let targets = goal.classes();
        for (i, image) in images.chunks_exact(VALUES).enumerate() {
            let expected = by_definition(&jsma, &weight, image, targets[i]);
            prop_assert_eq!(&found[i * VALUES..][..VALUES], &expected[..], "image {}", i);
        }
        let again = predictions(&model.logits(example.images.clone()).unwrap()).unwrap();
        let size = if jsma.single_pixels { 1 } else { 2 };
        let budget = size * (VALUES as f64 * jsma.gamma / size as f64).floor() as usize;
        prop_assert_eq!(jsma.steps(VALUES).unwrap() * size, budget);
        for i in 0..5 {
            prop_assert_eq!(example.success[i], again[i] == targets[i]);
            prop_assert!(example.l0[i] as usize <= budget);
        }
        prop_assert!(found.iter().all(|v| (BOUNDS.low..=BOUNDS.high).contains(v)));
        prop_assert_eq!(example.eps, jsma.theta);
    }

    /// What an image becomes does not depend on the others: those that are done leave the batch.
    #[test]
    fn images_are_attacked_independently(
        weight in weights(),
        images in images(4),
        JsmaSpec { jsma, target } in settings(),
    ) {
        let model = linear(&weight);
        let goal = target.goal(&[0, 1, 2, 3], CLASSES).unwrap();
        let together = run_minimal(&model, &jsma, &tensor(&images, [4, 2, 2, 3]), &goal).unwrap();
        let together = to_vec(together.by_eps[0].images.clone()).unwrap();
        for (i, image) in images.chunks_exact(VALUES).enumerate() {
            let alone = run_minimal(&model, &jsma, &tensor(image, [1, 2, 2, 3]), &goal.of(&[i])).unwrap();
            let alone = to_vec(alone.by_eps[0].images.clone()).unwrap();
            prop_assert_eq!(&together[i * VALUES..][..VALUES], &alone[..]);
        }
    }
}

/// The derivatives are of the logits: an image whose probability rounds to 1 is moved all the same. One without any derivative is counted.
#[test]
fn confident_models_do_not_stop_it_and_blind_ones_are_noticed() {
    let mut weight = [0.0; VALUES * CLASSES];
    for i in 0..VALUES {
        weight[i * CLASSES] = -1000.0;
        weight[i * CLASSES + 1] = 100.0;
    }
    let originals = tensor(&[-0.5; VALUES], [1, 2, 2, 3]);
    let jsma = Jsma {
        gamma: 1.0,
        ..Jsma::default()
    };
    let attacked = run_minimal(&linear(&weight), &jsma, &originals, &next(0)).unwrap();
    assert_eq!(attacked.zero_gradient, [false]);
    assert_eq!(attacked.by_eps[0].success, [true]);
    // Two derivatives for each of the pairs that it takes to make the sum positive.
    assert_eq!((attacked.by_eps[0].l0[0], attacked.mean_gradients()), (8.0, 8.0));

    let attacked = run_minimal(&linear(&[0.0; VALUES * CLASSES]), &jsma, &originals, &next(0)).unwrap();
    assert_eq!((attacked.zero_gradient, attacked.by_eps[0].l0[0]), (vec![true], 0.0));
    assert_eq!(attacked.by_eps[0].success, [false]);
    // Class 0 is what it is taken for already: nothing to do.
    let attacked = run_minimal(&linear(&[0.0; VALUES * CLASSES]), &jsma, &originals, &next(3)).unwrap();
    assert_eq!(
        (&attacked.zero_gradient, attacked.mean_gradients()),
        (&vec![false], 0.0)
    );
    assert_eq!(
        (attacked.mean_forwards(), &attacked.by_eps[0].success),
        (1.0, &vec![true])
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let model = linear(&[1.0; VALUES * CLASSES]);
    let originals = tensor(&[0.0; VALUES], [1, 2, 2, 3]);
    let message = |jsma: Jsma| {
        run_minimal(&model, &jsma, &originals, &next(0))
            .err()
            .unwrap()
            .to_string()
    };
    let default = Jsma::default();
    let fifth = run_minimal(&model, &default, &originals, &Goal::Towards(vec![4]));
    assert_eq!(
        fifth.err().unwrap().to_string(),
        format!("label: 4 is not below the {CLASSES} classes of the model")
    );
    assert_eq!(
        message(Jsma { theta: 0.0, ..default }),
        "theta: 0 is not a number other than 0"
    );
    assert_eq!(
        message(Jsma { gamma: 1.5, ..default }),
        "gamma: 1.5 is not above 0 and at most 1"
    );
    assert_eq!(
        message(Jsma { gamma: 0.1, ..default }),
        "gamma: 0.1 is not enough for one pair of 12 values: give at least 0.1667"
    );
    let away = run_minimal(&model, &default, &originals, &Goal::AwayFrom(vec![0]))
        .err()
        .unwrap();
    assert_eq!(
        away.to_string(),
        "goal: away from a class is not a class to reach, which JSMA needs"
    );
    let too_many = run_minimal(&model, &default, &originals, &Goal::Towards(vec![1, 2]))
        .err()
        .unwrap();
    assert_eq!(too_many.to_string(), "labels: expected 1, found 2");
    assert_eq!(Jsma { gamma: 0.58, ..default }.steps(100).unwrap(), 29);
}
