//! Every kernel on shapes so small that Valgrind can follow it (`scripts/memcheck.sh`): no read of what was not written, no step beyond a buffer. What they
//! compute is held to sums written out here; `tests/native_kernels.rs` does so on many more shapes, against the default bodies.

use super::*;
use crate::options::{
    Activation, AdamOptions, BatchNormOptions, Conv2dOptions, Conv2dShape, FusedActivation, GroupedConv2dShape,
    Pool2dOptions, Pool2dShape, PoolKind,
};

/// Values in [-1, 1), the same everywhere.
fn values(count: usize, seed: usize) -> Vec<f32> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0)
        .collect()
}

fn assert_near(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-3f32, |most, value| most.max(value.abs()));
    for (place, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= 2e-4 * scale, "{what}: {f} for {e} at {place}");
    }
}

/// Calls `visit` with the places, in input, weight and output, of every product of a convolution.
fn products(shape: &Conv2dShape, mut visit: impl FnMut(usize, usize, usize)) {
    let ([height, width], (ci, co)) = (shape.output(), (shape.channels_in, shape.channels_out));
    for (n, y, x) in (0..shape.batch).flat_map(|n| (0..height).flat_map(move |y| (0..width).map(move |x| (n, y, x)))) {
        for (ky, kx) in (0..shape.kernel[0]).flat_map(|ky| (0..shape.kernel[1]).map(move |kx| (ky, kx))) {
            let row = (y * shape.stride[0] + ky * shape.dilation[0]).checked_sub(shape.padding[0]);
            let column = (x * shape.stride[1] + kx * shape.dilation[1]).checked_sub(shape.padding[1]);
            let (Some(row), Some(column)) = (row, column) else {
                continue;
            };
            if row >= shape.input[0] || column >= shape.input[1] {
                continue;
            }
            for (i, o) in (0..ci).flat_map(|i| (0..co).map(move |o| (i, o))) {
                visit(
                    ((n * shape.input[0] + row) * shape.input[1] + column) * ci + i,
                    ((ky * shape.kernel[1] + kx) * ci + i) * co + o,
                    ((n * height + y) * width + x) * co + o,
                );
            }
        }
    }
}

