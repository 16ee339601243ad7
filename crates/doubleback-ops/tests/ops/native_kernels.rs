//! Native f32 kernels against the default bodies in f64, over random shapes, and the adjoint identities between them.

use crate::common;

use burn::tensor::Tensor;
use common::{double, followers, is_clear, relative_error, single, to_vec, values};
use doubleback_ops::*;
use proptest::prelude::*;

/// The same values in f32 and in f64.
fn both(dims: [usize; 4], seed: u64) -> (Tensor<4>, Tensor<4>) {
    let rounded: Vec<f64> = values(dims.iter().product(), seed)
        .into_iter()
        .map(|v| v as f32 as f64)
        .collect();
    (single(&rounded, dims), double(&rounded, dims))
}

fn close(native: Tensor<4>, oracle: Tensor<4>) {
    close_within(3e-6, native, oracle);
}

fn close_within(bound: f64, native: Tensor<4>, oracle: Tensor<4>) {
    assert_eq!(native.dims(), oracle.dims());
    let error = relative_error(&to_vec(native), &to_vec(oracle));
    assert!(error < bound, "relative error {error:e}");
}

/// `<conv(x, w), g> = <x, input_grad(g, w)> = <w, weight_grad(x, g)>`, each within `bound` of f64.
fn check_convolution(x_dims: [usize; 4], w_dims: [usize; 4], options: Conv2dOptions, bound: f64) {
    // A sum or two may cancel almost to nothing; many do not.
    let few = x_dims.iter().product::<usize>().min(w_dims.iter().product()) < 64;
    let bound = if few { 1e-3 } else { bound };
    let ((x, x64), (w, w64)) = (both(x_dims, 1), both(w_dims, 2));
    let y = conv2d(x.clone(), w.clone(), options).unwrap();
    close_within(bound, y.clone(), conv2d(x64.clone(), w64.clone(), options).unwrap());
    let (g, g64) = both(y.dims(), 3);
    let (size, kernel) = ([x_dims[1], x_dims[2]], [w_dims[0], w_dims[1]]);
    let input_grad = conv2d_input_grad(g.clone(), w.clone(), size, options).unwrap();
    close_within(
        bound,
        input_grad.clone(),
        conv2d_input_grad(g64.clone(), w64, size, options).unwrap(),
    );
    let weight_grad = conv2d_weight_grad(x.clone(), g.clone(), kernel, options).unwrap();
    close_within(
        bound,
        weight_grad.clone(),
        conv2d_weight_grad(x64, g64, kernel, options).unwrap(),
    );
    let dot = |a: Tensor<4>, b: Tensor<4>| to_vec(a).iter().zip(to_vec(b)).map(|(a, b)| a * b).sum::<f64>();
    let (a, b, c) = (dot(y.clone(), g.clone()), dot(x, input_grad), dot(w, weight_grad));
    let scale = (dot(y.clone(), y) * dot(g.clone(), g)).sqrt();
    assert!(
        (a - b).abs() <= 1e-5 * scale && (a - c).abs() <= 1e-5 * scale,
        "{a} {b} {c}"
    );
}

