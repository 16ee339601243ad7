//! Tensors of different float types are an error of every op that takes two, which names the op and the types, and never a panic.

use crate::common;

use std::collections::BTreeSet;

use burn::tensor::{DType, Tensor};
use common::{double, random, values};
use doubleback_ops::{
    Activation, AdamOptions, AdamState, BatchNorm, BatchNormOptions, Conv2dOptions, Error, FusedActivation, Order,
    Pool2dOptions, PoolKind, RectifiedSum, Result, activation, adam_update, avg_pool2d, avg_pool2d_transpose,
    batch_norm_statistics, conv2d, conv2d_biased, conv2d_input_grad, conv2d_weight_grad, conv2d_with_statistics,
    hard_tanh_vjp, leaky_relu, leaky_relu_vjp, linf_step, matmul, matmul_transposed, max_pool2d, pool_select,
    pool_unselect, relu, relu_vjp, with_derivative,
};

const TYPES: [DType; 4] = [DType::F32, DType::F64, DType::F16, DType::BF16];
const DIMS: [usize; 4] = [2, 6, 6, 4];

fn of<const D: usize>(dims: [usize; D], dtype: DType) -> Tensor<D> {
    random(dims, 3).cast(dtype)
}

fn vector(dtype: DType) -> Tensor<1> {
    double(&values(4, 5), [4]).cast(dtype)
}

/// An op by name, with how many tensors it takes, called with tensors of these types: as many as it takes.
type Call = Box<dyn Fn(&[DType]) -> Result<()>>;

fn norm(types: &[DType], pool: Option<PoolKind>, frozen: bool) -> Result<BatchNorm> {
    let options = BatchNormOptions {
        epsilon: 1e-3,
        activation: Some(FusedActivation::Relu),
        pool,
        frozen,
    };
    BatchNorm::new(
        of(DIMS, types[0]),
        vector(types[1]),
        vector(types[2]),
        of([2, 4], types[3]).square(),
        options,
    )
}