fn check_convolution(input: [usize; 4], weight: [usize; 4], options: Conv2dOptions) {
    let shape = Conv2dShape::new("conv2d", input, weight, options).unwrap();
    let count = |dims: [usize; 4]| dims.iter().product::<usize>();
    let (x, w) = (values(count(input), 1), values(count(weight), 2));
    let g = values(count(shape.output_dims()), 3);
    let (mut y, mut of_x, mut of_w) = (vec![0.0; g.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
    products(&shape, |i, k, o| {
        y[o] += x[i] * w[k];
        of_x[i] += g[o] * w[k];
        of_w[k] += x[i] * g[o];
    });
    assert_near(&conv2d(&x, &w, &shape), &y, "forward");
    let bias = values(weight[3], 4);
    for relu in [false, true] {
        let expected: Vec<f32> = y.iter().zip(bias.iter().cycle()).map(|(y, b)| y + b).collect();
        let expected: Vec<f32> = expected.iter().map(|y| if relu { y.max(0.0) } else { *y }).collect();
        assert_near(&conv2d_biased(&x, &w, &bias, &shape, relu), &expected, "biased");
    }
    let (found, statistics) = conv2d_with_statistics(&x, &w, &shape);
    assert_near(&found, &y, "forward with statistics");
    assert_eq!(statistics.len(), 2 * shape.channels_out);
    assert_near(&conv2d_of_gradient(&x, &w, &shape), &y, "forward of a gradient");
    assert_near(&conv2d_on_tape(&x, &w, &shape), &y, "forward on a tape");
    assert_near(&conv2d_input_grad(&g, &w, &shape), &of_x, "input gradient");
    assert_near(&conv2d_weight_grad(&x, &g, &shape), &of_w, "weight gradient");
}

#[test]
fn direct_convolutions() {
    check_convolution([2, 4, 5, 3], [3, 3, 3, 7], Conv2dOptions::same([3, 3]));
    let strided = Conv2dOptions {
        stride: [2, 1],
        padding: [1, 2].into(),
        dilation: [1, 2],
        groups: 1,
    };
    check_convolution([1, 5, 6, 2], [3, 2, 2, 5], strided);
    // Lanes over taps.
    check_convolution([2, 4, 4, 5], [3, 3, 5, 1], Conv2dOptions::same([3, 3]));
}

#[test]
fn fast_convolutions() {
    check_convolution([1, 5, 6, 16], [3, 3, 16, 17], Conv2dOptions::same([3, 3]));
    check_convolution([2, 3, 5, 24], [5, 5, 24, 25], Conv2dOptions::same([5, 5]));
}

fn check_groups(input: [usize; 4], weight: [usize; 4], groups: usize, options: Conv2dOptions) {
    let shape = GroupedConv2dShape {
        part: Conv2dShape::new("conv2d", input, weight, options).unwrap(),
        groups,
    };
    let count = |dims: [usize; 4]| dims.iter().product::<usize>();
    let (x, w) = (
        values(count(shape.input_dims()), 1),
        values(count(shape.weight_dims()), 2),
    );
    let g = values(count(shape.output_dims()), 3);
    let (mut y, mut of_x, mut of_w) = (vec![0.0; g.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
    let (ci, co) = (shape.part.channels_in, shape.part.channels_out);
    // The place of a group's value among those of all.
    let among = |place: usize, each: usize, group: usize| (place / each * groups + group) * each + place % each;
    for group in 0..groups {
        products(&shape.part, |i, k, o| {
            let (i, k, o) = (among(i, ci, group), among(k, co, group), among(o, co, group));
            y[o] += x[i] * w[k];
            of_x[i] += g[o] * w[k];
            of_w[k] += x[i] * g[o];
        });
    }
    assert_near(&grouped_conv2d(&x, &w, &shape), &y, "forward of groups");
    assert_near(
        &grouped_conv2d_input_grad(&g, &w, &shape),
        &of_x,
        "input gradient of groups",
    );
    assert_near(
        &grouped_conv2d_weight_grad(&x, &g, &shape),
        &of_w,
        "weight gradient of groups",
    );
}

#[test]
fn convolutions_of_groups() {
    check_groups([2, 5, 6, 1], [3, 3, 1, 1], 19, Conv2dOptions::same([3, 3]));
    let strided = Conv2dOptions {
        stride: [2, 3],
        padding: [1, 2].into(),
        dilation: [1, 2],
        groups: 1,
    };
    check_groups([1, 5, 9, 1], [2, 3, 1, 1], 35, strided);
    check_groups([1, 4, 5, 1], [3, 2, 1, 2], 3, strided);
    check_groups([1, 4, 5, 1], [3, 2, 1, 5], 2, strided);
    check_groups([2, 4, 4, 3], [3, 3, 3, 2], 2, Conv2dOptions::same([3, 3]));
}

#[test]
fn products_of_matrices() {
    for (m, k, n) in [(3, 5, 9), (7, 4, 4), (1, 1, 1), (2, 9, 17)] {
        let (a, b) = (values(m * k, 1), values(k * n, 2));
        for (left_transposed, right_transposed) in [(false, false), (false, true), (true, false), (true, true)] {
            let product = Product {
                m,
                k,
                n,
                left_transposed,
                right_transposed,
            };
            let left = |i: usize, j: usize| a[if left_transposed { j * m + i } else { i * k + j }];
            let right = |i: usize, j: usize| b[if right_transposed { j * k + i } else { i * n + j }];
            let entry = |place: usize| (0..k).map(|j| left(place / n, j) * right(j, place % n)).sum::<f32>();
            let expected: Vec<f32> = (0..m * n).map(entry).collect();
            assert_near(&matmul(&a, &b, product), &expected, "product");
            let mut onto = vec![1.0; m * n];
            matmul_add(&a, &b, product, &mut onto);
            let more: Vec<f32> = expected.iter().map(|value| value + 1.0).collect();
            assert_near(&onto, &more, "added product");
        }
    }
    let nothing = Product {
        m: 2,
        k: 0,
        n: 3,
        left_transposed: false,
        right_transposed: false,
    };
    assert_eq!(matmul(&[], &[], nothing)[..], [0.0; 6]);
}

/// Few rows read the right matrix where it lies, many pack it: each row has the same bits, over panels that are whole and one that is not, and more terms
/// than are packed at once.
#[test]
fn rows_of_a_product_do_not_depend_on_their_number() {
    let (m, k, n) = (40, 300, 77);
    let (a, b) = (values(m * k, 1), values(k * n, 2));
    let product = |m: usize| Product {
        m,
        k,
        n,
        left_transposed: false,
        right_transposed: false,
    };
    let whole = matmul(&a, &b, product(m));
    let entry = |i: usize, j: usize| {
        (0..k)
            .map(|t| f64::from(a[i * k + t]) * f64::from(b[t * n + j]))
            .sum::<f64>()
    };
    for (place, &value) in whole.iter().enumerate() {
        let expected = entry(place / n, place % n);
        assert!(
            (f64::from(value) - expected).abs() < 1e-4,
            "{place}: {value}, {expected}"
        );
    }
    for rows in 1..20 {
        let part = matmul(&a[..rows * k], &b, product(rows));
        assert_eq!(part[..], whole[..rows * n], "{rows} rows");
    }
}

#[test]
fn pools() {
    let options = Pool2dOptions {
        kernel: [3, 2],
        stride: [2, 1],
        padding: [1, 1],
    };
    let shape = Pool2dShape::new("pool", [2, 5, 4, 3], options).unwrap();
    let x = values(2 * 5 * 4 * 3, 1);
    let (largest, positions) = max_pool2d(&x, &shape);
    assert_near(&pool_select(&x, &positions, &shape), &largest, "selected");
    let g = values(largest.len(), 2);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let transposed = pool_unselect(&g, &positions, &shape);
    assert_near(&[dot(&transposed, &x)], &[dot(&g, &largest)], "adjoint of the maximum");
    let mean = avg_pool2d(&x, &shape);
    let transposed = avg_pool2d_transpose(&g, &shape);
    assert_near(&[dot(&transposed, &x)], &[dot(&g, &mean)], "adjoint of the mean");
}

#[test]
fn rectifier_and_optimizer() {
    let (g, y) = (values(70, 1), values(70, 2));
    let expected: Vec<f32> = g
        .iter()
        .zip(&y)
        .map(|(&g, &y)| if y > 0.0 { g } else { 0.5 * g })
        .collect();
    assert_eq!(leaky_relu_vjp(&g, &y, 0.5)[..], expected[..]);
    let (mut parameter, mut first, mut second) = (values(9, 3), vec![0.0; 9], vec![0.0; 9]);
    let before = parameter.clone();
    adam_update(
        &mut parameter,
        &values(9, 4),
        &mut first,
        &mut second,
        AdamOptions::default(),
        1,
    );
    assert!(parameter.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-3));
}

/// The orders of batch norm: a sum of the vjp with any `t` is the derivative of the output along `t`, and so on; held to central differences.
#[test]
fn batch_norms() {
    let relu = Some(FusedActivation::Relu);
    let silu = Some(FusedActivation::Function(Activation::Swish { alpha: 1.0 }));
    for (activation, pool, frozen, channels) in [
        (relu, None, false, 5),
        (relu, None, true, 3),
        (relu, Some(PoolKind::Max), false, 5),
        (relu, Some(PoolKind::Avg), false, 2),
        (relu, Some(PoolKind::Max), true, 6),
        (relu, Some(PoolKind::Avg), true, 4),
        (silu, None, false, 5),
        (silu, Some(PoolKind::Max), false, 3),
        (silu, Some(PoolKind::Avg), false, 2),
        (silu, Some(PoolKind::Max), true, 6),
        (silu, Some(PoolKind::Avg), true, 4),
    ] {
        let windows = Windows {
            batch: 2,
            height: 5,
            width: 3,
            channels,
            size: if pool.is_some() { 2 } else { 1 },
        };
        let z = values(windows.values(), 1);
        let options = BatchNormOptions {
            epsilon: 1e-2,
            activation,
            pool,
            frozen,
        };
        let (gain, shift) = (vec![1.5; channels], vec![0.1; channels]);
        let coefficients = Coefficients::new(&gain, &shift, &batch_norm_statistics(&z, channels), options);
        let forward = batch_norm(&z, &windows, &coefficients, !frozen);
        let at = Point {
            z: &z,
            windows: &windows,
            kept: Kept {
                picked: &forward.picked,
                bits: &forward.bits,
            },
            coefficients: &coefficients,
        };
        let (g, t) = (values(forward.values.len(), 2), values(z.len(), 3));
        let sums = batch_norm_vjp_sums(&g, at);
        let summed = Summed {
            values: &g,
            sums: &sums,
        };
        let gradient = batch_norm_vjp(summed, at);
        let second = batch_norm_vjp_vjp(&t, summed, at, true);
        if frozen && activation == relu {
            assert_near(&batch_norm_vjp_transpose(&t, at), &second.cotangent, "alone");
        }
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum::<f64>() as f32;
        if frozen && activation == relu {
            let alone = batch_norm_frozen_vjp(&g, &forward.bits, &windows, &coefficients);
            assert_near(&alone, &gradient, "by bits alone");
        }
        // The vjp is linear in `g`, and what it is transposed to is the cotangent's gradient.
        assert_near(&[dot(&second.cotangent, &g)], &[dot(&gradient, &t)], "transpose");
        if !frozen || activation == silu {
            let t_summed = Summed {
                values: &t,
                sums: &second.t_sums,
            };
            let joint = batch_norm_joint_vjp(&g, t_summed, summed, at).input;
            let both: Vec<f32> = gradient.iter().zip(&second.input[..]).map(|(a, b)| a + b).collect();
            assert_near(&joint, &both, "both at once");
        }
    }
}

#[test]
#[should_panic(expected = "assertion")]
fn sizes_that_do_not_fit_are_refused() {
    let shape = Conv2dShape::new("conv2d", [1, 4, 4, 4], [3, 3, 4, 4], Conv2dOptions::same([3, 3])).unwrap();
    let wrong = Conv2dShape {
        padding: [3, 0],
        ..shape
    };
    let wrapped = Conv2dShape {
        batch: 1 << 60,
        ..wrong
    };
    conv2d(&[], &[0.0; 144], &wrapped);
}
