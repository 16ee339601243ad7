//! Default bodies: the ops from stock Burn ops only, for any backend and float type. They are also the oracle of the native kernels in `f64`.

use burn::backend::ops::ConvOptions;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, BoolDType, IntDType, Scalar, TensorMetadata};
use burn::tensor::{IndexingUpdateOp, Shape};

use crate::{
    AdamOptions, BatchNormOptions, BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed, Conv2dShape, Convolved,
    MaxPooled, Pool2dOptions, Pool2dShape, PoolKind, Updated,
};

fn nchw<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(t, &[0, 3, 1, 2])
}

fn nhwc<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(t, &[0, 2, 3, 1])
}

fn oihw<B: Backend>(w: FloatTensor<B>) -> FloatTensor<B> {
    B::float_permute(w, &[3, 2, 0, 1])
}

fn zeros_like<B: Backend>(t: &FloatTensor<B>, dims: &[usize]) -> FloatTensor<B> {
    B::float_zeros(Shape::from(dims.to_vec()), &t.device(), t.dtype().into())
}

fn reshape<B: Backend>(t: FloatTensor<B>, dims: &[usize]) -> FloatTensor<B> {
    B::float_reshape(t, Shape::from(dims.to_vec()))
}

fn scale<B: Backend>(t: FloatTensor<B>, by: f64) -> FloatTensor<B> {
    B::float_mul_scalar(t, Scalar::Float(by))
}

/// The same, added to `onto`.
pub fn matrix_product_add<B: Backend>(
    a: FloatTensor<B>,
    b: FloatTensor<B>,
    left_transposed: bool,
    right_transposed: bool,
    onto: FloatTensor<B>,
) -> FloatTensor<B> {
    B::float_add(matrix_product::<B>(a, b, left_transposed, right_transposed), onto)
}

// ---- convolution

fn conv_options(shape: &Conv2dShape) -> ConvOptions<2> {
    ConvOptions::new(shape.stride, shape.padding, shape.dilation, 1)
}

/// Matrix product with either matrix transposed first.
pub fn matrix_product<B: Backend>(
    a: FloatTensor<B>,
    b: FloatTensor<B>,
    left_transposed: bool,
    right_transposed: bool,
) -> FloatTensor<B> {
    let turned = |t, yes| if yes { B::float_transpose(t) } else { t };
    B::float_matmul(turned(a, left_transposed), turned(b, right_transposed))
}

/// Convolution.
pub fn conv2d<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>, shape: Conv2dShape) -> FloatTensor<B> {
    nhwc::<B>(B::conv2d(nchw::<B>(x), oihw::<B>(w), None, conv_options(&shape)))
}

/// Convolution and the moments of its result.
pub fn conv2d_with_moments<B: Backend>(x: FloatTensor<B>, w: FloatTensor<B>, shape: Conv2dShape) -> Convolved<B> {
    let values = conv2d::<B>(x, w, shape);
    Convolved {
        moments: moments::<B>(values.clone()),
        values,
    }
}

/// Gradient of a convolution's input.
pub fn conv2d_input_grad<B: Backend>(g: FloatTensor<B>, w: FloatTensor<B>, shape: Conv2dShape) -> FloatTensor<B> {
    let x = zeros_like::<B>(&g, &[shape.batch, shape.channels_in, shape.input[0], shape.input[1]]);
    nhwc::<B>(B::conv2d_x_backward(
        x,
        oihw::<B>(w),
        nchw::<B>(g),
        conv_options(&shape),
    ))
}

/// Gradient of a convolution's weight.
pub fn conv2d_weight_grad<B: Backend>(x: FloatTensor<B>, g: FloatTensor<B>, shape: Conv2dShape) -> FloatTensor<B> {
    let w = zeros_like::<B>(
        &g,
        &[shape.channels_out, shape.channels_in, shape.kernel[0], shape.kernel[1]],
    );
    let w = B::conv2d_weight_backward(nchw::<B>(x), w, nchw::<B>(g), conv_options(&shape));
    B::float_permute(w, &[2, 3, 1, 0])
}

// ---- pooling

/// Maximum of each window.
pub fn max_pool2d<B: Backend>(x: FloatTensor<B>, shape: Pool2dShape) -> MaxPooled<B> {
    let o = shape.options;
    let pooled = B::max_pool2d_with_indices(
        nchw::<B>(x),
        o.kernel,
        o.stride,
        o.padding,
        [1, 1],
        false,
        IntDType::I32,
    );
    MaxPooled {
        values: nhwc::<B>(pooled.output),
        indices: B::int_permute(pooled.indices, &[0, 2, 3, 1]),
    }
}

