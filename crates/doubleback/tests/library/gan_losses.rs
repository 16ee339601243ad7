//! The losses of InterpretGAN against PyTorch in f64 (scripts/pytorch-fixtures.py), where logits are moderate and where their sigmoids are 0 or 1.

use doubleback_test_device::f64_device;
use std::collections::HashMap;

use burn::tensor::activation::softmax;
use burn::tensor::{DType, Tensor, TensorData};
use doubleback::diagnose::{adversarial_loss, anchor_loss, class_loss, discriminator_loss, latent_loss};

/// The generator of the fixtures: xorshift64, uniform in [-1, 1).
fn values<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1;
    let values: Vec<f64> = (0..dims.iter().product())
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect();
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), DType::F64))
}

fn fixtures() -> HashMap<String, Vec<f64>> {
    let path = format!("{}/tests/fixtures/gan-losses.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let read = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        (name, array.into_vec::<f64>().unwrap())
    };
    names.into_iter().map(read).collect()
}

fn to_vec<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.try_to_vec_as::<f64>().unwrap()
}

fn close(name: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        // Burn's derivative of the softmax is no better than this in f64.
        assert!(
            (found - expected).abs() <= 1e-7 * expected.abs() + 1e-14,
            "{name}: {found} and {expected}"
        );
    }
}

fn leaf<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    tensor.autodiff().require_grad()
}

#[test]
fn losses_and_gradients_are_those_of_pytorch() {
    let expected = fixtures();
    for (name, scale) in [("moderate", 3.0), ("extreme", 500.0)] {
        let check = |loss: &str, value: Tensor<1>, gradients: &[Vec<f64>]| {
            let name = format!("{name}.{loss}");
            close(&name, &to_vec(value.inner()), &expected[&name]);
            for (i, gradient) in gradients.iter().enumerate() {
                let name = format!("{name}.gradient{i}");
                close(&name, gradient, &expected[&name]);
            }
        };
        let (real, generated) = (leaf(values([6, 1], 400)), leaf(values([5, 1], 401)));
        let loss = discriminator_loss(real.clone() * scale, generated.clone() * scale);
        let g = loss.backward();
        check(
            "discriminator",
            loss,
            &[to_vec(real.grad(&g).unwrap()), to_vec(generated.grad(&g).unwrap())],
        );

        let loss = adversarial_loss(generated.clone() * scale);
        let g = loss.backward();
        check("adversarial", loss, &[to_vec(generated.grad(&g).unwrap())]);

        let (logits, soft) = (leaf(values([5, 4], 404)), softmax(values([5, 4], 405), 1));
        for loss in [class_loss, anchor_loss] {
            let loss = loss(&(logits.clone() * scale), &soft);
            let g = loss.backward();
            check("class", loss, &[to_vec(logits.grad(&g).unwrap())]);
        }

        let (a, b) = (leaf(values([3, 2, 2, 4], 402)), leaf(values([3, 2, 2, 4], 403)));
        let loss = latent_loss(a.clone() * scale, b.clone() * scale);
        let g = loss.backward();
        check(
            "latent",
            loss,
            &[to_vec(a.grad(&g).unwrap()), to_vec(b.grad(&g).unwrap())],
        );
    }
}