prop_compose! {
    fn convolutions()(
        kernel in [1usize..8, 1usize..8],
        stride in prop_oneof![3 => Just([1usize, 1]), 1 => [1usize..4, 1usize..4]],
        dilation in prop_oneof![3 => Just([1usize, 1]), 1 => [1usize..4, 1usize..4]],
        extra in [0usize..12, 0usize..34],
        padding in [0usize..4, 0usize..4],
        batch in prop_oneof![1usize..5, 17usize..35],
        channels_in in prop_oneof![Just(1usize), Just(3), 2usize..40],
        channels_out in prop_oneof![1usize..20, 30usize..70],
    ) -> ([usize; 4], [usize; 4], Conv2dOptions) {
        let size: [usize; 2] = std::array::from_fn(|a| (dilation[a] * (kernel[a] - 1) + 1 + extra[a]).saturating_sub(2 * padding[a]).max(1));
        ([batch, size[0], size[1], channels_in], [kernel[0], kernel[1], channels_in, channels_out], Conv2dOptions { stride, padding: padding.into(), dilation, groups: 1 })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn convolutions_match((x_dims, w_dims, options) in convolutions()) {
        // Shapes of the fast algorithm, which rounds more.
        let fast = options.stride == [1, 1] && w_dims[0] == w_dims[1] && [3, 5].contains(&w_dims[0]);
        check_convolution(x_dims, w_dims, options, if fast { 1e-5 } else { 3e-6 });
    }

    #[test]
    fn fast_convolutions_match(
        size in prop_oneof![Just(3usize), Just(5)], extra in [0usize..24, 0usize..24], padding in [0usize..5, 0usize..5],
        batch in prop_oneof![1usize..5, 17usize..20], channels_in in 8usize..70, channels_out in 8usize..70,
    ) {
        let options = Conv2dOptions { padding: padding.into(), ..Conv2dOptions::default() };
        check_convolution([batch, size + extra[0], size + extra[1], channels_in], [size, size, channels_in, channels_out], options, 1e-5);
    }

    #[test]
    fn convolutions_in_parts_match(
        kernel in [1usize..6, 1usize..6], stride in [1usize..3, 1usize..3], extra in [0usize..9, 0usize..9],
        sides in [0usize..4, 0usize..4, 0usize..4, 0usize..4], batch in 1usize..4,
        groups in 1usize..5, channels_in in 1usize..12, channels_out in 1usize..12,
    ) {
        let options = Conv2dOptions { stride, padding: sides.into(), groups, ..Conv2dOptions::default() };
        let x = [batch, kernel[0] + extra[0], kernel[1] + extra[1], groups * channels_in];
        check_convolution(x, [kernel[0], kernel[1], channels_in, groups * channels_out], options, 1e-5);
    }

    #[test]
    fn depthwise_convolutions_match(
        kernel in [1usize..8, 1usize..8], stride in [1usize..4, 1usize..4], dilation in [1usize..4, 1usize..4], extra in [0usize..9, 0usize..17],
        sides in [0usize..5, 0usize..5, 0usize..5, 0usize..5], batch in prop_oneof![Just(1usize), 2usize..4, 17usize..20],
        groups in prop_oneof![2usize..9, 14usize..70], multiplier in prop_oneof![3 => Just(1usize), 1 => 2usize..7],
    ) {
        let options = Conv2dOptions { stride, padding: sides.into(), dilation, groups };
        let size: [usize; 2] = std::array::from_fn(|a| (dilation[a] * (kernel[a] - 1) + 1 + extra[a]).saturating_sub(sides[a] + sides[a + 2]).max(1));
        check_convolution([batch, size[0], size[1], groups], [kernel[0], kernel[1], 1, groups * multiplier], options, 3e-6);
    }

    #[test]
    fn matrix_products_match(m in 1usize..300, k in 1usize..600, n in 1usize..300) {
        let matrix = |rows: usize, columns: usize, seed| {
            let (a, b) = both([1, 1, rows, columns], seed);
            (a.reshape([rows, columns]), b.reshape([rows, columns]))
        };
        let bound = if m * n < 64 { 1e-3 } else { 3e-6 };
        let check = |c: Tensor<2>, c64: Tensor<2>| close_within(bound, c.reshape([1, 1, m, n]), c64.reshape([1, 1, m, n]));
        let ((a, a64), (b, b64), (t, t64)) = (matrix(m, k, 1), matrix(k, n, 2), matrix(n, k, 3));
        check(matmul(a.clone(), b.clone()).unwrap(), matmul(a64.clone(), b64.clone()).unwrap());
        check(matmul_transposed(a.clone(), t.clone()).unwrap(), matmul_transposed(a64.clone(), t64.clone()).unwrap());
        // Used twice, so that the second gradient is added to the first; both gradients are products with a transposed matrix.
        let gradients = |a: Tensor<2>, b: Tensor<2>, t: Tensor<2>| {
            let (a, b, t) = (a.autodiff().require_grad(), b.autodiff().require_grad(), t.autodiff().require_grad());
            let loss = matmul(a.clone(), b.clone()).unwrap().square() + matmul_transposed(a.clone() * 0.5, t.clone()).unwrap() + matmul(a.clone(), b.clone()).unwrap();
            let gradients = loss.sum().backward();
            [a.grad(&gradients).unwrap(), b.grad(&gradients).unwrap(), t.grad(&gradients).unwrap()]
        };
        for (native, oracle) in gradients(a, b, t).into_iter().zip(gradients(a64, b64, t64)) {
            let dims = [1, 1, native.dims()[0], native.dims()[1]];
            // The gradient of `t` has the same k sums in every row: a sum or two may cancel almost to nothing, many do not.
            let bound = if k.min(m * n) < 16 { 1e-3 } else { 1e-5 };
            close_within(bound, native.reshape(dims), oracle.reshape(dims));
        }
    }

    #[test]
    fn pools_match(
        kernel in [1usize..5, 1usize..5], stride in [1usize..4, 1usize..4], extra in [0usize..9, 0usize..9],
        pad: bool, batch in 1usize..5, channels in 1usize..70,
    ) {
        let padding = if pad { [kernel[0] / 2, kernel[1] / 2] } else { [0, 0] };
        let options = Pool2dOptions { kernel, stride, padding };
        let dims = [batch, kernel[0] + extra[0], kernel[1] + extra[1], channels];
        let (x, x64) = both(dims, 1);
        let ((y, indices), (y64, indices64)) = (max_pool2d(x.clone(), options).unwrap(), max_pool2d(x64.clone(), options).unwrap());
        close(y.clone(), y64);
        let positions = |i: &MaxPoolIndices| i.positions().clone().into_data().convert::<i64>().try_to_vec::<i64>().unwrap();
        prop_assert_eq!(positions(&indices), positions(&indices64));
        let (g, g64) = both(y.dims(), 2);
        close(pool_unselect(g.clone(), &indices).unwrap(), pool_unselect(g64.clone(), &indices64).unwrap());
        close(pool_select(x.clone(), &indices).unwrap(), pool_select(x64.clone(), &indices64).unwrap());
        close(avg_pool2d(x, options).unwrap(), avg_pool2d(x64, options).unwrap());
        let size = [dims[1], dims[2]];
        close(avg_pool2d_transpose(g, size, options).unwrap(), avg_pool2d_transpose(g64, size, options).unwrap());
    }

    /// On a tape a bias and a ReLU are ops of their own, off it part of the convolution, which may round more there.
    #[test]
    fn biased_convolutions_match((x_dims, w_dims, options) in convolutions(), relu: bool) {
        let ((x, x64), (w, w64)) = (both(x_dims, 1), both(w_dims, 2));
        let bias = values(w_dims[3], 3).into_iter().map(|v| v as f32 as f64).collect::<Vec<_>>();
        let (bias, bias64) = (single(&bias, [w_dims[3]]), double(&bias, [w_dims[3]]));
        let y = conv2d_biased(x.clone(), w.clone(), bias.clone(), options, relu).unwrap();
        let few = x_dims.iter().product::<usize>().min(w_dims.iter().product()) < 64;
        let bound = if few { 1e-3 } else { 1e-5 };
        let y64 = conv2d_biased(x64, w64, bias64, options, relu).unwrap();
        close_within(bound, y, y64.clone());
        let (x, w, bias) = (x.autodiff().require_grad(), w.autodiff().require_grad(), bias.autodiff().require_grad());
        let taped = conv2d_biased(x.clone(), w.clone(), bias.clone(), options, relu).unwrap();
        let y = taped.clone().inner();
        close_within(bound, y.clone(), y64);
        let g = both(y.dims(), 4).0;
        let gradients = (taped * g.clone().autodiff()).sum().backward();
        let g = if relu { relu_vjp(g, y).unwrap() } else { g };
        let of_x = conv2d_input_grad(g.clone(), w.clone().inner(), [x_dims[1], x_dims[2]], options).unwrap();
        let of_w = conv2d_weight_grad(x.clone().inner(), g.clone(), [w_dims[0], w_dims[1]], options).unwrap();
        prop_assert_eq!(to_vec(x.grad(&gradients).unwrap()), to_vec(of_x));
        prop_assert_eq!(to_vec(w.grad(&gradients).unwrap()), to_vec(of_w));
        let (of_bias, magnitude) = (g.clone().sum_dim(0).sum_dim(1).sum_dim(2), to_vec(g.abs().sum())[0]);
        for (found, sum) in to_vec(bias.grad(&gradients).unwrap()).into_iter().zip(to_vec(of_bias)) {
            prop_assert!((found - sum).abs() <= 1e-5 * magnitude);
        }
    }

    #[test]
    fn batch_norms_match(
        dims in [2usize..40, 1usize..6, 1usize..6, 1usize..70], activation in prop::sample::select(followers()), frozen: bool,
        pool in prop_oneof![Just(None), Just(Some(PoolKind::Max)), Just(Some(PoolKind::Avg))],
    ) {
        let pool = pool.filter(|_| dims[1] > 1 && dims[2] > 1);
        let options = BatchNormOptions { epsilon: 1e-3, activation, pool, frozen };
        let (z, z64) = both(dims, 1);
        // A mean far from zero must not cost accuracy.
        let (z, z64) = (z * 0.5 + 3.0, z64 * 0.5 + 3.0);
        let z64 = if frozen { z64 } else { double(&to_vec(z.clone()), z64.dims()) };
        let z = single(&to_vec(z64.clone()), z.dims());
        let z64 = double(&to_vec(z.clone()), z64.dims());
        let vector = |seed| values(dims[3], seed).into_iter().map(|v| (v + 1.5) as f32 as f64).collect::<Vec<_>>();
        // Where a value is zero to within rounding, f32 and f64 may disagree on which side of the ReLU it lies.
        let linear = BatchNormOptions { activation: None, pool: None, ..options };
        let (gain, shift) = (double(&vector(3), [dims[3]]), double(&vector(4), [dims[3]]));
        let y = BatchNorm::new(z64.clone(), gain, shift, batch_norm_statistics(z64.clone()).unwrap(), linear).unwrap().forward();
        prop_assume!(is_clear(y, options, 1e-5));
        let run = |z: Tensor<4>, wide: bool| {
            let make = |v: &[f64], n: usize| if wide { double(v, [n]) } else { single(v, [n]) };
            let tensor = |dims, seed| { let (a, b) = both(dims, seed); if wide { b } else { a } };
            let pooled = if pool.is_some() { [dims[0], dims[1] / 2, dims[2] / 2, dims[3]] } else { dims };
            let gain = make(&vector(3), dims[3]).autodiff().require_grad();
            let shift = make(&vector(4), dims[3]).autodiff().require_grad();
            let z = z.autodiff().require_grad();
            let g = tensor(pooled, 6).autodiff().require_grad();
            let norm = BatchNorm::new(z.clone(), gain.clone(), shift.clone(), batch_norm_statistics(z.clone()).unwrap(), options).unwrap();
            let (y, v) = (norm.forward(), norm.vjp(g.clone()).unwrap());
            let gradients = ((y.clone() * tensor(pooled, 7).autodiff()).sum() + (v.clone() * tensor(dims, 8).autodiff()).sum()).backward();
            let grad = |t: &Tensor<4>| t.grad(&gradients).unwrap();
            let vector_grad = |t: &Tensor<1>| t.grad(&gradients).unwrap().reshape([1, 1, 1, dims[3]]);
            [y.inner(), v.inner(), grad(&z), grad(&g), vector_grad(&gain), vector_grad(&shift)]
        };
        let rows = dims[0] * dims[1] * dims[2];
        for (name, (native, oracle)) in ["y", "vjp", "z", "g", "gain", "shift"].into_iter().zip(run(z, false).into_iter().zip(run(z64, true))) {
            let error = relative_error(&to_vec(native), &to_vec(oracle));
            // Few rows can nearly cancel in the projection; many rows round more. A sum a channel can cancel too, and with few channels that is all.
            let few = rows < 8 || dims[3] < 8 && ["gain", "shift"].contains(&name);
            prop_assert!(error < if few { 1e-3 } else { 5e-5 }, "{name}: relative error {error:e} over {rows} rows");
        }
    }

    #[test]
    fn activations_match(count in 1usize..20_000, alpha in 0.5..2.0) {
        let (x, x64) = both([1, 1, 1, count], 1);
        let alpha = f64::from(alpha as f32);
        let swish = Activation::Swish { alpha };
        let hard_tanh = Activation::HardTanh { min: -0.75, max: 1.5 };
        let (elu, softplus) = (Activation::Elu { alpha, gamma: 1.25, rate: 0.75 }, Activation::Softplus { beta: alpha });
        for function in [Activation::Sigmoid, Activation::Tanh, swish, Activation::Gelu, Activation::GeluTanh, Activation::Mish, Activation::HardSwish, hard_tanh, elu, softplus] {
            for order in [Order::Value, Order::First, Order::Second] {
                for scale in [0.125, 1.0, 8.0] {
                    let [native, oracle] = [&x, &x64].map(|x| activation(x.clone() * scale, function, order));
                    close_within(1e-6, native, oracle);
                }
            }
        }
    }

    #[test]
    fn masks_match(count in 1usize..40_000) {
        let (g, g64) = both([1, 1, 1, count], 1);
        let (y, y64) = both([1, 1, 1, count], 2);
        prop_assert_eq!(to_vec(relu_vjp(g.clone(), y.clone()).unwrap()), to_vec(relu_vjp(g64.clone(), y64.clone()).unwrap()));
        let alone = hard_tanh_vjp(g.clone() * 1.0, y.clone(), -0.25, 0.5).unwrap();
        prop_assert_eq!(to_vec(alone), to_vec(hard_tanh_vjp(g64.clone(), y64.clone(), -0.25, 0.5).unwrap()));
        close(hard_tanh_vjp(g.clone(), y.clone(), -0.25, 0.5).unwrap(), hard_tanh_vjp(g64.clone(), y64.clone(), -0.25, 0.5).unwrap());
        close(leaky_relu_vjp(g, y, 0.2).unwrap(), leaky_relu_vjp(g64, y64, 0.2).unwrap());
    }
}

#[test]
fn adam_matches_its_formula() {
    let options = AdamOptions {
        learning_rate: 1e-2,
        ..Default::default()
    };
    let count = 40_000;
    let run = |wide: bool| {
        let make = |seed: u64| {
            let v: Vec<f64> = values(count, seed).into_iter().map(|v| v as f32 as f64).collect();
            if wide { double(&v, [count]) } else { single(&v, [count]) }
        };
        let mut p = make(1);
        let mut state = AdamState::zeros_like(&p);
        for step in 1..=5 {
            (p, state) = adam_update(p, make(step as u64 + 1), state, options, step).unwrap();
        }
        to_vec(p)
    };
    assert!(relative_error(&run(false), &run(true)) < 1e-6);
    // First step: m = 0.1 g, v = 0.001 g², rate = lr sqrt(0.001) / 0.1.
    let p = single(&[1.0], [1]);
    let (moved, _) = adam_update(p.clone(), single(&[2.0], [1]), AdamState::zeros_like(&p), options, 1).unwrap();
    let expected = 1.0 - 1e-2 * 0.001f64.sqrt() / 0.1 * 0.2 / (0.004f64.sqrt() + 1e-4);
    assert!((to_vec(moved)[0] - expected).abs() < 1e-6);
}

#[test]
fn linf_steps_match_their_formula() {
    let count = 40_001;
    let of = |seed: u64, wide: bool| {
        let v: Vec<f64> = values(count, seed).into_iter().map(|v| v as f32 as f64).collect();
        if wide {
            double(&v, [1, 1, 1, count])
        } else {
            single(&v, [1, 1, 1, count])
        }
    };
    let moved = |wide: bool| {
        let (least, greatest) = (of(1, wide) - 0.0625, of(1, wide) + 0.0625);
        // A third of the values may go either way, to less and to more than there is room for.
        let moved = linf_step(
            of(2, wide),
            of(3, wide).clamp_min(-0.5) + 0.5,
            0.125,
            least.clone(),
            greatest,
        )
        .unwrap();
        to_vec(linf_step(moved, of(4, wide), -0.03125, least.clone(), least + 0.09375).unwrap())
    };
    let [native, oracle] = [false, true].map(moved);
    assert!(native.iter().zip(&oracle).all(|(a, b)| (a - b).abs() < 1e-6));
    let of = |values: [f64; 4]| single(&values, [1, 1, 1, 4]);
    let x = of([0.0, 1.0, f64::NAN, 0.5]);
    let kept = x.clone();
    let moved = linf_step(x, of([0.0, f64::NAN, 1.0, -0.0]), 0.25, of([-1.0; 4]), of([2.0; 4])).unwrap();
    let moved = to_vec(moved);
    assert_eq!([moved[0], moved[1], moved[3]], [0.0, 1.0, 0.5]);
    assert!(moved[2].is_nan());
    let of64 = |values: [f64; 4]| double(&values, [1, 1, 1, 4]);
    let x = of64([0.0, 1.0, f64::NAN, 0.5]);
    let moved = to_vec(
        linf_step(
            x,
            of64([0.0, f64::NAN, 1.0, -0.0]),
            0.25,
            of64([-1.0; 4]),
            of64([2.0; 4]),
        )
        .unwrap(),
    );
    assert_eq!([moved[0], moved[1], moved[3]], [0.0, 1.0, 0.5]);
    assert!(moved[2].is_nan());
    assert!(to_vec(kept)[2].is_nan());
    // A part of a larger tensor.
    let larger = single(&[0.0, 0.25, 0.5, 0.75, 1.0, 1.25], [1, 1, 1, 6]);
    let part = larger.clone().slice([0..1, 0..1, 0..1, 1..5]);
    let moved = linf_step(part, of([1.0; 4]), 0.5, of([-1.0; 4]), of([1.125; 4])).unwrap();
    assert_eq!(to_vec(moved), [0.75, 1.0, 1.125, 1.125]);
    assert_eq!(to_vec(larger), [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]);
    assert!(
        linf_step(
            of([0.0; 4]),
            of([0.0; 4]),
            0.1,
            single(&[0.0], [1, 1, 1, 1]),
            of([0.0; 4])
        )
        .is_err()
    );
}

#[test]
fn nan_and_infinity_are_carried() {
    let mut x = values(2 * 6 * 6 * 32, 1);
    x[100] = f64::NAN;
    let x = single(&x, [2, 6, 6, 32]);
    assert!(
        to_vec(max_pool2d(x.clone(), Pool2dOptions::square(2)).unwrap().0)
            .iter()
            .any(|v| v.is_nan())
    );
    assert!(
        to_vec(batch_norm_statistics(x.clone()).unwrap())
            .iter()
            .any(|v| v.is_nan())
    );
    let w = single(&values(9 * 32 * 8, 2), [3, 3, 32, 8]);
    assert!(
        to_vec(conv2d(x, w, Conv2dOptions::same([3, 3])).unwrap())
            .iter()
            .any(|v| v.is_nan())
    );
}

/// The backward pass of the vjp leaves a part to that of the batch norm: also when the loss has no output in it, or two vjps.
#[test]
fn every_use_of_a_batch_norm_has_its_gradient() {
    let dims = [7, 6, 6, 20];
    let pools = [None, Some(PoolKind::Max), Some(PoolKind::Avg)];
    let uses = [(false, 1), (true, 1), (false, 2), (true, 2), (true, 0)];
    for (activation, pool, frozen) in followers()
        .into_iter()
        .flat_map(|f| pools.iter().flat_map(move |&pool| [(f, pool, false), (f, pool, true)]))
    {
        let options = BatchNormOptions {
            epsilon: 1e-3,
            activation,
            pool,
            frozen,
        };
        let pooled = if pool.is_some() { [7, 3, 3, 20] } else { dims };
        for (output, vjps) in uses {
            let gradients = |wide: bool| {
                let tensor = |dims, seed| if wide { both(dims, seed).1 } else { both(dims, seed).0 };
                let z = tensor(dims, 1).autodiff().require_grad();
                let vector = |seed| tensor([1, 1, 1, 20], seed).reshape([20]).autodiff().require_grad();
                let (gain, shift) = (vector(2), vector(3));
                let statistics = batch_norm_statistics(z.clone()).unwrap();
                let norm = BatchNorm::new(z.clone(), gain.clone(), shift.clone(), statistics, options).unwrap();
                // All are on the tape, also where a vjp does not hang on them.
                let mut loss = z.clone().sum() * 0.1 + shift.clone().sum();
                if output {
                    loss = loss + (norm.forward() * tensor(pooled, 4).autodiff()).sum();
                }
                for seed in 0..vjps {
                    let vjp = norm.vjp(tensor(pooled, 5 + seed).autodiff()).unwrap();
                    loss = loss + vjp.square().sum();
                }
                let gradients = loss.backward();
                let of_vector = |v: &Tensor<1>| v.grad(&gradients).unwrap().reshape([1, 1, 1, 20]);
                [z.grad(&gradients).unwrap(), of_vector(&gain), of_vector(&shift)]
            };
            for (name, (native, oracle)) in ["z", "gain", "shift"]
                .into_iter()
                .zip(gradients(false).into_iter().zip(gradients(true)))
            {
                let error = relative_error(&to_vec(native), &to_vec(oracle));
                assert!(
                    error < 2e-5,
                    "{name}: {error:e} with {options:?}, output {output}, {vjps} vjps"
                );
            }
        }
    }
}

#[test]
fn values_below_the_normal_range_are_not_flushed() {
    let tiny = 1e-40;
    for channels in [4, 32] {
        let x = single(&vec![tiny; 2 * 8 * 8 * channels], [2, 8, 8, channels]);
        let w = single(&vec![1.0; 9 * channels * 16], [3, 3, channels, 16]);
        let sum = 9.0 * channels as f64 * tiny;
        for y in to_vec(conv2d(x, w, Conv2dOptions::default()).unwrap()) {
            assert!((y - sum).abs() < 1e-3 * sum, "{y:e} instead of {sum:e}");
        }
    }
    let a = single(&[tiny; 300], [3, 100]);
    let b = single(&[1.0; 500], [100, 5]);
    assert!(
        to_vec(matmul(a, b).unwrap())
            .iter()
            .all(|c| (c - 100.0 * tiny).abs() < 1e-3 * 100.0 * tiny)
    );
}

#[test]
fn wrong_shapes_are_errors_that_name_the_op() {
    let (x, w) = (
        single(&values(2 * 5 * 5 * 3, 1), [2, 5, 5, 3]),
        single(&values(3 * 3 * 4 * 8, 2), [3, 3, 4, 8]),
    );
    let message = conv2d(x.clone(), w, Conv2dOptions::default()).unwrap_err().to_string();
    assert!(
        message.contains("conv2d") && message.contains("4 input channels"),
        "{message}"
    );
    let refused = |weight: [usize; 4], options| {
        let w = single(&vec![0.5; weight.iter().product()], weight);
        let refusal = conv2d(x.clone(), w, options).unwrap_err().to_string();
        assert!(refusal.starts_with("conv2d: expected "), "{refusal}");
        refusal
    };
    let plain = Conv2dOptions::default();
    let message = refused([3, 3, 1, 8], Conv2dOptions { groups: 2, ..plain });
    assert!(message.contains("channels divisible by 2 groups"), "{message}");
    let message = refused([3, 3, 1, 8], Conv2dOptions { groups: 3, ..plain });
    assert!(message.contains("output channels divisible by 3 groups"), "{message}");
    let message = refused([3, 3, 3, 6], Conv2dOptions { groups: 3, ..plain });
    assert!(message.contains("3 input channels in each of 3 groups"), "{message}");
    let message = refused([3, 3, 3, 6], Conv2dOptions { groups: 0, ..plain });
    assert!(message.contains("groups of at least 1"), "{message}");
    for padding in [
        [usize::MAX, 0, 1, 0],
        [usize::MAX / 2, 0, usize::MAX / 2, 0],
        [1 << 40, 1 << 40, 0, 0],
    ] {
        let message = refused(
            [3, 3, 3, 6],
            Conv2dOptions {
                padding: padding.into(),
                ..plain
            },
        );
        assert!(message.contains("memory has addresses"), "{message}");
    }
    let unequal = Conv2dOptions {
        padding: [0, 0, 1, 1].into(),
        ..plain
    };
    assert!(Conv2dShape::new("shape", [2, 5, 5, 3], [3, 3, 3, 6], unequal).is_err());
    let far = Pool2dOptions {
        padding: [usize::MAX / 2 + 1; 2],
        ..Pool2dOptions::square(2)
    };
    assert!(max_pool2d(x.clone(), far).is_err() && avg_pool2d(x.clone(), far).is_err());
    let large = Pool2dShape::new("max_pool2d", [1, 1 << 16, 1 << 16, 1], Pool2dOptions::square(2)).unwrap_err();
    assert!(large.to_string().contains("pixels in an image"), "{large}");
    let big = Pool2dOptions::square(6);
    assert!(max_pool2d(x.clone(), big).is_err() && avg_pool2d(x, big).is_err());
}

#[test]
fn tensors_of_different_float_types_are_errors_not_panics() {
    let dims = [2, 5, 5, 4];
    let ((x, x64), (w, w64)) = (both(dims, 1), both([3, 3, 4, 4], 2));
    let plain = Conv2dOptions::same([3, 3]);
    let message = conv2d(x.clone(), w64.clone(), plain).unwrap_err().to_string();
    assert!(
        message.starts_with("conv2d: expected tensors of one float type, found input of F32, weight of F64"),
        "{message}"
    );
    assert!(conv2d_with_statistics(x64.clone(), w.clone(), plain).is_err());
    assert!(conv2d_input_grad(x64.clone(), w, [5, 5], plain).is_err());
    assert!(conv2d_weight_grad(x.clone(), x64.clone(), [3, 3], plain).is_err());
    assert!(relu_vjp(x.clone(), x64.clone()).is_err() && leaky_relu_vjp(x64.clone(), x.clone(), 0.2).is_err());
    let rows = |t: &Tensor<4>| t.clone().reshape([10, 20]);
    assert!(matmul_transposed(rows(&x), rows(&x64)).is_err());
    assert!(matmul(rows(&x64), rows(&x).transpose()).is_err());
    let vector = |wide| {
        if wide {
            double(&[1.0; 4], [4])
        } else {
            single(&[1.0; 4], [4])
        }
    };
    let options = BatchNormOptions {
        epsilon: 1e-3,
        activation: Some(FusedActivation::Relu),
        pool: None,
        frozen: false,
    };
    let statistics = batch_norm_statistics(x.clone()).unwrap();
    let norm = |wide| BatchNorm::new(x.clone(), vector(wide), vector(false), statistics.clone(), options);
    assert!(norm(true).is_err());
    assert!(norm(false).unwrap().vjp(x64).is_err());
    let state = AdamState::zeros_like(&vector(false));
    assert!(adam_update(vector(false), vector(true), state, AdamOptions::default(), 1).is_err());
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let run = |threads: usize| -> Vec<Vec<f64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let tensor = |dims: [usize; 4], seed| both(dims, seed).0;
            // Shapes of the fast algorithm, of the direct one, of few channels.
            let convolutions = [
                ([19, 13, 14, 24], 5, 40),
                ([19, 13, 14, 24], 3, 40),
                ([19, 13, 14, 5], 4, 9),
                ([19, 9, 9, 32], 5, 1),
            ];
            let mut results = Vec::new();
            for (dims, size, channels) in convolutions {
                let (x, w) = (tensor(dims, 1), tensor([size, size, dims[3], channels], 2));
                let options = Conv2dOptions::same([size, size]);
                let (y, statistics) = conv2d_with_statistics(x.clone(), w.clone(), options).unwrap();
                let g = tensor(y.dims(), 3);
                results.push(to_vec(
                    conv2d_input_grad(g.clone(), w, [dims[1], dims[2]], options).unwrap(),
                ));
                results.push(to_vec(conv2d_weight_grad(x, g, [size, size], options).unwrap()));
                results.extend([to_vec(y), to_vec(statistics)]);
            }
            // Depthwise, with two outputs a channel, and of groups.
            for (groups, channels) in [(40, 40), (20, 40), (4, 40)] {
                let (dims, options) = (
                    [19, 9, 8, 40],
                    Conv2dOptions {
                        groups,
                        ..Conv2dOptions::same([3, 3])
                    },
                );
                let dims = if groups == 20 { [19, 9, 8, 20] } else { dims };
                let (x, w) = (tensor(dims, 1), tensor([3, 3, dims[3] / groups, channels], 2));
                let y = conv2d(x.clone(), w.clone(), options).unwrap();
                let g = tensor(y.dims(), 3);
                results.push(to_vec(conv2d_input_grad(g.clone(), w, [9, 8], options).unwrap()));
                results.push(to_vec(conv2d_weight_grad(x, g, [3, 3], options).unwrap()));
                results.push(to_vec(y));
            }
            let matrix =
                |rows: usize, columns: usize, seed| tensor([1, 1, rows, columns], seed).reshape([rows, columns]);
            results.push(to_vec(matmul(matrix(300, 700, 1), matrix(700, 10, 2)).unwrap()));
            results.push(to_vec(
                matmul_transposed(matrix(100, 300, 1), matrix(900, 300, 2)).unwrap(),
            ));
            let pools = [None, Some(PoolKind::Max), Some(PoolKind::Avg)];
            let silu = FusedActivation::Function(Activation::Swish { alpha: 1.0 });
            for (pool, activation) in pools
                .into_iter()
                .flat_map(|pool| [(pool, Some(FusedActivation::Relu)), (pool, Some(silu))])
            {
                let options = BatchNormOptions {
                    epsilon: 1e-3,
                    activation,
                    pool,
                    frozen: false,
                };
                let z = tensor([23, 9, 9, 20], 4).autodiff().require_grad();
                let (gain, shift) = (Tensor::ones([20], &z.device()), Tensor::zeros([20], &z.device()));
                let norm = BatchNorm::new(
                    z.clone(),
                    gain,
                    shift,
                    batch_norm_statistics(z.clone()).unwrap(),
                    options,
                )
                .unwrap();
                let g = tensor(norm.forward().dims(), 5).autodiff();
                let vjp = norm.vjp(g).unwrap();
                let gradients = (norm.forward().square().sum() + vjp.clone().square().sum()).backward();
                results.extend([to_vec(vjp.inner()), to_vec(z.grad(&gradients).unwrap())]);
            }
            results
        })
    };
    let alone = run(1);
    for threads in [2, 3, 7] {
        assert_eq!(alone, run(threads), "{threads} threads");
    }
}

