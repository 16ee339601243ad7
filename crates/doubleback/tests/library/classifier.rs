//! What every model promises: to be held by several threads, and to say what is wrong.

use doubleback_test_device::test_device;
use std::sync::atomic::{AtomicUsize, Ordering};

use burn::tensor::Tensor;
use doubleback::Error;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, Ensemble, FromFunction, Network, Pullback, Staged, to_vec};

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 1,
    width: 4,
};

fn images(n: usize) -> Tensor<4> {
    Tensor::ones([n, 1, 1, 4], &test_device())
}

/// Fails to compile if a model cannot be shared by threads, or a pullback not handed to one.
#[test]
fn models_are_shared_by_threads() {
    fn assert_send_sync<T: Send + Sync + ?Sized>() {}
    fn assert_send<T: Send>() {}
    assert_send_sync::<Network>();
    assert_send_sync::<Ensemble<'_>>();
    assert_send_sync::<FromFunction<'_>>();
    assert_send_sync::<dyn Classifier>();
    assert_send_sync::<dyn Staged>();
    assert_send::<Pullback<'_>>();
    assert_send::<Pullback<'_, 4>>();

    let model = FromFunction::new(SHAPE, Bounds::UNIT, 4, |x: Tensor<4>| x.reshape([-1, 4]) * 3.0);
    let ensemble = Ensemble::new(vec![&model]).unwrap();
    let gradient = |model: &dyn Classifier| {
        let (_, pullback) = model.logits_with_pullback(images(2)).unwrap();
        std::thread::scope(|scope| {
            let apply = move || pullback.apply(Tensor::from_floats([[1.0, 0.0, 0.0, 0.0]; 2], &test_device()));
            to_vec(scope.spawn(apply).join().unwrap().unwrap()).unwrap()
        })
    };
    assert_eq!(gradient(&model), [3.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
    assert_eq!(gradient(&ensemble).len(), 8);
}

#[test]
fn a_function_may_fail() {
    let fails = || Error::Function("no more memory".into());
    let calls = AtomicUsize::new(0);
    let model = FromFunction::fallible(SHAPE, Bounds::UNIT, 4, |x: Tensor<4>| {
        match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(x.reshape([-1, 4])),
            _ => Err(fails()),
        }
    });
    let (logits, pullback) = model.logits_with_pullback(images(2)).unwrap();
    let error = pullback.apply(logits).unwrap_err();
    assert_eq!(error.to_string(), "function of a model: no more memory");
    let model = FromFunction::fallible(SHAPE, Bounds::UNIT, 4, |_| Err(fails()));
    assert!(matches!(model.logits(images(1)), Err(Error::Function(_))));
    assert!(matches!(model.logits_with_pullback(images(1)), Err(Error::Function(_))));
}

#[test]
fn logits_of_another_shape_are_refused() {
    let model = FromFunction::new(SHAPE, Bounds::UNIT, 3, |x: Tensor<4>| x.reshape([-1, 4]));
    let error = model.logits(images(2)).unwrap_err();
    let expected = "logits of a model's function, [images, classes]: expected [2, 3], found [2, 4]";
    assert_eq!(error.to_string(), expected);
    // As many values, but of other images.
    let model = FromFunction::new(SHAPE, Bounds::UNIT, 4, |x: Tensor<4>| x.reshape([4, -1]));
    let error = model.logits_with_pullback(images(2)).err().unwrap();
    let expected = "logits of a model's function, [images, classes]: expected [2, 4], found [4, 2]";
    assert_eq!(error.to_string(), expected);
}
