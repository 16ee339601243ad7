//! The random starts of FAB.

use burn::tensor::{Tensor, TensorData};
use doubleback::attack::{Adversarial, Fab, Goal, Norm, run, run_minimal};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{FromFunction, to_vec};
use doubleback_test_device::test_device;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 2,
    width: 3,
};
const N: usize = 5;

fn tensor<const D: usize>(values: &[f32], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), dims), &test_device())
}

/// Images whose means are far apart.
fn images() -> Tensor<4> {
    let value = |i: usize| 0.2 + 0.12 * (i / SHAPE.len()) as f32 + (i * 37 % 101) as f32 / 5000.0;
    let values: Vec<f32> = (0..N * SHAPE.len()).map(value).collect();
    tensor(&values, [N, 1, 2, 3])
}

/// Three classes. Around each image, as far as 0.004 of its mean, nothing changes, and there is no gradient; farther away the second class gains.
fn plateaus() -> FromFunction<'static> {
    let means = to_vec(images().flatten::<2>(1, 3).mean_dim(1)).unwrap();
    FromFunction::new(SHAPE, Bounds::UNIT, 3, move |x: Tensor<4>| {
        let mean: Tensor<2> = x.flatten::<2>(1, 3).mean_dim(1);
        let [n, _] = mean.dims();
        // The image that it comes of: the one whose mean is nearest.
        let own: Vec<f32> = to_vec(mean.clone().inner())
            .unwrap()
            .into_iter()
            .map(|mean| {
                *means
                    .iter()
                    .min_by(|a, b| (*a - mean).abs().total_cmp(&(*b - mean).abs()))
                    .unwrap()
            })
            .collect();
        let away = (mean - tensor(&own, [n, 1])).abs();
        let gain = (away - 0.004).clamp_min(0.0) * 100.0;
        Tensor::cat(vec![gain.clone() * 0.0 + 0.2, gain.clone(), gain * 0.0 - 1.0], 1)
    })
}

fn fab(restarts: usize, seed: u64) -> Fab {
    Fab {
        restarts,
        seed,
        ..Fab::default()
    }
}

fn attacked(fab: &Fab, images: &Tensor<4>) -> Adversarial {
    let labels = vec![0; images.dims()[0]];
    let attacked = run(&plateaus(), fab, images, &Goal::AwayFrom(labels), &[0.03]).unwrap();
    attacked.by_eps.into_iter().next().unwrap()
}

#[test]
fn random_starts_find_what_the_image_has_no_way_to() {
    for norm in [Norm::Linf, Norm::L2] {
        for targets in [None, Some(2)] {
            let of = |restarts| Fab {
                norm,
                targets,
                ..fab(restarts, 0)
            };
            let alone = attacked(&of(1), &images());
            assert_eq!(alone.success, [false; N], "{norm}");
            let several = attacked(&of(12), &images());
            let found = several.success.iter().filter(|&&success| success).count();
            assert!(found >= 4, "{norm}, {targets:?}: {:?}", several.success);
            let lengths = match norm {
                Norm::Linf => &several.linf,
                Norm::L2 => &several.l2,
            };
            assert!(lengths.iter().all(|&length| length <= 0.03 + 1e-6), "{lengths:?}");
        }
    }
}

/// What is drawn depends on the seed, the start and the image, not on what else is in the batch; the first start draws nothing.
#[test]
fn starts_are_those_of_the_image_and_the_seed() {
    let all = attacked(&fab(5, 3), &images());
    let bits = |images: Tensor<4>| {
        to_vec(images)
            .unwrap()
            .into_iter()
            .map(f32::to_bits)
            .collect::<Vec<_>>()
    };
    for image in 0..N {
        let alone = attacked(&fab(5, 3), &images().narrow(0, image, 1));
        assert!(
            bits(alone.images) == bits(all.images.clone().narrow(0, image, 1)),
            "{image}"
        );
        assert_eq!(alone.cost.gradients[0], all.cost.gradients[image]);
    }
    assert!(bits(attacked(&fab(5, 4), &images()).images) != bits(all.images));
    let first = |seed| bits(attacked(&fab(1, seed), &images()).images);
    assert!(first(3) == first(4));
}

/// An image that has its example leaves; more starts never lose one, and cost what they take.
#[test]
fn more_starts_are_never_weaker() {
    let mut before = vec![false; N];
    for restarts in 1..=6 {
        let now = attacked(&fab(restarts, 0), &images());
        assert!(
            before.iter().zip(&now.success).all(|(before, now)| now >= before),
            "{restarts}"
        );
        for (success, gradients) in now.success.iter().zip(&now.cost.gradients) {
            let most = restarts * 100 * 2;
            assert!(
                if *success {
                    *gradients <= most
                } else {
                    *gradients == most
                },
                "{restarts}: {gradients}"
            );
        }
        before = now.success;
    }
}

#[test]
fn no_starts_are_refused_and_searches_without_eps_start_anew_too() {
    let goal = Goal::AwayFrom(vec![0; N]);
    let none = run(&plateaus(), &fab(0, 0), &images(), &goal, &[0.1])
        .unwrap_err()
        .to_string();
    assert_eq!(none, "restarts: 0 is not at least 1");
    let alone = run_minimal(&plateaus(), &fab(1, 0), &images(), &goal).unwrap();
    assert_eq!(alone.distance, [None; N]);
    let several = run_minimal(&plateaus(), &fab(4, 0), &images(), &goal).unwrap();
    // 0.2 is 0.006 of the mean from the image.
    assert!(
        several.distance.iter().all(|far| far.is_some_and(|far| far < 0.5)),
        "{:?}",
        several.distance
    );
}