/// What a depthwise convolution makes of an image, and of its cotangent, has the same bits beside any others.
#[test]
fn the_batch_around_an_image_changes_no_bit() {
    for (groups, stride) in [(37, 1), (37, 2), (4, 1)] {
        let options = Conv2dOptions {
            groups,
            stride: [stride; 2],
            ..Conv2dOptions::same([3, 3])
        };
        let channels = if groups == 4 { 36 } else { groups };
        let (x, w) = (
            both([5, 9, 7, channels], 1).0,
            both([3, 3, channels / groups, channels], 2).0,
        );
        let y = conv2d(x.clone(), w.clone(), options).unwrap();
        let g = both(y.dims(), 3).0;
        let back = conv2d_input_grad(g.clone(), w.clone(), [9, 7], options).unwrap();
        for image in 0..5 {
            let one = |t: &Tensor<4>| t.clone().slice_dim(0, image..image + 1);
            let alone = conv2d(one(&x), w.clone(), options).unwrap();
            assert_eq!(to_vec(alone), to_vec(one(&y)));
            let alone = conv2d_input_grad(one(&g), w.clone(), [9, 7], options).unwrap();
            assert_eq!(to_vec(alone), to_vec(one(&back)));
        }
    }
}

/// Not a test: `cargo test --test ops -- --ignored --nocapture times_of_depthwise` prints milliseconds of depthwise convolutions as
/// kernels, and as one plain convolution a group side by side, in turns.
#[test]
#[ignore = "prints times, promises nothing"]
fn times_of_depthwise_convolutions() {
    let batch = 8;
    for (size, channels, stride) in [
        (112, 32, 1),
        (112, 96, 2),
        (56, 144, 1),
        (56, 144, 2),
        (14, 576, 1),
        (14, 576, 2),
        (7, 960, 1),
    ] {
        let options = Conv2dOptions {
            groups: channels,
            stride: [stride; 2],
            ..Conv2dOptions::same([3, 3])
        };
        let part = Conv2dOptions { groups: 1, ..options };
        let (x, w) = (both([batch, size, size, channels], 1).0, both([3, 3, 1, channels], 2).0);
        let g = both(conv2d(x.clone(), w.clone(), options).unwrap().dims(), 3).0;
        let of = |t: &Tensor<4>, c: usize| t.clone().slice_dim(3, c..c + 1);
        let beside = |f: &dyn Fn(usize) -> Tensor<4>| Tensor::cat((0..channels).map(f).collect(), 3);
        let native: [&dyn Fn() -> Tensor<4>; 3] = [
            &|| conv2d(x.clone(), w.clone(), options).unwrap(),
            &|| conv2d_input_grad(g.clone(), w.clone(), [size; 2], options).unwrap(),
            &|| conv2d_weight_grad(x.clone(), g.clone(), [3, 3], options).unwrap(),
        ];
        let composed: [&dyn Fn() -> Tensor<4>; 3] = [
            &|| beside(&|c| conv2d(of(&x, c), of(&w, c), part).unwrap()),
            &|| beside(&|c| conv2d_input_grad(of(&g, c), of(&w, c), [size; 2], part).unwrap()),
            &|| beside(&|c| conv2d_weight_grad(of(&x, c), of(&g, c), [3, 3], part).unwrap()),
        ];
        let time = |f: &dyn Fn() -> Tensor<4>| {
            let start = std::time::Instant::now();
            std::hint::black_box(f());
            start.elapsed().as_secs_f64() * 1e3
        };
        for (order, (native, composed)) in ["forward", "input", "weight"]
            .into_iter()
            .zip(native.into_iter().zip(composed))
        {
            let (mut best, mut old) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..4 {
                best = best.min(time(native)).min(time(native));
                old = old.min(time(composed));
            }
            println!(
                "{size:3} {channels:3} /{stride} {order:8} {best:8.2} ms, by group {old:8.2} ms, {:5.1}",
                old / best
            );
        }
    }
}

