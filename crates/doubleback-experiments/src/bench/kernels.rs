use burn::tensor::{Device, Tensor, TensorData};
use doubleback_ops::kernels::{self, Product};
use doubleback_ops::{conv2d, conv2d_input_grad, conv2d_weight_grad};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::times::{Times, time};
use doubleback::Result;
use doubleback::nn::Architecture;
use doubleback::nn::layers::{Conv2d, Dense, LayerKind, Size};

/// Time of one native CPU kernel at the shape that a layer gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTimes {
    /// Name of the layer.
    pub layer: String,
    /// `forward`, of a convolution also `forward_on_tape`, which rounds less since gradients are to be taken through it; `input_grad` or `weight_grad`.
    pub kernel: &'static str,
    /// Multiplications and additions of the textbook algorithm, borders included; a faster algorithm does fewer.
    pub flops: f64,
    /// Bytes of what it reads and writes, each once.
    pub bytes: f64,
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
        all.extend(timed.times.into_iter().map(|(kernel, times)| KernelTimes {
            layer: spec.name.clone(),
            kernel,
            flops: timed.flops,
            bytes: timed.bytes,
            times,
        }));
    }
    Ok(all)
}

/// What the processor reaches at best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// Multiplications and additions a second, in thousand millions: of a product of matrices that stay in the cache.
    pub gflops: f64,
    /// Thousand million bytes a second, read and written together: of a copy that does not fit the cache.
    pub gigabytes: f64,
}

/// Measures what kernels can be held to.
///
/// # Errors
/// None that a user can cause.
pub fn measure_peaks(runs: usize) -> Result<Peaks> {
    const SIDE: usize = 512;
    const COPIED: usize = 32 << 20;
    let (a, b) = (values(SIDE * SIDE, 1), values(SIDE * SIDE, 2));
    let square = Product {
        m: SIDE,
        k: SIDE,
        n: SIDE,
        left_transposed: false,
        right_transposed: false,
    };
    let product = time(2, runs, || {
        drop(kernels::matmul(&a, &b, square));
        Ok(())
    })?;
    let (from, mut to) = (vec![1f32; COPIED], vec![0f32; COPIED]);
    let part = COPIED.div_ceil(rayon::current_num_threads());
    let copy = time(1, runs, || {
        let parts = to.par_chunks_mut(part).zip(from.par_chunks(part));
        parts.for_each(|(to, from)| to.copy_from_slice(from));
        Ok(())
    })?;
    let per_second = |count: usize, times: Times| count as f64 / times.min / 1e6;
    Ok(Peaks {
        gflops: per_second(2 * SIDE * SIDE * SIDE, product),
        gigabytes: per_second(2 * COPIED * size_of::<f32>(), copy),
    })
}

/// The kernels of a layer.
struct Timed {
    flops: f64,
    bytes: f64,
    times: Vec<(&'static str, Times)>,
}

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
    let bytes = [&x, &w, &g].map(|tensor| tensor.dims().iter().product::<usize>() as f64);
    let run = |work: &dyn Fn() -> doubleback_ops::Result<Tensor<4>>| time(2, runs, || Ok(work().map(drop)?));
    let size = [height, width];
    let taped = x.clone().autodiff();
    Ok(Timed {
        flops,
        bytes: bytes.iter().sum::<f64>() * size_of::<f32>() as f64,
        times: vec![
            ("forward", run(&|| conv2d(x.clone(), w.clone(), options))?),
            (
                "forward_on_tape",
                run(&|| conv2d(taped.clone(), w.clone().autodiff(), options))?,
            ),
            (
                "input_grad",
                run(&|| conv2d_input_grad(g.clone(), w.clone(), size, options))?,
            ),
            (
                "weight_grad",
                run(&|| conv2d_weight_grad(x.clone(), g.clone(), layer.kernel, options))?,
            ),
        ],
    })
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
    Ok(Timed {
        flops,
        bytes: ((x.len() + w.len() + g.len()) * size_of::<f32>()) as f64,
        times: vec![
            ("forward", run(&x, &w, forward)?),
            ("input_grad", run(&g, &w, input_grad)?),
            ("weight_grad", run(&x, &g, weight_grad)?),
        ],
    })
}
