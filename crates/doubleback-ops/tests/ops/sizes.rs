//! Nothing at all, and more than memory has addresses: an error or an empty result, never a panic or a number that is none.

use crate::common;

use burn::tensor::{DType, Tensor};
use common::to_vec;
use doubleback_ops::{
    AdamOptions, AdamState, BatchNorm, BatchNormOptions, Conv2dOptions, Error, FusedActivation, Pool2dOptions,
    PoolKind, adam_update, avg_pool2d, avg_pool2d_transpose, batch_norm_statistics, conv2d, conv2d_input_grad,
    conv2d_weight_grad, conv2d_with_statistics, leaky_relu, matmul, matmul_transposed, max_pool2d, pool_select,
    pool_unselect, relu, relu_vjp,
};
use doubleback_test_device::f64_device;

fn zeros<const D: usize>(dims: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::zeros(dims, (&f64_device(), dtype))
}

/// Every size of an image in turn is 0.
fn empty() -> impl Iterator<Item = ([usize; 4], DType)> {
    let dims = [[0, 6, 6, 4], [2, 0, 6, 4], [2, 6, 0, 4], [2, 6, 6, 0], [0, 0, 0, 0]];
    dims.into_iter()
        .flat_map(|dims| [DType::F32, DType::F64].map(|dtype| (dims, dtype)))
}

#[test]
fn ops_of_nothing_are_errors_or_empty() {
    let (same, square) = (Conv2dOptions::same([3, 3]), Pool2dOptions::square(2));
    let (_, positions) = max_pool2d(zeros([2, 6, 6, 4], DType::F32), square).unwrap();
    for (dims, dtype) in empty() {
        let x = || zeros(dims, dtype);
        let weight = zeros([3, 3, dims[3], 4], dtype);
        assert!(conv2d(x(), weight.clone(), same).is_err());
        assert!(conv2d_with_statistics(x(), weight.clone(), same).is_err());
        assert!(conv2d_input_grad(x(), weight, [dims[1], dims[2]], same).is_err());
        assert!(conv2d_weight_grad(x(), x(), [3, 3], same).is_err());
        assert!(max_pool2d(x(), square).is_err() && avg_pool2d(x(), square).is_err());
        assert!(avg_pool2d_transpose(x(), [12, 12], square).is_err());
        assert!(pool_select(x(), &positions).is_err() && pool_unselect(x(), &positions).is_err());
        assert!(matches!(
            batch_norm_statistics(x()),
            Err(Error::Shape {
                op: "batch_norm_statistics",
                ..
            })
        ));
        assert_eq!(relu(x()).dims(), dims);
        assert_eq!(leaky_relu(x(), 0.1).dims(), dims);
        assert_eq!(relu_vjp(x(), x()).unwrap().dims(), dims);
        for (pool, frozen) in [(None, false), (Some(PoolKind::Max), false), (Some(PoolKind::Avg), true)] {
            let channels = zeros([dims[3]], dtype);
            let options = BatchNormOptions {
                epsilon: 1e-3,
                activation: Some(FusedActivation::Relu),
                pool,
                frozen,
            };
            let norm = BatchNorm::new(x(), channels.clone(), channels, zeros([2, dims[3]], dtype), options);
            assert!(norm.is_err(), "batch norm of {dims:?}");
        }
    }
}

#[test]
fn products_and_steps_of_nothing_are_empty_or_zero() {
    for dtype in [DType::F32, DType::F64] {
        for [m, k, n] in [[0, 3, 4], [3, 0, 4], [3, 4, 0], [0, 0, 0]] {
            let product = matmul(zeros([m, k], dtype), zeros([k, n], dtype)).unwrap();
            assert_eq!(product.dims(), [m, n]);
            assert!(to_vec(product).iter().all(|&value| value == 0.0));
            let product = matmul_transposed(zeros([m, k], dtype), zeros([n, k], dtype)).unwrap();
            assert_eq!(product.dims(), [m, n]);
            assert!(to_vec(product).iter().all(|&value| value == 0.0));
        }
        let nothing = zeros([0], dtype);
        let state = AdamState::zeros_like(&nothing);
        let (parameter, _) = adam_update(nothing.clone(), nothing, state, AdamOptions::default(), 1).unwrap();
        assert_eq!(parameter.dims(), [0]);
    }
}

/// Tensors without values can have any sizes, and a product of them would have their square.
#[test]
fn results_that_no_memory_could_hold_are_errors() {
    const MANY: usize = 1 << 33;
    let (tall, wide) = (zeros([MANY, 0], DType::F32), zeros([0, MANY], DType::F32));
    let message = matmul(tall.clone(), wide).unwrap_err().to_string();
    assert!(message.contains("memory has addresses"), "{message}");
    let message = matmul_transposed(tall.clone(), tall).unwrap_err().to_string();
    assert!(message.contains("memory has addresses"), "{message}");
    let far = Pool2dOptions {
        kernel: [1, 1],
        stride: [1 << 15, 1 << 15],
        padding: [0, 0],
    };
    let broad = zeros([1, 1, 1, 1], DType::F32).expand([1, 1, 1, 1_i64 << 40]);
    let message = avg_pool2d_transpose(broad, [1 << 15, 1 << 15], far)
        .unwrap_err()
        .to_string();
    assert!(message.contains("memory has addresses"), "{message}");
}
