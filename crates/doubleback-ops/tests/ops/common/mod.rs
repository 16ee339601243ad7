#![allow(dead_code)]
use burn::tensor::{DType, Tensor, TensorData};
use doubleback_ops::{Activation, BatchNormOptions, FusedActivation, Order, PoolKind, activation};
use doubleback_test_device::{f64_device, test_device};

/// What batch norms are followed by: nothing, a ReLU, or a function with a slope of its own at every value.
pub fn followers() -> Vec<Option<FusedActivation>> {
    let functions = [
        Activation::Swish { alpha: 1.0 },
        Activation::Swish { alpha: 1.5 },
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Mish,
        Activation::Softplus { beta: 2.0 },
        Activation::Elu {
            alpha: 2.0,
            gamma: 1.25,
            rate: 0.5,
        },
        Activation::Sigmoid,
        Activation::Tanh,
    ];
    let functions = functions.map(|function| Some(FusedActivation::Function(function)));
    [None, Some(FusedActivation::Relu)]
        .into_iter()
        .chain(functions)
        .collect()
}

/// Whether `y`, a batch norm's output before what follows, is so far from kinks and from windows of two largest values that neither rounding nor a small step
/// changes what counts.
pub fn is_clear(y: Tensor<4>, options: BatchNormOptions, margin: f64) -> bool {
    let kink = matches!(
        options.activation,
        Some(FusedActivation::Relu | FusedActivation::Function(Activation::Elu { .. }))
    );
    let chosen_by = match options.activation {
        Some(FusedActivation::Function(function)) => activation(y.clone(), function, Order::Value),
        Some(FusedActivation::Relu) | None => y.clone(),
    };
    let max = options.pool == Some(PoolKind::Max);
    !(kink && least_magnitude(y) <= margin || max && least_gap(chosen_by) <= margin)
}

/// Pseudo-random values in [-1, 1), the same on every machine.
pub fn values(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        })
        .collect()
}

pub fn double<const D: usize>(values: &[f64], dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(
        TensorData::new(values.to_vec(), dims.to_vec()),
        (&f64_device(), DType::F64),
    )
}

pub fn single<const D: usize>(values: &[f64], dims: [usize; D]) -> Tensor<D> {
    let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
    Tensor::from_data(TensorData::new(values, dims.to_vec()), &test_device())
}

pub fn random<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    double(&values(dims.iter().product(), seed), dims)
}

/// As [`random`], but no two values closer than 2 / count: the largest of a window stays the largest when the values move a little.
pub fn distinct<const D: usize>(dims: [usize; D], seed: u64) -> Tensor<D> {
    let values = values(dims.iter().product(), seed);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    for (rank, index) in order.into_iter().enumerate() {
        ranks[index] = 2.0 * rank as f64 / values.len() as f64 - 1.0;
    }
    double(&ranks, dims)
}

/// Distance from zero of the value nearest to it.
pub fn least_magnitude<const D: usize>(t: Tensor<D>) -> f64 {
    to_vec(t).into_iter().map(f64::abs).fold(f64::INFINITY, f64::min)
}

pub fn to_vec<const D: usize>(t: Tensor<D>) -> Vec<f64> {
    t.into_data().convert::<f64>().try_to_vec().unwrap()
}

/// ‖a - b‖ / ‖b‖.
pub fn relative_error(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
    let norm: f64 = b.iter().map(|b| b * b).sum();
    if norm == 0.0 {
        difference.sqrt()
    } else {
        (difference / norm).sqrt()
    }
}

/// Holds the gradients of Σ weights · f(inputs) that the tape gives to central differences along random directions.
pub fn check_gradients<const N: usize>(inputs: [Tensor<4>; N], f: impl Fn([Tensor<4>; N]) -> Tensor<4>) {
    let plain = |inputs: [Tensor<4>; N]| {
        let out = f(inputs);
        let weights = random(out.dims(), 99);
        (out * weights).sum()
    };
    let tracked: [Tensor<4>; N] = std::array::from_fn(|i| inputs[i].clone().autodiff().require_grad());
    let out = f(tracked.clone());
    let weights = random(out.dims(), 99).autodiff();
    let gradients = (out * weights).sum().backward();
    for i in 0..N {
        let gradient = tracked[i]
            .grad(&gradients)
            .unwrap_or_else(|| panic!("no gradient for input {i}"));
        let direction = random(inputs[i].dims(), 7 + i as u64);
        let analytic: f64 = to_vec((gradient * direction.clone()).sum())[0];
        let h = 1e-6;
        let at = |sign: f64| {
            let mut moved = inputs.clone();
            moved[i] = inputs[i].clone() + direction.clone() * (sign * h);
            to_vec(plain(moved))[0]
        };
        let numeric = (at(1.0) - at(-1.0)) / (2.0 * h);
        assert!(
            (analytic - numeric).abs() <= 1e-7 * (1.0 + numeric.abs()),
            "input {i}: {analytic} from the tape, {numeric} from central differences"
        );
    }
}

/// Least difference between two values of one 2x2 window.
pub fn least_gap(y: Tensor<4>) -> f64 {
    let [batch, height, width, channels] = y.dims();
    let values = to_vec(y);
    let at =
        |n: usize, row: usize, column: usize, c: usize| values[((n * height + row) * width + column) * channels + c];
    let mut least = f64::INFINITY;
    for (n, c) in (0..batch).flat_map(|n| (0..channels).map(move |c| (n, c))) {
        for (row, column) in (0..height / 2).flat_map(|r| (0..width / 2).map(move |x| (2 * r, 2 * x))) {
            let window = [
                at(n, row, column, c),
                at(n, row, column + 1, c),
                at(n, row + 1, column, c),
                at(n, row + 1, column + 1, c),
            ];
            for i in 0..4 {
                least = window[i + 1..]
                    .iter()
                    .map(|b| (window[i] - b).abs())
                    .fold(least, f64::min);
            }
        }
    }
    least
}