fn flat_indices<B: Backend>(indices: IntTensor<B>, shape: &Pool2dShape) -> IntTensor<B> {
    let [batch, height, width, channels] = shape.output_dims();
    B::int_reshape(
        B::int_permute(indices, &[0, 3, 1, 2]),
        Shape::from(vec![batch, channels, height * width]),
    )
}

/// The pixels of `x` at the positions `indices`.
pub fn pool_select<B: Backend>(x: FloatTensor<B>, indices: IntTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let planes = reshape::<B>(
        nchw::<B>(x),
        &[shape.batch, shape.channels, shape.input[0] * shape.input[1]],
    );
    let [height, width] = shape.output();
    let picked = B::float_gather(2, planes, flat_indices::<B>(indices, &shape));
    nhwc::<B>(reshape::<B>(picked, &[shape.batch, shape.channels, height, width]))
}

/// `g` added into zeros at the positions `indices`.
pub fn pool_unselect<B: Backend>(g: FloatTensor<B>, indices: IntTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let [height, width] = shape.output();
    let planes = zeros_like::<B>(&g, &[shape.batch, shape.channels, shape.input[0] * shape.input[1]]);
    let g = reshape::<B>(nchw::<B>(g), &[shape.batch, shape.channels, height * width]);
    let planes = B::float_scatter(2, planes, flat_indices::<B>(indices, &shape), g, IndexingUpdateOp::Add);
    nhwc::<B>(reshape::<B>(
        planes,
        &[shape.batch, shape.channels, shape.input[0], shape.input[1]],
    ))
}

/// Mean of each window.
pub fn avg_pool2d<B: Backend>(x: FloatTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let o = shape.options;
    nhwc::<B>(B::avg_pool2d(nchw::<B>(x), o.kernel, o.stride, o.padding, true, false))
}

/// Transpose of [`avg_pool2d`].
pub fn avg_pool2d_transpose<B: Backend>(g: FloatTensor<B>, shape: Pool2dShape) -> FloatTensor<B> {
    let o = shape.options;
    let x = zeros_like::<B>(&g, &[shape.batch, shape.channels, shape.input[0], shape.input[1]]);
    nhwc::<B>(B::avg_pool2d_backward(
        x,
        nchw::<B>(g),
        o.kernel,
        o.stride,
        o.padding,
        true,
        false,
    ))
}

// ---- rectifier

/// `g` where `y > 0`, else `slope * g`.
pub fn relu_mask<B: Backend>(g: FloatTensor<B>, y: FloatTensor<B>, slope: f64) -> FloatTensor<B> {
    let off = B::float_lower_equal_elem(y, Scalar::Float(0.0), BoolDType::Native);
    if slope == 0.0 {
        return B::float_mask_fill(g, off, Scalar::Float(0.0));
    }
    let leaked = scale::<B>(g.clone(), slope);
    B::float_mask_where(g, off, leaked)
}

// ---- batch norm, on rows: [pixels, channels]

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

fn product<B: Backend>(a: &FloatTensor<B>, b: &FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(a.clone(), b.clone())
}

/// Mean and biased variance, `[2, channels]`.
pub fn moments<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
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
    /// Output before the ReLU.
    y: FloatTensor<B>,
    dims: Vec<usize>,
}

