use burn::tensor::{Device, Tensor, TensorData};
use doubleback_ops::kernels::{self, Product};
use doubleback_ops::{conv2d, conv2d_input_grad, conv2d_weight_grad};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::times::{Times, time};
use doubleback::Result;
use doubleback::nn::Architecture;
use doubleback::nn::layers::{Conv2d, Dense, LayerKind, Size};

/// Time of one native CPU kernel at the shape that a layer gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTimes {
    /// Name of the layer.
    pub layer: String,
    /// `forward`, `input_grad` or `weight_grad`.
    pub kernel: &'static str,
    /// Multiplications and additions of the textbook algorithm, borders included; a faster algorithm does fewer.
    pub flops: f64,
    /// Milliseconds.
    pub times: Times,
}

/// Times the kernels of all convolutions and dense layers, on random values.
///
/// # Errors
/// When the architecture's layers do not fit each other.
pub fn time_kernels(architecture: &Architecture, batch: usize, runs: usize) -> Result<Vec<KernelTimes>> {
    let inputs = architecture.input_sizes()?;
    let mut all = Vec::new();
    for (spec, inputs) in architecture.layers.iter().zip(&inputs) {
        let size = inputs.first().copied().unwrap_or_default();
        let timed = match &spec.kind {
            LayerKind::Conv2d(layer) => convolution(layer, size, batch, runs)?,
            LayerKind::Dense(layer) => dense(layer, size, batch, runs)?,
            _ => continue,
        };
        all.extend(timed.map(|(kernel, flops, times)| KernelTimes {
            layer: spec.name.clone(),
            kernel,
            flops,
            times,
        }));
    }
    Ok(all)
}

type Timed = [(&'static str, f64, Times); 3];

fn values(count: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random::<f32>() - 0.5).collect()
}

fn convolution(layer: &Conv2d, [height, width, channels]: Size, batch: usize, runs: usize) -> Result<Timed> {
    let [rows, columns] = layer.kernel;
    let options = layer.options();
    let tensor = |dims: [usize; 4], seed| {
        let data = TensorData::new(values(dims.iter().product(), seed), dims);
        Tensor::<4>::from_data(data, &Device::flex())
    };
    let x = tensor([batch, height, width, channels], 1);
    // What does not divide, the convolution refuses.
    let part = channels / layer.groups.max(1);
    let w = tensor([rows, columns, part, layer.channels], 2);
    let g = tensor(conv2d(x.clone(), w.clone(), options)?.dims(), 3);
    let flops = 2.0 * g.dims().iter().product::<usize>() as f64 * (rows * columns * part) as f64;
    let run = |work: &dyn Fn() -> doubleback_ops::Result<Tensor<4>>| time(2, runs, || Ok(work().map(drop)?));
    let size = [height, width];
    Ok([
        ("forward", flops, run(&|| conv2d(x.clone(), w.clone(), options))?),
        (
            "input_grad",
            flops,
            run(&|| conv2d_input_grad(g.clone(), w.clone(), size, options))?,
        ),
        (
            "weight_grad",
            flops,
            run(&|| conv2d_weight_grad(x.clone(), g.clone(), layer.kernel, options))?,
        ),
    ])
}

fn dense(layer: &Dense, [_, _, inputs]: Size, batch: usize, runs: usize) -> Result<Timed> {
    let (x, w, g) = (
        values(batch * inputs, 1),
        values(inputs * layer.units, 2),
        values(batch * layer.units, 3),
    );
    let flops = 2.0 * (batch * inputs * layer.units) as f64;
    let product = |[m, k, n]: [usize; 3], left_transposed, right_transposed| Product {
        m,
        k,
        n,
        left_transposed,
        right_transposed,
    };
    let forward = product([batch, inputs, layer.units], false, false);
    let input_grad = product([batch, layer.units, inputs], false, true);
    let weight_grad = product([inputs, batch, layer.units], true, false);
    let run = |a: &[f32], b: &[f32], product| {
        time(2, runs, || {
            drop(kernels::matmul(a, b, product));
            Ok(())
        })
    };
    Ok([
        ("forward", flops, run(&x, &w, forward)?),
        ("input_grad", flops, run(&g, &w, input_grad)?),
        ("weight_grad", flops, run(&x, &g, weight_grad)?),
    ])
}
