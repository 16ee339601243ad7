//! Class weights in every objective: a weighted mean over the images, with exact gradients; without weights nothing changes.

use doubleback_test_device::f64_device;
use std::sync::Arc;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::attack;
use doubleback::batch::Batch;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Module, Network, Pool, TrainingPass, paper_cnn};
use doubleback::train::{
    AdversarialTraining, Both, Distillation, GradientPenalty, Norm, Normal, Objective, PgdTraining, Teacher,
    TeacherAtTemperature, Trades,
};

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};
const WEIGHTS: [f64; 4] = [0.5, 7.0, 1.0, 2.25];

fn network(seed: u64) -> Network {
    let network = Network::new(paper_cnn(SHAPE, Bounds::UNIT, 4, Pool::Max), seed, &f64_device()).unwrap();
    network.cast(DType::F64)
}

fn batch(weights: Option<&[f64]>) -> Batch {
    let pixels: Vec<f64> = (0..6 * 64).map(|i| f64::from(i * 37 % 61) / 61.0).collect();
    let images = Tensor::<4>::from_data(TensorData::new(pixels, [6, 1, 8, 8]), (&f64_device(), DType::F64));
    let batch = Batch::of(images, vec![1, 3, 0, 1, 2, 3], 4).unwrap();
    match weights {
        None => batch,
        Some(weights) => batch.with_class_weights(weights).unwrap(),
    }
}

/// Every objective that a defense trains with.
fn objectives() -> Vec<(&'static str, Box<dyn Objective>)> {
    let teacher = || Arc::new(Teacher::new(network(5), 2.0));
    let adversarial = AdversarialTraining { eps: 0.1 };
    let l1 = GradientPenalty {
        norm: Norm::L1,
        ..GradientPenalty::double_backprop(0.5)
    };
    vec![
        ("normal", Box::new(Normal)),
        ("teacher", Box::new(TeacherAtTemperature { temperature: 2.0 })),
        ("distilled", Box::new(Distillation { teacher: teacher() })),
        ("advtrain", Box::new(adversarial)),
        (
            "pgd",
            Box::new(PgdTraining {
                eps: 0.1,
                steps: 2,
                norm: attack::Norm::Linf,
            }),
        ),
        (
            "trades",
            Box::new(Trades {
                eps: 0.1,
                steps: 2,
                norm: attack::Norm::Linf,
                beta: 6.0,
            }),
        ),
        ("insensitive", Box::new(GradientPenalty::certainty_sensitivity(0.5))),
        ("doubleback", Box::new(GradientPenalty::double_backprop(0.5))),
        ("doubleback in L1", Box::new(l1)),
        (
            "distilled-label",
            Box::new(GradientPenalty::distilled_label(teacher(), 0.5)),
        ),
        ("entropy", Box::new(GradientPenalty::entropy(0.5))),
        (
            "both",
            Box::new(Both {
                penalty: GradientPenalty::double_backprop(0.5),
                adversarial,
            }),
        ),
    ]
}

fn values(tensor: Tensor<1>) -> Vec<f64> {
    tensor.into_data().try_to_vec::<f64>().unwrap()
}

/// Loss and cross-entropy; the masks of dropout are the same each time.
fn evaluate(objective: &dyn Objective, network: &Network, batch: &Batch) -> (Tensor<1>, Tensor<1>) {
    let found = objective
        .evaluate(network, batch, &mut TrainingPass::new(3, 0))
        .unwrap();
    (found.loss, found.cross_entropy)
}

fn loss(objective: &dyn Objective, weights: Option<&[f64]>) -> [f64; 2] {
    let (loss, cross_entropy) = evaluate(objective, &network(0).tracked(), &batch(weights));
    [values(loss.inner())[0], values(cross_entropy.inner())[0]]
}

/// `Σ_n w_n value_n / Σ_n w_n` times its denominator is linear in the weights.
#[test]
fn an_objective_is_the_weighted_mean_of_its_images() {
    let sum = |weights: [f64; 4]| -> f64 { batch(None).labels.iter().map(|&label| weights[label]).sum() };
    let other = [3.0, 0.25, 2.0, 1.0];
    let both: [f64; 4] = std::array::from_fn(|class| WEIGHTS[class] + other[class]);
    for (name, objective) in objectives() {
        let of = |weights: [f64; 4]| loss(objective.as_ref(), Some(&weights)).map(|loss| loss * sum(weights));
        let (a, b, together) = (of(WEIGHTS), of(other), of(both));
        for part in 0..2 {
            let error = (a[part] + b[part] - together[part]).abs() / together[part].abs();
            assert!(error < 1e-12, "{name}: {error:e}");
        }
        let plain = loss(objective.as_ref(), None);
        let weighted = loss(objective.as_ref(), Some(&WEIGHTS));
        for part in 0..2 {
            let moved = (plain[part] - weighted[part]).abs() / plain[part].abs();
            assert!(moved > 1e-3, "{name}: the weights change nothing ({moved:e})");
        }
    }
}

#[test]
fn equal_weights_leave_every_bit() {
    for (name, objective) in objectives() {
        let plain = loss(objective.as_ref(), None).map(f64::to_bits);
        assert_eq!(
            loss(objective.as_ref(), Some(&[1.0; 4])).map(f64::to_bits),
            plain,
            "{name}"
        );
    }
}

#[test]
fn gradients_are_those_of_central_differences() {
    const STEP: f64 = 1e-6;
    let batch = batch(Some(&WEIGHTS));
    for (name, objective) in objectives() {
        let tracked = network(0).tracked();
        let (loss, _) = evaluate(objective.as_ref(), &tracked, &batch);
        let gradients = loss.backward();
        for parameter in ["logits.bias", "conv2.norm.shift"] {
            let of = |network: &Network| {
                let found = network.parameters().find(|p| p.name() == parameter);
                found.unwrap().value().clone()
            };
            let gradient = values(of(&tracked).grad(&gradients).unwrap());
            let start = values(of(&network(0)));
            for index in 0..4 {
                let at = |offset: f64| {
                    let mut moved = start.clone();
                    moved[index] += offset;
                    let mut network = network(0);
                    let data = TensorData::new(moved, [start.len()]);
                    network
                        .set(parameter, Tensor::from_data(data, (&f64_device(), DType::F64)))
                        .unwrap();
                    values(evaluate(objective.as_ref(), &network.tracked(), &batch).0.inner())[0]
                };
                let difference = (at(STEP) - at(-STEP)) / (2.0 * STEP);
                let error = (gradient[index] - difference).abs();
                assert!(
                    error < 1e-6 * (1.0 + difference.abs()),
                    "{name} {parameter} {index}: {} is not {difference}",
                    gradient[index]
                );
            }
        }
    }
}