impl<B: Backend> Normalized<B> {
    fn new(
        z: FloatTensor<B>,
        gain: FloatTensor<B>,
        shift: FloatTensor<B>,
        moments: FloatTensor<B>,
        options: BatchNormOptions,
    ) -> Self {
        let dims: Vec<usize> = z.shape().iter().copied().collect();
        let channels = [1, dims[dims.len() - 1]];
        let variance = B::float_add_scalar(row::<B>(&moments, 1), Scalar::Float(options.epsilon));
        let inverse = B::float_recip(B::float_sqrt(variance));
        let x = B::float_mul(B::float_sub(rows::<B>(z), row::<B>(&moments, 0)), inverse.clone());
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
        Self::new(at.z, at.gain, at.shift, at.moments, at.options)
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

/// Batch norm, then ReLU and pooling if asked. `bits` is 1 at the values that count, shaped as the input.
pub fn batch_norm<B: Backend>(
    z: FloatTensor<B>,
    gain: FloatTensor<B>,
    shift: FloatTensor<B>,
    moments: FloatTensor<B>,
    options: BatchNormOptions,
) -> BatchNormed<B> {
    let n = Normalized::<B>::new(z, gain, shift, moments, options);
    let y = reshape::<B>(n.y.clone(), &n.dims);
    let ones = B::float_add_scalar(scale::<B>(y.clone(), 0.0), Scalar::Float(1.0));
    let mut counts = match options.relu {
        true => relu_mask::<B>(ones, y.clone(), 0.0),
        false => ones,
    };
    let rectified = match options.relu {
        true => relu_mask::<B>(y.clone(), y.clone(), 0.0),
        false => y.clone(),
    };
    let values = match options.pool {
        None => rectified,
        Some(PoolKind::Avg) => avg_pool2d::<B>(rectified, windows(&n.dims)),
        Some(PoolKind::Max) => {
            let shape = windows(&n.dims);
            let pooled = max_pool2d::<B>(y, shape);
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
        values,
        picked,
        bits: B::float_into_int(counts, IntDType::I32),
    }
}

/// A cotangent of the output at each value of the input, zero where the value does not count; as rows.
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

/// slope · P(g), with g zero at values that do not count and P the projection (the identity when the statistics are frozen).
pub fn batch_norm_vjp<B: Backend>(g: FloatTensor<B>, at: BatchNormPoint<B>) -> BatchNormVjp<B> {
    let n = Normalized::<B>::at(&at);
    let g = spread::<B>(g, &at);
    let sums = B::float_cat(
        vec![
            B::float_sum_dim(g.clone(), 0),
            B::float_sum_dim(product::<B>(&g, &n.x), 0),
        ],
        0,
    );
    let g = if at.options.frozen { g } else { n.project(g) };
    BatchNormVjp {
        input_grad: reshape::<B>(B::float_mul(g, n.slope), &n.dims),
        sums,
    }
}

/// The vjp at `later` plus the gradient of the input that the vjp of the vjp at `g` gives.
pub fn batch_norm_joint_vjp<B: Backend>(
    later: FloatTensor<B>,
    at: BatchNormPoint<B>,
    t: FloatTensor<B>,
    g: FloatTensor<B>,
) -> BatchNormVjp<B> {
    let second = batch_norm_vjp_vjp::<B>(t, g, at.clone());
    let vjp = batch_norm_vjp::<B>(later, at);
    BatchNormVjp {
        input_grad: B::float_add(vjp.input_grad, second.input_grad),
        ..vjp
    }
}

/// Derivatives of Σ t · slope · P(g) with respect to g, z and gain.
pub fn batch_norm_vjp_vjp<B: Backend>(
    t: FloatTensor<B>,
    g: FloatTensor<B>,
    at: BatchNormPoint<B>,
) -> BatchNormVjpVjp<B> {
    let n = Normalized::<B>::at(&at);
    let (t, g) = (rows::<B>(t), spread::<B>(g, &at));
    let channels = n.dims[n.dims.len() - 1];
    let (pt, pg) = if at.options.frozen {
        (t.clone(), g.clone())
    } else {
        (n.project(t.clone()), n.project(g.clone()))
    };
    let gain_grad = B::float_sum_dim(B::float_mul(product::<B>(&t, &pg), n.inverse.clone()), 0);
    let cotangent_grad = gather::<B>(B::float_mul(pt, n.slope.clone()), &at);
    let input_grad = if at.options.frozen {
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
    BatchNormVjpVjp {
        cotangent_grad,
        input_grad: reshape::<B>(input_grad, &n.dims),
        t_sums: zeros_like::<B>(&gain_grad, &[1]),
        gain_grad: reshape::<B>(gain_grad, &[channels]),
    }
}

// ---- optimizer

/// One Adam step.
pub fn adam<B: Backend>(
    parameter: FloatTensor<B>,
    gradient: FloatTensor<B>,
    first: FloatTensor<B>,
    second: FloatTensor<B>,
    options: AdamOptions,
    step: usize,
) -> Updated<B> {
    let square = product::<B>(&gradient, &gradient);
    let first = B::float_add(
        scale::<B>(first, options.beta1),
        scale::<B>(gradient, 1.0 - options.beta1),
    );
    let second = B::float_add(
        scale::<B>(second, options.beta2),
        scale::<B>(square, 1.0 - options.beta2),
    );
    let root = B::float_add_scalar(B::float_sqrt(second.clone()), Scalar::Float(options.epsilon));
    let change = B::float_div(scale::<B>(first.clone(), options.rate(step)), root);
    Updated {
        parameter: B::float_sub(parameter, change),
        first,
        second,
    }
}
