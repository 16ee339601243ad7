//! The ops on Burn's CPU backend: native kernels for f32, default bodies for other types.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{DType, Flex};
use burn::tensor::{Bytes, Shape};
use burn_flex::{FlexTensor, Layout};

use crate::kernels::{self, Buffer, Coefficients, Kept, Product, Windows};
use crate::{
    AdamOptions, BatchNormOptions, BatchNormPoint, BatchNormVjp, BatchNormVjpVjp, BatchNormed, Conv2dShape, Convolved,
    Deferred, MaxPooled, NetworkOps, Pool2dShape, PoolKind, Updated, composite,
};

fn contiguous(t: FlexTensor) -> FlexTensor {
    if t.is_contiguous() { t } else { t.to_contiguous() }
}

/// The values of a contiguous f32 tensor.
fn values(t: &FlexTensor) -> &[f32] {
    t.as_slice::<f32>().unwrap_or_default()
}

fn tensor(values: Buffer, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(
        values.into_bytes(),
        Layout::contiguous(Shape::from(dims.to_vec())),
        DType::F32,
    )
}

/// As [`tensor`], for a few values.
fn small(values: Vec<f32>, dims: &[usize]) -> FlexTensor {
    FlexTensor::new(
        Bytes::from_elems(values),
        Layout::contiguous(Shape::from(dims.to_vec())),
        DType::F32,
    )
}

fn dims(t: &FlexTensor) -> Vec<usize> {
    t.layout().shape().iter().copied().collect()
}

fn native(t: &FlexTensor) -> bool {
    t.dtype() == DType::F32
}

/// Positions as the kernels take them.
fn positions(indices: &FlexTensor) -> Option<&[i32]> {
    indices.as_slice::<i32>()
}

impl NetworkOps for Flex {
    fn conv2d_forward(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return composite::conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(kernels::conv2d(values(&x), values(&w), &shape), &shape.output_dims())
    }

    fn conv2d_forward_of_gradient(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return composite::conv2d::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        tensor(
            kernels::conv2d_of_gradient(values(&x), values(&w), &shape),
            &shape.output_dims(),
        )
    }

    fn conv2d_forward_with_moments(x: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> Convolved<Self> {
        if !native(&x) {
            return composite::conv2d_with_moments::<Self>(x, w, shape);
        }
        let (x, w) = (contiguous(x), contiguous(w));
        let (y, moments) = kernels::conv2d_with_moments(values(&x), values(&w), &shape);
        Convolved {
            values: tensor(y, &shape.output_dims()),
            moments: small(moments, &[2, shape.channels_out]),
        }
    }

    fn conv2d_input_vjp(g: FloatTensor<Self>, w: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return composite::conv2d_input_grad::<Self>(g, w, shape);
        }
        let (g, w) = (contiguous(g), contiguous(w));
        tensor(
            kernels::conv2d_input_grad(values(&g), values(&w), &shape),
            &shape.input_dims(),
        )
    }