/// Not a test: `cargo test --test ops -- --ignored --nocapture times_of_batch_norms` prints milliseconds of the three orders of a batch norm and what
/// follows it, in turns.
#[test]
#[ignore = "prints times, promises nothing"]
fn times_of_batch_norms() {
    let silu = Activation::Swish { alpha: 1.0 };
    for (dims, pool) in [
        ([64, 28, 28, 32], Some(PoolKind::Max)),
        ([64, 28, 28, 32], Some(PoolKind::Avg)),
        ([64, 28, 28, 32], None),
    ] {
        let pooled = match pool {
            Some(_) => [dims[0], dims[1] / 2, dims[2] / 2, dims[3]],
            None => dims,
        };
        let (x, gain, shift) = (both(dims, 1).0, [1.5; 32], [0.25; 32]);
        let (g, weights) = (both(pooled, 2).0.autodiff(), both(pooled, 3).0.autodiff());
        let t = both(dims, 4).0.autodiff();
        let step = |activation: Option<FusedActivation>| {
            let options = BatchNormOptions {
                epsilon: 1e-3,
                activation,
                pool,
                frozen: false,
            };
            let z = x.clone().autodiff().require_grad();
            let (gain, shift) = (single(&gain, [32]).autodiff(), single(&shift, [32]).autodiff());
            let (gain, shift) = (gain.require_grad(), shift.require_grad());
            let statistics = batch_norm_statistics(z.clone()).unwrap();
            let norm = BatchNorm::new(z.clone(), gain, shift, statistics, options).unwrap();
            let loss = (norm.forward() * weights.clone()).sum() + (norm.vjp(g.clone()).unwrap() * t.clone()).sum();
            z.grad(&loss.backward()).unwrap()
        };
        let followers = [None, Some(FusedActivation::Relu)].into_iter().chain(
            [
                silu,
                Activation::Gelu,
                Activation::Mish,
                Activation::Softplus { beta: 1.0 },
                Activation::Elu {
                    alpha: 1.0,
                    gamma: 1.0,
                    rate: 1.0,
                },
            ]
            .map(|function| Some(FusedActivation::Function(function))),
        );
        let followers: Vec<_> = followers.collect();
        let mut best = vec![f64::INFINITY; followers.len()];
        for _ in 0..15 {
            for (best, &follower) in best.iter_mut().zip(&followers) {
                let start = std::time::Instant::now();
                step(follower);
                *best = best.min(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        for (best, follower) in best.iter().zip(&followers) {
            println!("{pool:?} {follower:?}: {best:.2} ms");
        }
    }
}

/// A network's first layer that divides by deviations, trained with double backprop: its images are no part of the tape, its cotangent is.
#[test]
fn a_frozen_batch_norm_of_constants_is_differentiated_by_its_cotangent() {
    for activation in [None, Some(FusedActivation::Relu)] {
        let options = BatchNormOptions {
            epsilon: 0.0,
            activation,
            pool: None,
            frozen: true,
        };
        let found = |z: Tensor<4>, g: Tensor<4>, vector: &dyn Fn(&[f64]) -> Tensor<1>| {
            let per_channel = |seed| vector(&values(3, seed));
            let statistics = Tensor::stack(vec![per_channel(3), per_channel(4) + 1.5], 0);
            let norm = BatchNorm::new(z, per_channel(5) + 1.5, per_channel(6), statistics, options).unwrap();
            let g = g.autodiff().require_grad();
            let loss = norm.vjp(g.clone()).unwrap().square().sum();
            to_vec(g.grad(&loss.backward()).unwrap())
        };
        let ((z, z64), (g, g64)) = (both([2, 3, 5, 3], 1), both([2, 3, 5, 3], 2));
        let native = found(z, g, &|values| single(values, [3]));
        let exact = found(z64, g64, &|values| double(values, [3]));
        let error = relative_error(&native, &exact);
        assert!(error < 1e-6, "{activation:?}: {error:e}");
    }
}
