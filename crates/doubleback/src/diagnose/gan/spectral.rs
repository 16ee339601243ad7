//! Spectral normalization (Miyato, Kataoka, Koyama & Yoshida 2018): every weight, as a matrix to its output channels, divided by an estimate
//! of its largest singular value. The vectors of the estimate move by one power iteration a training step and are constants for differentiation.

use burn::tensor::{Device, Tensor};
use doubleback_ops::{matmul, matmul_transposed};

use super::noise::noise;
use crate::Result;
use crate::nn::{Module, Parameter};
use crate::random::Stream;

const EPSILON: f64 = 1e-12;

fn is_weight(parameter: &Parameter) -> bool {
    parameter.dims().len() > 1
}

/// Output channels of a weight.
fn channels(parameter: &Parameter) -> usize {
    parameter.dims().last().copied().unwrap_or(1)
}

/// The weight as a matrix `[inputs, channels]`.
fn matrix(parameter: &Parameter) -> Tensor<2> {
    let channels = channels(parameter);
    let value = parameter.value().clone();
    let inputs = value.dims()[0] / channels;
    value.reshape([inputs, channels])
}

fn unit(vector: Tensor<2>) -> Tensor<2> {
    let length = vector.clone().square().sum().sqrt() + EPSILON;
    vector / length.reshape([1, 1])
}

/// Random unit vectors `u`, one a weight.
pub(super) fn start(module: &impl Module, seed: u64, device: &Device) -> Vec<Parameter> {
    let weights = module.parameters().filter(|p| is_weight(p));
    weights
        .enumerate()
        .map(|(index, weight)| {
            let count = channels(weight);
            let stream = Stream::SpectralStart { index: index as u64 };
            let u = unit(noise(1, count, seed, stream, device));
            Parameter::new(format!("{}.u", weight.name()), vec![count], u.reshape([count]))
        })
        .collect()
}

/// `v` of a weight `W` `[inputs, channels]` and `u`: the direction of `W u`. Both as rows.
fn left(weight: &Tensor<2>, u: &Tensor<2>) -> Result<Tensor<2>> {
    Ok(unit(matmul_transposed(u.clone(), weight.clone())?))
}

/// The vectors after one step of the power iteration.
pub(super) fn iterated(module: &impl Module, vectors: &[Parameter]) -> Result<Vec<Tensor<1>>> {
    let weights = module.parameters().filter(|p| is_weight(p));
    weights
        .zip(vectors)
        .map(|(weight, vector)| {
            let matrix = matrix(weight).inner();
            let count = channels(weight);
            let u = vector.value().clone().reshape([1, count]);
            let v = left(&matrix, &u)?;
            Ok(unit(matmul(v, matrix)?).reshape([count]))
        })
        .collect()
}

/// Divides every weight `W` by `σ = vᵀ W u`, on the tape that it is on. Without vectors, nothing changes.
pub(super) fn normalize(module: &mut impl Module, vectors: &[Parameter]) -> Result<()> {
    let weights = module.parameters_mut().filter(|p| is_weight(p));
    for (weight, vector) in weights.zip(vectors) {
        let matrix = matrix(weight);
        let u = vector.value().clone().reshape([1, channels(weight)]);
        let v = left(&matrix.clone().inner(), &u)?;
        let sigma = (matmul(v, matrix)? * u).sum();
        weight.set(weight.value().clone() / sigma);
    }
    Ok(())
}