    fn conv2d_weight_vjp(x: FloatTensor<Self>, g: FloatTensor<Self>, shape: Conv2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return composite::conv2d_weight_grad::<Self>(x, g, shape);
        }
        let (x, g) = (contiguous(x), contiguous(g));
        tensor(
            kernels::conv2d_weight_grad(values(&x), values(&g), &shape),
            &shape.weight_dims(),
        )
    }

    fn matrix_product(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
    ) -> FloatTensor<Self> {
        if !native(&a) {
            return composite::matrix_product::<Self>(a, b, left_transposed, right_transposed);
        }
        let (a, b) = (contiguous(a), contiguous(b));
        let product = product(&a, &b, left_transposed, right_transposed);
        tensor(
            kernels::matmul(values(&a), values(&b), product),
            &[product.m, product.n],
        )
    }

    fn matrix_product_add(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        left_transposed: bool,
        right_transposed: bool,
        onto: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        if !native(&a) {
            return composite::matrix_product_add::<Self>(a, b, left_transposed, right_transposed, onto);
        }
        let (a, b, mut onto) = (contiguous(a), contiguous(b), contiguous(onto));
        let product = product(&a, &b, left_transposed, right_transposed);
        kernels::matmul_add(values(&a), values(&b), product, onto.storage_mut::<f32>());
        onto
    }

    fn max_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> MaxPooled<Self> {
        if !native(&x) {
            return composite::max_pool2d::<Self>(x, shape);
        }
        let x = contiguous(x);
        let (pooled, positions) = kernels::max_pool2d(values(&x), &shape);
        let layout = Layout::contiguous(Shape::from(shape.output_dims().to_vec()));
        MaxPooled {
            values: tensor(pooled, &shape.output_dims()),
            indices: FlexTensor::new(positions.into_bytes(), layout, DType::I32),
        }
    }

    fn pool2d_select(x: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let indices = contiguous(indices);
        match positions(&indices) {
            Some(positions) if native(&x) => {
                let x = contiguous(x);
                tensor(
                    kernels::pool_select(values(&x), positions, &shape),
                    &shape.output_dims(),
                )
            }
            _ => composite::pool_select::<Self>(x, indices, shape),
        }
    }

    fn pool2d_unselect(g: FloatTensor<Self>, indices: IntTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        let indices = contiguous(indices);
        match positions(&indices) {
            Some(positions) if native(&g) => {
                let g = contiguous(g);
                tensor(
                    kernels::pool_unselect(values(&g), positions, &shape),
                    &shape.input_dims(),
                )
            }
            _ => composite::pool_unselect::<Self>(g, indices, shape),
        }
    }

    fn avg_pool2d_forward(x: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        if !native(&x) {
            return composite::avg_pool2d::<Self>(x, shape);
        }
        let x = contiguous(x);
        tensor(kernels::avg_pool2d(values(&x), &shape), &shape.output_dims())
    }

    fn avg_pool2d_vjp(g: FloatTensor<Self>, shape: Pool2dShape) -> FloatTensor<Self> {
        if !native(&g) {
            return composite::avg_pool2d_transpose::<Self>(g, shape);
        }
        let g = contiguous(g);
        tensor(kernels::avg_pool2d_transpose(values(&g), &shape), &shape.input_dims())
    }

    fn batch_norm_moments(z: FloatTensor<Self>) -> FloatTensor<Self> {
        if !native(&z) {
            return composite::moments::<Self>(z);
        }
        let z = contiguous(z);
        let channels = dims(&z)[3];
        small(kernels::moments(values(&z), channels), &[2, channels])
    }

    fn batch_norm_forward(
        z: FloatTensor<Self>,
        gain: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        options: BatchNormOptions,
        for_sums: bool,
        _deferred: Deferred,
    ) -> BatchNormed<Self> {
        if !native(&z) {
            return composite::batch_norm::<Self>(z, gain, shift, moments, options);
        }
        let z = contiguous(z);
        let coefficients = coefficients(gain, shift, moments, options);
        let windows = windows(&z, options.pool);
        let forward = kernels::batch_norm(values(&z), &windows, &coefficients, for_sums);
        let pooled = [windows.batch, windows.down(), windows.across(), windows.channels];
        // What was not kept is an empty tensor.
        let dims = |length: usize| if length == 0 { [0, 1, 1, 1] } else { pooled };
        let (picked_dims, bits_dims) = (dims(forward.picked.len()), dims(forward.bits.len()));
        let bits_layout = Layout::contiguous(Shape::from(bits_dims.to_vec()));
        BatchNormed {
            values: tensor(forward.values, &pooled),
            picked: tensor(forward.picked, &picked_dims),
            bits: FlexTensor::new(forward.bits.into_bytes(), bits_layout, DType::U8),
        }
    }

    fn batch_norm_vjp(g: FloatTensor<Self>, at: BatchNormPoint<Self>, want_sums: bool) -> BatchNormVjp<Self> {
        if !native(&g) {
            return composite::batch_norm_vjp::<Self>(g, at);
        }
        let (g, at) = (contiguous(g), Point::new(at));
        let sums = at.sums(&g, want_sums);
        let input_grad = kernels::batch_norm_vjp(
            values(&g),
            values(&at.z),
            &at.windows,
            at.kept(),
            &sums,
            &at.coefficients,
        );
        BatchNormVjp {
            input_grad: tensor(input_grad, &dims(&at.z)),
            sums: small(sums, &[2, at.windows.channels]),
        }
    }

    fn batch_norm_vjp_vjp(
        t: FloatTensor<Self>,
        g: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        sums: FloatTensor<Self>,
        want_input: bool,
    ) -> BatchNormVjpVjp<Self> {
        if !native(&g) {
            return composite::batch_norm_vjp_vjp::<Self>(t, g, at);
        }
        let (t, g, at, sums) = (contiguous(t), contiguous(g), Point::new(at), contiguous(sums));
        let second = kernels::batch_norm_vjp_vjp(
            values(&t),
            values(&g),
            values(&at.z),
            &at.windows,
            at.kept(),
            values(&sums),
            &at.coefficients,
            want_input,
        );
        let input_dims = if second.input.is_empty() {
            vec![0, 1, 1, 1]
        } else {
            dims(&at.z)
        };
        BatchNormVjpVjp {
            cotangent_grad: tensor(second.cotangent, &dims(&g)),
            input_grad: tensor(second.input, &input_dims),
            gain_grad: small(second.gain, &[at.windows.channels]),
            t_sums: small(second.t_sums, &[3, at.windows.channels]),
        }
    }

    fn batch_norm_joint_vjp(
        later: FloatTensor<Self>,
        at: BatchNormPoint<Self>,
        t: FloatTensor<Self>,
        t_sums: FloatTensor<Self>,
        g: FloatTensor<Self>,
        sums: FloatTensor<Self>,
    ) -> BatchNormVjp<Self> {
        if !native(&g) {
            return composite::batch_norm_joint_vjp::<Self>(later, at, t, g);
        }
        let (later, t, g, at) = (contiguous(later), contiguous(t), contiguous(g), Point::new(at));
        let (t_sums, sums) = (contiguous(t_sums), contiguous(sums));
        let later_sums = at.sums(&later, true);
        let input_grad = kernels::batch_norm_joint_vjp(
            values(&later),
            &later_sums,
            values(&t),
            values(&t_sums),
            values(&g),
            values(&sums),
            values(&at.z),
            &at.windows,
            at.kept(),
            &at.coefficients,
        );
        BatchNormVjp {
            input_grad: tensor(input_grad, &dims(&at.z)),
            sums: small(later_sums, &[2, at.windows.channels]),
        }
    }

    fn relu_mask(g: FloatTensor<Self>, y: FloatTensor<Self>, slope: f64) -> FloatTensor<Self> {
        if !native(&g) {
            return composite::relu_mask::<Self>(g, y, slope);
        }
        let (g, y) = (contiguous(g), contiguous(y));
        tensor(kernels::relu_mask(values(&g), values(&y), slope as f32), &dims(&g))
    }

    fn adam_step(
        parameter: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        options: AdamOptions,
        step: usize,
    ) -> Updated<Self> {
        if !native(&parameter) {
            return composite::adam::<Self>(parameter, gradient, first, second, options, step);
        }
        let gradient = contiguous(gradient);
        let (mut parameter, mut first, mut second) = (contiguous(parameter), contiguous(first), contiguous(second));
        kernels::adam(
            parameter.storage_mut::<f32>(),
            values(&gradient),
            first.storage_mut::<f32>(),
            second.storage_mut::<f32>(),
            options,
            step,
        );
        Updated {
            parameter,
            first,
            second,
        }
    }
}

