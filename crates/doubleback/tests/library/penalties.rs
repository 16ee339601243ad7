//! The penalized losses: their gradients with respect to the logits against central differences, and what the objectives promise.

use doubleback_test_device::f64_device;
use std::sync::Arc;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::batch::Batch;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, Module, Network, Pool, TrainingPass, paper_cnn, to_vec};
use doubleback::train::{
    AdversarialTraining, Both, GradientPenalty, Labels, Norm, Objective, Output, Penalized, PenalizedLoss, Teacher,
};

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};

fn network(seed: u64) -> Network {
    Network::new(paper_cnn(SHAPE, Bounds::UNIT, 4, Pool::Max), seed, &f64_device()).unwrap()
}

fn batch() -> Batch {
    let pixels = (0..3 * 64).map(|i| (i * 37 % 61) as f32 / 61.0).collect::<Vec<_>>();
    let images = Tensor::<4>::from_data(TensorData::new(pixels, [3, 1, 8, 8]), &f64_device());
    Batch::of(images, vec![1, 3, 0], 4).unwrap()
}

fn f64_values(values: &[f64]) -> Tensor<2> {
    let rows = values.len() / 4;
    Tensor::from_data(TensorData::new(values.to_vec(), [rows, 4]), (&f64_device(), DType::F64))
}

/// The penalized loss itself, summed over the images.
fn loss(labels: &Labels, output: Output, z: &Tensor<2>, batch: &Batch) -> f64 {
    let q = match labels {
        Labels::True => batch.targets.clone(),
        Labels::Uniform => z.zeros_like() + 0.25,
        Labels::Teacher(teacher) => teacher.probabilities(batch).unwrap(),
        Labels::Own => softmax(z.clone(), 1),
    };
    let z = match output {
        Output::LogProbabilities => log_softmax(z.clone(), 1),
        Output::Logits => z.clone(),
    };
    -(q * z).sum().into_scalar::<f64>()
}

#[test]
fn logit_gradients_are_those_of_their_losses() {
    let batch = Batch::of(batch().images().clone().cast(DType::F64), batch().labels, 4).unwrap();
    let z: Vec<f64> = (0..12).map(|i| (f64::from(i) * 1.7).sin() * 2.0).collect();
    for labels in [
        Labels::True,
        Labels::Uniform,
        Labels::Teacher(Arc::new(Teacher::new(network(5).cast(DType::F64), 2.0))),
        Labels::Own,
    ] {
        for output in Output::ALL {
            let penalized = Penalized {
                labels: labels.clone(),
                output,
            };
            let gradient = penalized.logit_gradient(&f64_values(&z), &batch).unwrap();
            let gradient = gradient.into_data().convert::<f64>().try_to_vec::<f64>().unwrap();
            for i in 0..z.len() {
                let step = 1e-5;
                let (mut up, mut down) = (z.clone(), z.clone());
                up[i] += step;
                down[i] -= step;
                let difference = (loss(&labels, output, &f64_values(&up), &batch)
                    - loss(&labels, output, &f64_values(&down), &batch))
                    / (2.0 * step);
                assert!(
                    (gradient[i] - difference).abs() < 1e-7,
                    "{labels:?} {output} at {i}: {} is not {difference}",
                    gradient[i]
                );
            }
        }
    }
}

fn value(objective: &dyn Objective, masks: &[Tensor<4>]) -> f32 {
    let mut pass = TrainingPass::with_masks(masks.to_vec());
    let values = objective.evaluate(&network(0).tracked(), &batch(), &mut pass).unwrap();
    to_vec(values.loss.inner()).unwrap()[0]
}

#[test]
fn both_defenses_are_the_mean_of_their_parts() {
    let network = network(0);
    let mut pass = TrainingPass::new(1, 0);
    for _ in 0..2 {
        network.forward(batch().images().clone(), pass.mode()).unwrap();
    }
    let masks = pass.into_masks();
    let penalty = || GradientPenalty::double_backprop(0.5);
    let adversarial = AdversarialTraining { eps: 0.1 };
    let both = value(
        &Both {
            penalty: penalty(),
            adversarial,
        },
        &masks,
    );
    let (alone, plain) = (
        value(&penalty(), &masks),
        value(
            &GradientPenalty {
                lambda: 0.0,
                ..penalty()
            },
            &masks,
        ),
    );
    assert!(alone > plain, "the penalty is nothing");
    // (CE + penalty + CE_adv) / 2 = (CE + CE_adv) / 2 + penalty / 2.
    let expected = value(&adversarial, &masks) + (alone - plain) / 2.0;
    assert!((both - expected).abs() < 1e-5, "{both} is not {expected}");
}

#[test]
fn the_l1_norm_is_the_sum_of_absolute_values() {
    let network = network(0);
    let batch = batch();
    let penalty = GradientPenalty {
        norm: Norm::L1,
        ..GradientPenalty::double_backprop(0.5)
    };
    let (logits, pullback) = network.logits_with_pullback(batch.images().clone()).unwrap();
    let gradient = pullback
        .apply(penalty.loss.logit_gradient(&logits, &batch).unwrap())
        .unwrap();
    let expected: f32 = to_vec(gradient).unwrap().iter().map(|g| g.abs()).sum::<f32>() * 0.5 / 3.0;
    let found = to_vec(penalty.value(&logits, &pullback, &batch).unwrap()).unwrap()[0];
    assert!(
        expected > 0.0 && (found - expected).abs() < 1e-5 * expected,
        "{found} is not {expected}"
    );
}

#[test]
fn the_gradient_of_the_entropy_is_not_the_zero_of_constant_labels() {
    let mut pass = TrainingPass::new(1, 0);
    network(0).forward(batch().images().clone(), pass.mode()).unwrap();
    let masks = pass.into_masks();
    let [with, without] = [1.0, 0.0].map(|lambda| value(&GradientPenalty::entropy(lambda), &masks));
    assert!(with > without + 1e-3, "{with} is not above {without}");
}
