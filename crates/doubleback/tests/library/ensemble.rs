//! Several classifiers as one: the mean of their probabilities, and its exact gradient.

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, Ensemble, FromFunction};
use doubleback_test_device::f64_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 1,
    width: 4,
};

fn tensor<const D: usize>(values: &[f64], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), (&f64_device(), DType::F64))
}

/// `tanh(x W)` times `scale`, of three classes.
fn member(seed: f64, scale: f64) -> FromFunction<'static> {
    let weight: Vec<f64> = (0..12).map(|i| (seed + f64::from(i) * 1.7).sin()).collect();
    let weight = tensor(&weight, [4, 3]);
    FromFunction::new(SHAPE, Bounds::UNIT, 3, move |x: Tensor<4>| {
        x.reshape([-1, 4]).matmul(weight.clone()).tanh() * scale
    })
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as().unwrap()
}

#[test]
fn its_probabilities_are_the_mean_of_its_members() {
    let (a, b, c) = (member(0.3, 2.0), member(1.1, 5.0), member(2.9, 1.0));
    let all = Ensemble::new(vec![&a, &b, &c]).unwrap();
    let images = tensor(&[0.1, 0.9, 0.4, 0.0, 0.7, 0.2, 0.5, 1.0], [2, 1, 1, 4]);
    let of = |one: &dyn Classifier| softmax(one.logits(images.clone()).unwrap(), 1);
    let mean = (of(&a) + of(&b) + of(&c)) / 3.0;
    let worst = values((of(&all) - mean).abs().max());
    assert!(worst[0] < 1e-14, "{worst:?}");
    let alone = Ensemble::new(vec![&a]).unwrap();
    assert!(values((of(&alone) - of(&a)).abs().max())[0] < 1e-14);
}

#[test]
fn its_pullback_matches_central_differences() {
    let (a, b) = (member(0.3, 2.0), member(1.1, 5.0));
    let all = Ensemble::new(vec![&a, &b]).unwrap();
    let images = [0.1, 0.9, 0.4, 0.0, 0.7, 0.2, 0.5, 1.0];
    let cotangent = tensor(&[1.0, -0.3, 0.2, 0.4, 0.8, -1.1], [2, 3]);
    let (logits, pullback) = all.logits_with_pullback(tensor(&images, [2, 1, 1, 4])).unwrap();
    assert_eq!(
        values(logits),
        values(all.logits(tensor(&images, [2, 1, 1, 4])).unwrap())
    );
    let gradient = values(pullback.apply(cotangent.clone()).unwrap());
    for (place, along) in gradient.into_iter().enumerate() {
        let at = |step: f64| {
            let mut moved = images;
            moved[place] += step;
            let logits = all.logits(tensor(&moved, [2, 1, 1, 4])).unwrap();
            values((logits * cotangent.clone()).sum())[0]
        };
        let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
        assert!((along - difference).abs() < 1e-8, "{place}: {along} and {difference}");
    }
}

/// Certain members that contradict each other: no probability underflows to nothing.
#[test]
fn far_logits_stay_finite() {
    let (a, b) = (member(0.3, 4000.0), member(1.1, 4000.0));
    let all = Ensemble::new(vec![&a, &b]).unwrap();
    let (logits, pullback) = all
        .logits_with_pullback(tensor(&[0.1, 0.9, 0.4, 0.0], [1, 1, 1, 4]))
        .unwrap();
    assert!(values(logits).iter().all(|value| value.is_finite()));
    let gradient = pullback.apply(tensor(&[1.0, 0.0, 0.0], [1, 3])).unwrap();
    assert!(values(gradient).iter().all(|value| value.is_finite()));
}

#[test]
fn members_that_do_not_belong_together_are_refused() {
    let message = |members| Ensemble::new(members).err().unwrap().to_string();
    assert_eq!(message(Vec::new()), "members of an ensemble: 0 is not at least one");
    let (three, two) = (
        member(0.3, 1.0),
        FromFunction::new(SHAPE, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2])),
    );
    assert!(message(vec![&three, &two]).contains("a member of an ensemble"));
}
