//! Default bodies of batch norm and its derivatives, on rows `[pixels, channels]`: the formulas that every other body follows.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, IntDType, Scalar, TensorMetadata};

use super::results::{BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed};
use crate::activation::default::activation;
use crate::options::{BatchNormOptions, FusedActivation, Order, Pool2dOptions, Pool2dShape, PoolKind};
use crate::pool::default::{avg_pool2d, avg_pool2d_transpose, max_pool2d, pool_select, pool_unselect};
use crate::relu::default::leaky_relu_vjp;
use crate::stock::{product, reshape, scale, zeros_like};

fn rows<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    let dims: Vec<usize> = t.shape().iter().copied().collect();
    let channels = dims[dims.len() - 1];
    let pixels = dims.iter().product::<usize>() / channels;
    reshape::<B>(t, &[pixels, channels])
}

/// Mean over the pixels, `[1, channels]`.
fn mean<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mean_dim(t, 0)
}

fn row<B: Backend>(t: &FloatTensor<B>, index: usize) -> FloatTensor<B> {
    let channels = t.shape()[1];
    B::float_slice(t.clone(), &[(index..index + 1).into(), (0..channels).into()])
}

/// Mean and biased variance, `[2, channels]`.
pub(crate) fn batch_norm_statistics<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let z = rows::<B>(z);
    let mu = mean::<B>(z.clone());
    let centered = B::float_sub(z, mu.clone());
    B::float_cat(vec![mu, mean::<B>(product::<B>(&centered, &centered))], 0)
}

/// What all three orders of a batch norm need, as rows.
struct Normalized<B: Backend> {
    /// (z - mean) / deviation.
    x: FloatTensor<B>,
    /// 1 / deviation.
    inverse: FloatTensor<B>,
    /// gain / deviation.
    slope: FloatTensor<B>,
    /// Output before the activation function.
    y: FloatTensor<B>,
    dims: Vec<usize>,
}

impl<B: Backend> Normalized<B> {
    fn new(
        z: FloatTensor<B>,
        gain: FloatTensor<B>,
        shift: FloatTensor<B>,
        statistics: FloatTensor<B>,
        options: BatchNormOptions,
    ) -> Self {
        let dims: Vec<usize> = z.shape().iter().copied().collect();
        let channels = [1, dims[dims.len() - 1]];
        let variance = B::float_add_scalar(row::<B>(&statistics, 1), Scalar::Float(options.epsilon));
        let inverse = B::float_recip(B::float_sqrt(variance));
        let x = B::float_mul(B::float_sub(rows::<B>(z), row::<B>(&statistics, 0)), inverse.clone());
        let gain = reshape::<B>(gain, &channels);
        let y = B::float_add(product::<B>(&x, &gain), reshape::<B>(shift, &channels));
        Self {
            x,
            slope: product::<B>(&gain, &inverse),
            inverse,
            y,
            dims,
        }
    }

    fn at(at: &BatchNormPoint<B>) -> Self {
        let at = at.clone();
        Self::new(at.z, at.gain, at.shift, at.statistics, at.options)
    }

    /// t - mean(t) - x mean(t x): the projection that differentiating through the statistics amounts to.
    fn project(&self, t: FloatTensor<B>) -> FloatTensor<B> {
        let along = product::<B>(&self.x, &mean::<B>(product::<B>(&t, &self.x)));
        B::float_sub(B::float_sub(t.clone(), mean::<B>(t)), along)
    }
}

/// The 2x2 windows of an activation.
fn windows(dims: &[usize]) -> Pool2dShape {
    Pool2dShape {
        batch: dims[0],
        input: [dims[1], dims[2]],
        channels: dims[3],
        options: Pool2dOptions::square(2),
    }
}