/// Every op that takes more than one tensor of floats.
fn several() -> Vec<(&'static str, usize, Call)> {
    let same = Conv2dOptions::same([3, 3]);
    let grouped = Conv2dOptions { groups: 2, ..same };
    let uneven = Conv2dOptions {
        padding: [0, 0, 1, 1].into(),
        ..Conv2dOptions::default()
    };
    let mut calls: Vec<(&'static str, usize, Call)> = Vec::new();
    let mut add = |name, tensors, call: Call| calls.push((name, tensors, call));
    add(
        "rectified_sum",
        2,
        Box::new(|t| RectifiedSum::new(of(DIMS, t[0]), of(DIMS, t[1])).map(drop)),
    );
    for (options, channels, out) in [(same, 4, [6, 6]), (grouped, 2, [6, 6]), (uneven, 4, [5, 5])] {
        let weight = [3, 3, channels, 4];
        add(
            "conv2d",
            2,
            Box::new(move |t| conv2d(of(DIMS, t[0]), of(weight, t[1]), options).map(drop)),
        );
        add(
            "conv2d_with_statistics",
            2,
            Box::new(move |t| conv2d_with_statistics(of(DIMS, t[0]), of(weight, t[1]), options).map(drop)),
        );
        add(
            "conv2d_biased",
            3,
            Box::new(move |t| conv2d_biased(of(DIMS, t[0]), of(weight, t[1]), vector(t[2]), options, true).map(drop)),
        );
        let g = [2, out[0], out[1], 4];
        add(
            "conv2d_input_grad",
            2,
            Box::new(move |t| conv2d_input_grad(of(g, t[0]), of(weight, t[1]), [6, 6], options).map(drop)),
        );
        add(
            "conv2d_weight_grad",
            2,
            Box::new(move |t| conv2d_weight_grad(of(DIMS, t[0]), of(g, t[1]), [3, 3], options).map(drop)),
        );
    }
    add(
        "matmul",
        2,
        Box::new(|t| matmul(of([5, 7], t[0]), of([7, 3], t[1])).map(drop)),
    );
    add(
        "matmul_transposed",
        2,
        Box::new(|t| matmul_transposed(of([5, 7], t[0]), of([3, 7], t[1])).map(drop)),
    );
    add(
        "relu_vjp",
        2,
        Box::new(|t| relu_vjp(of(DIMS, t[0]), of(DIMS, t[1])).map(drop)),
    );
    add(
        "leaky_relu_vjp",
        2,
        Box::new(|t| leaky_relu_vjp(of(DIMS, t[0]), of(DIMS, t[1]), 0.2).map(drop)),
    );
    add(
        "with_derivative",
        3,
        Box::new(|t| with_derivative(of(DIMS, t[0]), of(DIMS, t[1]), of(DIMS, t[2])).map(drop)),
    );
    for pool in [None, Some(PoolKind::Max), Some(PoolKind::Avg)] {
        for frozen in [false, true] {
            add("batch_norm", 4, Box::new(move |t| norm(t, pool, frozen).map(drop)));
            // The cotangent last.
            let side = if pool.is_some() { 3 } else { 6 };
            let call = move |t: &[DType]| {
                let norm = norm(&[t[0]; 4], pool, frozen)?;
                norm.vjp(of([2, side, side, 4], t[1])).map(drop)
            };
            add("batch_norm vjp", 2, Box::new(call));
        }
    }
    let adam = |t: &[DType]| {
        let state = AdamState {
            first: vector(t[2]),
            second: vector(t[3]).square(),
        };
        adam_update(vector(t[0]), vector(t[1]), state, AdamOptions::default(), 1).map(drop)
    };
    add("adam_update", 4, Box::new(adam));
    let linf = |t: &[DType]| {
        let x = |i: usize| of(DIMS, t[i]);
        linf_step(x(0), x(1), 0.1, x(2), x(3)).map(drop)
    };
    add("linf_step", 4, Box::new(linf));
    let hard_tanh = |t: &[DType]| hard_tanh_vjp(of(DIMS, t[0]), of(DIMS, t[1]), -0.5, 0.5).map(drop);
    add("hard_tanh_vjp", 2, Box::new(hard_tanh));
    calls
}

/// Ops of one tensor of floats, of which no other can differ; pools have positions besides, which are integers for floats of any type.
const OF_ONE: [&str; 9] = [
    "activation",
    "avg_pool2d",
    "avg_pool2d_transpose",
    "batch_norm_statistics",
    "leaky_relu",
    "max_pool2d",
    "pool_select",
    "pool_unselect",
    "relu",
];

#[test]
fn every_op_refuses_tensors_of_different_types() {
    for (op, tensors, call) in several() {
        for one in TYPES {
            call(&vec![one; tensors]).unwrap_or_else(|error| panic!("{op} of {one:?}: {error}"));
            for (place, other) in (0..tensors).flat_map(|place| TYPES.map(|other| (place, other))) {
                if other == one {
                    continue;
                }
                let mut types = vec![one; tensors];
                types[place] = other;
                let error = call(&types).unwrap_err();
                let Error::Types { op: named, found } = &error else {
                    panic!("{op} of {types:?}: {error}");
                };
                assert_eq!(*named, op);
                let found: Vec<DType> = found.iter().map(|(_, dtype)| *dtype).collect();
                assert_eq!(found, types);
                let message = error.to_string();
                assert!(
                    message.starts_with(op)
                        && message.contains(&format!("{one:?}"))
                        && message.contains(&format!("{other:?}")),
                    "{message}"
                );
            }
        }
    }
}

#[test]
fn positions_of_a_pool_are_for_floats_of_any_type() {
    let pool = Pool2dOptions::square(2);
    for (one, other) in TYPES.into_iter().flat_map(|one| TYPES.map(|other| (one, other))) {
        let (_, positions) = max_pool2d(of(DIMS, one), pool).unwrap();
        assert_eq!(pool_select(of(DIMS, other), &positions).unwrap().dtype(), other);
        let g = of([2, 3, 3, 4], other);
        assert_eq!(pool_unselect(g.clone(), &positions).unwrap().dtype(), other);
        assert_eq!(avg_pool2d(of(DIMS, other), pool).unwrap().dtype(), other);
        assert_eq!(avg_pool2d_transpose(g, [6, 6], pool).unwrap().dtype(), other);
    }
    for dtype in TYPES {
        assert_eq!(batch_norm_statistics(of(DIMS, dtype)).unwrap().dtype(), dtype);
        for order in [Order::Value, Order::First, Order::Second] {
            assert_eq!(activation(of(DIMS, dtype), Activation::Mish, order).dtype(), dtype);
        }
        assert_eq!(relu(of(DIMS, dtype)).dtype(), dtype);
        assert_eq!(leaky_relu(of(DIMS, dtype), 0.1).dtype(), dtype);
    }
}

/// A new op is held to this too: what `lib.rs` offers is what the tests above call.
#[test]
fn no_op_is_left_out() {
    let offered: BTreeSet<String> = include_str!("../../src/lib.rs")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub use "))
        .flat_map(|names| {
            let names = names.split_once("::").map_or("", |(_, names)| names);
            let names: Vec<String> = names
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .map(str::to_owned)
                .collect();
            names
        })
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    let called = several().into_iter().map(|(op, _, _)| op);
    let called: BTreeSet<String> = called
        .filter(|op| !op.starts_with("batch_norm") && *op != "rectified_sum")
        .chain(OF_ONE)
        .map(str::to_owned)
        .collect();
    assert_eq!(offered, called);
}
