//! Every op at first and second order against values that PyTorch computed in f64 (scripts/pytorch-fixtures.py).

use crate::common;

use std::collections::HashMap;

use burn::tensor::Tensor;
use common::{double, relative_error, single, to_vec, values};
use doubleback_ops::*;

type Fixtures = HashMap<String, (Vec<u64>, Vec<f64>)>;

fn fixtures() -> Fixtures {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/ops.npz");
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut all = HashMap::new();
    for name in names {
        let array = archive.by_name(&name).unwrap().unwrap();
        let shape = array.shape().to_vec();
        all.insert(name, (shape, array.into_vec::<f64>().unwrap()));
    }
    all
}

/// An op with its vjp written out: from (inputs, cotangent of the output) to (output, gradients of the inputs).
type WithVjp<'a> = &'a dyn Fn(&[Tensor<4>], Tensor<4>) -> (Tensor<4>, Vec<Tensor<4>>);

/// Checks the output, the vjp, and the gradients of the vjp's sum of squares.
fn check(all: &Fixtures, name: &str, inputs: &[([usize; 4], u64)], f: WithVjp<'_>) {
    let out_dims: Vec<usize> = all[&format!("{name}.out")].0.iter().map(|&d| d as usize).collect();
    let mut padded = vec![1; 4 - out_dims.len()];
    padded.extend(&out_dims);
    let out_dims: [usize; 4] = padded.try_into().unwrap();
    for (kind, tolerance) in [("f64", 1e-11), ("f32", 2e-5)] {
        let make = |dims: [usize; 4], seed| {
            let v = values(dims.iter().product(), seed);
            if kind == "f64" {
                double(&v, dims)
            } else {
                single(&v, dims)
            }
        };
        let tracked: Vec<Tensor<4>> = inputs
            .iter()
            .map(|&(dims, seed)| make(dims, seed).autodiff().require_grad())
            .collect();
        let cotangent = make(out_dims, 50).autodiff().require_grad();
        let (out, first) = f(&tracked, cotangent.clone());
        let expect = |part: String, found: Vec<f64>| {
            let error = relative_error(&found, &all[&format!("{name}.{part}")].1);
            assert!(error < tolerance, "{name}.{part} in {kind}: relative error {error:e}");
        };
        expect("out".into(), to_vec(out));
        let mut squares = cotangent.clone().sum() * 0.0;
        for (i, gradient) in first.into_iter().enumerate() {
            expect(format!("first{i}"), to_vec(gradient.clone()));
            squares = squares + gradient.square().sum();
        }
        let gradients = squares.backward();
        for (i, tensor) in tracked.iter().chain([&cotangent]).enumerate() {
            let gradient = tensor
                .grad(&gradients)
                .unwrap_or_else(|| tensor.clone().inner().zeros_like());
            expect(format!("second{i}"), to_vec(gradient));
        }
    }
}

#[test]
fn convolutions() {
    let all = fixtures();
    let cases = [
        (
            "conv_same",
            [2, 6, 7, 3],
            [3, 3, 3, 4],
            Conv2dOptions {
                stride: [1, 1],
                padding: [1, 1].into(),
                ..Conv2dOptions::default()
            },
        ),
        (
            "conv_stride",
            [2, 9, 8, 2],
            [3, 4, 2, 5],
            Conv2dOptions {
                stride: [2, 3],
                padding: [1, 0].into(),
                ..Conv2dOptions::default()
            },
        ),
        (
            "conv_one",
            [3, 7, 7, 1],
            [5, 5, 1, 6],
            Conv2dOptions {
                stride: [1, 1],
                padding: [2, 2].into(),
                ..Conv2dOptions::default()
            },
        ),
        (
            "conv_groups",
            [2, 6, 5, 6],
            [3, 3, 2, 9],
            Conv2dOptions {
                groups: 3,
                ..Conv2dOptions::same([3, 3])
            },
        ),
        (
            "conv_depthwise",
            [2, 7, 8, 4],
            [3, 3, 1, 4],
            Conv2dOptions {
                stride: [2, 2],
                groups: 4,
                ..Conv2dOptions::same([3, 3])
            },
        ),
        (
            "conv_sides",
            [2, 7, 6, 4],
            [3, 2, 2, 6],
            Conv2dOptions {
                stride: [2, 1],
                padding: Padding2d {
                    before: [2, 0],
                    after: [1, 1],
                },
                dilation: [1, 2],
                groups: 2,
            },
        ),
    ];
    for (name, x, w, options) in cases {
        check(&all, name, &[(x, 1), (w, 2)], &|t, g| {
            let y = conv2d(t[0].clone(), t[1].clone(), options).unwrap();
            let gx = conv2d_input_grad(g.clone(), t[1].clone(), [x[1], x[2]], options).unwrap();
            let gw = conv2d_weight_grad(t[0].clone(), g, [w[0], w[1]], options).unwrap();
            (y, vec![gx, gw])
        });
    }
}