fn product(a: &FlexTensor, b: &FlexTensor, left_transposed: bool, right_transposed: bool) -> Product {
    let (a, b) = (dims(a), dims(b));
    let (m, k) = if left_transposed { (a[1], a[0]) } else { (a[0], a[1]) };
    Product {
        m,
        k,
        n: if right_transposed { b[0] } else { b[1] },
        left_transposed,
        right_transposed,
    }
}

fn windows(z: &FlexTensor, pool: Option<PoolKind>) -> Windows {
    let dims = dims(z);
    Windows {
        batch: dims[0],
        height: dims[1],
        width: dims[2],
        channels: dims[3],
        size: if pool.is_some() { 2 } else { 1 },
    }
}

/// A [`BatchNormPoint`] as the kernels take it.
struct Point {
    z: FlexTensor,
    picked: FlexTensor,
    bits: FlexTensor,
    windows: Windows,
    coefficients: Coefficients,
}

impl Point {
    fn new(at: BatchNormPoint<Flex>) -> Self {
        let z = contiguous(at.z);
        Self {
            windows: windows(&z, at.options.pool),
            z,
            picked: contiguous(at.picked),
            bits: contiguous(at.bits),
            coefficients: coefficients(at.gain, at.shift, at.moments, at.options),
        }
    }

    fn kept(&self) -> Kept<'_> {
        Kept {
            picked: values(&self.picked),
            bits: self.bits.as_slice::<u8>().unwrap_or_default(),
        }
    }

    /// Sums of the vjp at `g`; zeros if no one needs them.
    fn sums(&self, g: &FlexTensor, wanted: bool) -> Vec<f32> {
        if wanted || !self.coefficients.options().frozen {
            kernels::vjp_sums(
                values(g),
                values(&self.z),
                &self.windows,
                self.kept(),
                &self.coefficients,
            )
        } else {
            vec![0.0; 2 * self.windows.channels]
        }
    }
}

fn coefficients(gain: FlexTensor, shift: FlexTensor, moments: FlexTensor, options: BatchNormOptions) -> Coefficients {
    let (gain, shift, moments) = (contiguous(gain), contiguous(shift), contiguous(moments));
    Coefficients::new(values(&gain), values(&shift), values(&moments), options)
}