/// Batch norm, then activation function and pooling if asked. `bits` is 1 at the values that count, shaped as the input.
pub(crate) fn batch_norm<B: Backend>(
    z: FloatTensor<B>,
    gain: FloatTensor<B>,
    shift: FloatTensor<B>,
    statistics: FloatTensor<B>,
    options: BatchNormOptions,
) -> BatchNormed<B> {
    let n = Normalized::<B>::new(z.clone(), gain, shift, statistics, options);
    let y = reshape::<B>(n.y.clone(), &n.dims);
    let ones = B::float_add_scalar(scale::<B>(y.clone(), 0.0), Scalar::Float(1.0));
    let mut counts = match options.relu() {
        true => leaky_relu_vjp::<B>(ones, y.clone(), 0.0),
        false => ones,
    };
    let rectified = match options.activation {
        Some(FusedActivation::Relu) => leaky_relu_vjp::<B>(y.clone(), y.clone(), 0.0),
        Some(FusedActivation::Function(function)) => activation::<B>(y.clone(), function, Order::Value),
        None => y.clone(),
    };
    let values = match options.pool {
        None => rectified,
        Some(PoolKind::Avg) => avg_pool2d::<B>(rectified, windows(&n.dims)),
        Some(PoolKind::Max) => {
            let shape = windows(&n.dims);
            // Of values that a ReLU takes for equal the one that was larger counts; another function need not be monotone.
            let pooled = max_pool2d::<B>(if options.relu() { y } else { rectified.clone() }, shape);
            let chosen = pool_unselect::<B>(
                pool_select::<B>(counts, pooled.indices.clone(), shape),
                pooled.indices.clone(),
                shape,
            );
            counts = chosen;
            pool_select::<B>(rectified, pooled.indices, shape)
        }
    };
    let picked = zeros_like::<B>(&values, &[1, 1, 1, 1]);
    BatchNormed {
        output: values.clone(),
        values,
        picked,
        bits: B::float_into_int(counts, IntDType::I32),
        input: z,
    }
}

/// A cotangent of the output at each value after the activation function, zero where the value does not count; as rows.
fn spread<B: Backend>(g: FloatTensor<B>, at: &BatchNormPoint<B>) -> FloatTensor<B> {
    let dims: Vec<usize> = at.z.shape().iter().copied().collect();
    let g = match at.options.pool {
        None => g,
        // A quarter to each value of the window, or the whole to the one that counts.
        Some(PoolKind::Avg) => avg_pool2d_transpose::<B>(g, windows(&dims)),
        Some(PoolKind::Max) => scale::<B>(avg_pool2d_transpose::<B>(g, windows(&dims)), 4.0),
    };
    rows::<B>(product::<B>(&g, &counts::<B>(at)))
}

/// By what the values of an activation are multiplied in the vjp besides `counts`, as rows: a derivative of the function that follows.
fn by_function<B: Backend>(
    t: FloatTensor<B>,
    n: &Normalized<B>,
    order: Order,
    options: BatchNormOptions,
) -> FloatTensor<B> {
    match options.function() {
        Some(function) => B::float_mul(t, activation::<B>(n.y.clone(), function, order)),
        None => t,
    }
}

/// The transpose of [`spread`], from rows.
fn gather<B: Backend>(t: FloatTensor<B>, at: &BatchNormPoint<B>) -> FloatTensor<B> {
    let dims: Vec<usize> = at.z.shape().iter().copied().collect();
    let t = product::<B>(&reshape::<B>(t, &dims), &counts::<B>(at));
    match at.options.pool {
        None => t,
        Some(PoolKind::Avg) => avg_pool2d::<B>(t, windows(&dims)),
        Some(PoolKind::Max) => scale::<B>(avg_pool2d::<B>(t, windows(&dims)), 4.0),
    }
}

/// 1 where a value counts, else 0.
fn counts<B: Backend>(at: &BatchNormPoint<B>) -> FloatTensor<B> {
    B::int_into_float(at.bits.clone(), at.z.dtype().into())
}

/// slope · P(g), with g zero at values that do not count, or by the slope of the function that follows, and P the projection (the identity when the statistics are frozen).
pub(crate) fn batch_norm_vjp<B: Backend>(g: FloatTensor<B>, at: BatchNormPoint<B>) -> BatchNormVjp<B> {
    let n = Normalized::<B>::at(&at);
    let g = by_function::<B>(spread::<B>(g, &at), &n, Order::First, at.options);
    let (sums, input_grad) = before_function::<B>(g, &n, at.options.frozen);
    BatchNormVjp { input_grad, sums }
}