#[test]
fn pools() {
    let all = fixtures();
    let dims = [2, 6, 7, 3];
    let options = Pool2dOptions {
        kernel: [2, 3],
        stride: [2, 2],
        padding: [1, 1],
    };
    check(&all, "max_pool", &[(dims, 3)], &|t, g| {
        let (y, indices) = max_pool2d(t[0].clone(), options).unwrap();
        (y, vec![pool_unselect(g, &indices).unwrap()])
    });
    let options = Pool2dOptions {
        kernel: [3, 2],
        stride: [1, 2],
        padding: [1, 1],
    };
    check(&all, "avg_pool", &[(dims, 3)], &|t, g| {
        (
            avg_pool2d(t[0].clone(), options).unwrap(),
            vec![avg_pool2d_transpose(g, [6, 7], options).unwrap()],
        )
    });
}

#[test]
fn batch_norm() {
    let all = fixtures();
    for (name, relu) in [("batch_norm", false), ("batch_norm_relu", true)] {
        check(
            &all,
            name,
            &[([4, 3, 2, 3], 4), ([1, 1, 1, 3], 5), ([1, 1, 1, 3], 6)],
            &|t, g| {
                let options = BatchNormOptions {
                    epsilon: 1e-3,
                    activation: relu.then_some(FusedActivation::Relu),
                    pool: None,
                    frozen: false,
                };
                let vector = |t: &Tensor<4>| t.clone().reshape([3]);
                let statistics = batch_norm_statistics(t[0].clone()).unwrap();
                let norm =
                    BatchNorm::new(t[0].clone(), vector(&t[1]), vector(&t[2]), statistics.clone(), options).unwrap();
                let y = norm.forward();
                let gx = norm.vjp(g.clone()).unwrap();
                // PyTorch's second order includes the gradients of gain and shift, written here with stock ops.
                let dtype = statistics.dtype();
                let z = t[0].clone().reshape([24, 3]);
                let mean = z.clone().mean_dim(0);
                let centered = z - mean;
                let x = centered.clone() / (centered.square().mean_dim(0) + 1e-3).sqrt();
                let open = if relu {
                    y.clone().greater_elem(0.0).float().cast(dtype)
                } else {
                    y.ones_like()
                };
                let gated = (g * open.autodiff()).reshape([24, 3]);
                let gain = (gated.clone() * x).sum_dim(0).reshape([1, 1, 1, 3]);
                (y, vec![gx, gain, gated.sum_dim(0).reshape([1, 1, 1, 3])])
            },
        );
    }
}

#[test]
fn products() {
    check(
        &fixtures(),
        "matmul",
        &[([1, 1, 3, 4], 7), ([1, 1, 4, 5], 8)],
        &|t, g| {
            let (a, b, g) = (
                t[0].clone().reshape([3, 4]),
                t[1].clone().reshape([4, 5]),
                g.reshape([3, 5]),
            );
            let ga = matmul(g.clone(), b.clone().transpose()).unwrap().reshape([1, 1, 3, 4]);
            let gb = matmul(a.clone().transpose(), g).unwrap().reshape([1, 1, 4, 5]);
            (matmul(a, b).unwrap().reshape([1, 1, 3, 5]), vec![ga, gb])
        },
    );
}
