//! FMN in L1: the distances that have a closed form, and what it keeps.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{AttackSpec, Attacked, Fmn, Goal, Metric, run_minimal};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, FromFunction, Network, Pool, paper_cnn, predictions, to_vec};
use doubleback_test_device::test_device;
use serde_json::json;

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

fn line(width: usize) -> ImageShape {
    ImageShape {
        channels: 1,
        height: 1,
        width,
    }
}

/// Logits `w · x + b` and 0.
fn linear(weight: &[f32], bias: f32) -> FromFunction<'static> {
    let width = weight.len();
    let both: Vec<f32> = weight.iter().flat_map(|&w| [w, 0.0]).collect();
    let (weight, bias) = (tensor(&both, [width, 2]), tensor(&[bias, 0.0], [1, 2]));
    FromFunction::new(line(width), Bounds::UNIT, 2, move |x: Tensor<4>| {
        x.reshape([-1, width as i32]).matmul(weight.clone()) + bias.clone()
    })
}

fn fmn(steps: usize) -> Fmn {
    Fmn {
        norm: Metric::L1,
        steps,
        ..Fmn::default()
    }
}

fn search(model: &dyn Classifier, steps: usize, images: &Tensor<4>, label: usize) -> Attacked {
    run_minimal(model, &fmn(steps), images, &Goal::AwayFrom(vec![label])).unwrap()
}

/// Without bounds in the way the distance is the margin over the greatest weight; where the value of that weight has no room for it, others go on.
#[test]
fn the_distance_of_a_plane_is_that_of_its_greatest_weights() {
    let weights = [1.0, -2.0, 2.0, 4.0];
    let from = [
        // Margin 0.5, from the middle.
        ([0.5; 4], 0.5 / 4.0),
        // Margin 5: 4 of it by the last value as a whole, the rest by one of weight 2.
        ([1.0, 0.0, 1.0, 1.0], 1.0 + 1.0 / 2.0),
        // Margin 1.2, of which the last value has room for 0.4.
        ([0.9, 0.05, 1.0, 0.1], 0.1 + 0.8 / 2.0),
    ];
    for steps in [100, 1000] {
        for (x, exact) in from {
            let images = tensor(&x, [1, 1, 1, 4]);
            let logits = to_vec(linear(&weights, -2.0).logits(images.clone()).unwrap()).unwrap();
            assert!(logits[0] > 0.0, "{logits:?}");
            let attacked = search(&linear(&weights, -2.0), steps, &images, 0);
            let found = attacked.distance[0].unwrap();
            assert!(
                (exact * 0.999_99..exact * 1.002).contains(&found),
                "{steps} steps from {x:?}: {found} is not {exact}"
            );
            let example = to_vec(attacked.by_eps[0].images.clone()).unwrap();
            let own: f32 = example.iter().zip(x).map(|(a, b)| (a - b).abs()).sum();
            assert!((own - found).abs() < 1e-6);
        }
    }
}

/// Of many values only the one that counts most is changed.
#[test]
fn examples_are_sparse() {
    let weights: Vec<f32> = (0..64).map(|i| 0.02 * (i % 7) as f32 - 0.05).chain([1.0]).collect();
    let x = [0.5f32; 65];
    let margin: f32 = 0.3;
    let bias = margin - weights.iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
    let attacked = search(&linear(&weights, bias), 1000, &tensor(&x, [1, 1, 1, 65]), 0);
    let found = attacked.distance[0].unwrap();
    assert!((0.2999..0.301).contains(&found), "{found}");
    let example = to_vec(attacked.by_eps[0].images.clone()).unwrap();
    let others: f32 = example[..64].iter().map(|value| (value - 0.5).abs()).sum();
    assert!(others < 1e-3, "{others}");
}

const SHAPE: ImageShape = ImageShape {
    channels: 2,
    height: 8,
    width: 9,
};
const N: usize = 7;

fn images() -> Tensor<4> {
    let mut values: Vec<f32> = (0..N * SHAPE.len()).map(|i| (i * 37 % 101) as f32 / 100.0).collect();
    values[..SHAPE.len()]
        .iter_mut()
        .for_each(|value| *value = value.round());
    tensor(&values, [N, SHAPE.channels, SHAPE.height, SHAPE.width])
}

/// Whatever is around an image, its example is the same to the bit, and one search answers for every eps.
#[test]
fn an_image_fares_the_same_alone_and_with_others_and_within_eps() {
    let model = Network::new(paper_cnn(SHAPE, Bounds::UNIT, 5, Pool::Max), 4, &test_device()).unwrap();
    let labels = predictions(&model.logits(images()).unwrap()).unwrap();
    let options = json!({"norm": "l1", "steps": 40});
    let spec = AttackSpec::with_options("fmn", options.as_object().unwrap()).unwrap();
    assert_eq!(
        (spec.label(), spec.in_words().contains("a radius (L1)")),
        ("fmn-l1", true)
    );
    let attack = spec.attack().unwrap();
    assert_eq!(attack.nearest_in(), Some(Metric::L1));
    let bits = |images: &Tensor<4>| {
        to_vec(images.clone())
            .unwrap()
            .into_iter()
            .map(f32::to_bits)
            .collect::<Vec<_>>()
    };
    let whole = attack.run(&model, &images(), &labels, &[]).unwrap();
    assert!(whole.distance.iter().all(Option::is_some));
    let eps = [0.0, 0.1, 1.0, 20.0];
    let within = attack.run(&model, &images(), &labels, &eps).unwrap();
    assert_eq!(within.distance, whole.distance);
    for (example, eps) in within.by_eps.iter().zip(eps) {
        let change: Tensor<2> = (example.images.clone() - images()).flatten(1, 3);
        let lengths = to_vec(change.abs().sum_dim(1)).unwrap();
        assert!(
            lengths.iter().all(|&length| f64::from(length) <= eps + 1e-5),
            "{eps}: {lengths:?}"
        );
        for (&success, far) in example.success.iter().zip(&within.distance) {
            assert!(success || f64::from(far.unwrap()) > eps, "{eps}: {far:?}");
        }
    }
    for image in [0, 3, 6] {
        let one = images().narrow(0, image, 1);
        let alone = attack.run(&model, &one, &labels[image..=image], &[]).unwrap();
        assert_eq!(alone.distance[0], whole.distance[image], "image {image}");
        let all = whole.by_eps[0].images.clone().narrow(0, image, 1);
        assert!(bits(&alone.by_eps[0].images) == bits(&all), "image {image}");
    }
    let beyond = attack
        .run(&model, &images(), &labels, &[200.0])
        .unwrap_err()
        .to_string();
    assert!(
        beyond.contains("between 0 and 144.0, the largest L1 distance"),
        "{beyond}"
    );
}

#[test]
fn attacks_that_have_no_l1_say_who_has() {
    let options = json!({"norm": "l1"});
    for name in ["pgd", "fab", "deepfool", "square"] {
        let message = AttackSpec::with_options(name, options.as_object().unwrap())
            .unwrap_err()
            .to_string();
        assert_eq!(
            message,
            format!("norm: l1 is not one that `{name}` has: linf or l2; `fmn` has it")
        );
    }
}