/// Sums, and gradient of the input, of a cotangent of the output before the activation function, as rows.
fn before_function<B: Backend>(g: FloatTensor<B>, n: &Normalized<B>, frozen: bool) -> (FloatTensor<B>, FloatTensor<B>) {
    let sums = B::float_cat(
        vec![
            B::float_sum_dim(g.clone(), 0),
            B::float_sum_dim(product::<B>(&g, &n.x), 0),
        ],
        0,
    );
    let g = if frozen { g } else { n.project(g) };
    let input_grad = reshape::<B>(B::float_mul(g, n.slope.clone()), &n.dims);
    (sums, input_grad)
}

/// The vjp at `later` plus the gradient of the input that the vjp of the vjp at `g` gives.
pub(crate) fn batch_norm_joint_vjp<B: Backend>(
    later: FloatTensor<B>,
    at: BatchNormPoint<B>,
    t: FloatTensor<B>,
    g: FloatTensor<B>,
) -> BatchNormVjp<B> {
    let function = at.options.function().is_some();
    let second = batch_norm_vjp_vjp::<B>(t, g, at.clone());
    let vjp = batch_norm_vjp::<B>(later, at);
    BatchNormVjp {
        input_grad: B::float_add(vjp.input_grad, second.input_grad),
        sums: match function {
            true => B::float_add(vjp.sums, second.bend_sums),
            false => vjp.sums,
        },
    }
}

/// Derivatives of Σ t · slope · P(w g) with respect to g, z and gain. The weights w are 0 and 1, or slopes of the function that follows: then they depend on z,
/// gain and shift as well, and slope · P(t) g times the function's second derivative is a cotangent of the output before it.
pub(crate) fn batch_norm_vjp_vjp<B: Backend>(
    t: FloatTensor<B>,
    g: FloatTensor<B>,
    at: BatchNormPoint<B>,
) -> BatchNormVjpVjp<B> {
    let n = Normalized::<B>::at(&at);
    let (t, unweighted) = (rows::<B>(t), spread::<B>(g, &at));
    let g = by_function::<B>(unweighted.clone(), &n, Order::First, at.options);
    let channels = n.dims[n.dims.len() - 1];
    let (pt, pg) = if at.options.frozen {
        (t.clone(), g.clone())
    } else {
        (n.project(t.clone()), n.project(g.clone()))
    };
    let gain_grad = B::float_sum_dim(B::float_mul(product::<B>(&t, &pg), n.inverse.clone()), 0);
    let weighted_grad = B::float_mul(pt, n.slope.clone());
    let cotangent_grad = by_function::<B>(weighted_grad.clone(), &n, Order::First, at.options);
    let cotangent_grad = gather::<B>(cotangent_grad, &at);
    let mut input_grad = if at.options.frozen {
        scale::<B>(t, 0.0)
    } else {
        // P depends on z through x, the slope through the deviation.
        let (gx, tx) = (mean::<B>(product::<B>(&g, &n.x)), mean::<B>(product::<B>(&t, &n.x)));
        let x_grad = B::float_neg(B::float_mul(
            B::float_add(product::<B>(&t, &gx), product::<B>(&g, &tx)),
            n.slope.clone(),
        ));
        let deviation = product::<B>(&n.x, &mean::<B>(B::float_mul(B::float_mul(t, pg), n.slope.clone())));
        B::float_mul(B::float_sub(n.project(x_grad), deviation), n.inverse.clone())
    };
    input_grad = reshape::<B>(input_grad, &n.dims);
    let mut bend_sums = zeros_like::<B>(&gain_grad, &[1]);
    if at.options.function().is_some() {
        let bent = by_function::<B>(product::<B>(&weighted_grad, &unweighted), &n, Order::Second, at.options);
        let (sums, bent_grad) = before_function::<B>(bent, &n, at.options.frozen);
        bend_sums = sums;
        input_grad = B::float_add(input_grad, bent_grad);
    }
    BatchNormVjpVjp {
        cotangent_grad,
        input_grad,
        bend_sums,
        t_sums: zeros_like::<B>(&gain_grad, &[1]),
        gain_grad: reshape::<B>(gain_grad, &[channels]),
    }
}
