//! Kernels of wide, strided and single-pixel convolutions, and of what off the tape keeps bits alone: against the default bodies in f64, and that a result
//! depends neither on threads nor on the batch around an image.

use crate::common;

use burn::tensor::Tensor;
use common::{double, relative_error, single, to_vec, values};
use doubleback_ops::*;

fn both(dims: [usize; 4], seed: u64) -> (Tensor<4>, Tensor<4>) {
    let rounded: Vec<f64> = values(dims.iter().product(), seed)
        .into_iter()
        .map(|v| v as f32 as f64)
        .collect();
    (single(&rounded, dims), double(&rounded, dims))
}

fn close(bound: f64, native: &Tensor<4>, oracle: &Tensor<4>) {
    assert_eq!(native.dims(), oracle.dims());
    let error = relative_error(&to_vec(native.clone()), &to_vec(oracle.clone()));
    assert!(error < bound, "relative error {error:e}");
}

/// Height, width and channels of an input; output channels, kernel, stride, padding.
type Case = ([usize; 3], usize, usize, usize, usize);

/// Each takes another way through the image: a transformed kernel that is large, strides, and single pixels.
const CASES: [Case; 12] = [
    ([4, 4, 200], 160, 3, 1, 1),
    ([7, 9, 170], 180, 3, 1, 0),
    ([6, 5, 130], 140, 5, 1, 2),
    ([9, 8, 70], 90, 3, 2, 1),
    ([8, 8, 64], 65, 3, 2, 1),
    ([5, 4, 260], 250, 3, 2, 1),
    ([7, 7, 300], 40, 1, 2, 0),
    ([7, 6, 600], 40, 1, 1, 0),
    ([1, 1, 600], 1000, 1, 1, 0),
    ([5, 3, 64], 70, 1, 1, 0),
    ([9, 10, 60], 67, 3, 3, 2),
    ([3, 2, 20], 40, 2, 3, 1),
];

/// The convolution of some images, its input gradient at some cotangent, and its weight gradient.
fn results((size, out, kernel, stride, padding): Case, batch: usize, wide: bool) -> [Tensor<4>; 3] {
    let of = |pair: (Tensor<4>, Tensor<4>)| if wide { pair.1 } else { pair.0 };
    let options = Conv2dOptions {
        stride: [stride; 2],
        padding: [padding; 2].into(),
        ..Conv2dOptions::default()
    };
    let x = of(both([batch, size[0], size[1], size[2]], 1));
    let w = of(both([kernel, kernel, size[2], out], 2));
    let y = conv2d(x.clone(), w.clone(), options).unwrap();
    let g = of(both(y.dims(), 3));
    [
        y,
        conv2d_input_grad(g.clone(), w, [size[0], size[1]], options).unwrap(),
        conv2d_weight_grad(x, g, [kernel; 2], options).unwrap(),
    ]
}

#[test]
fn convolutions_match() {
    for case in CASES {
        for batch in [1, 3, 19] {
            for (native, oracle) in results(case, batch, false).iter().zip(&results(case, batch, true)) {
                close(1e-5, native, oracle);
            }
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let run = |threads: usize| -> Vec<Vec<f64>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            CASES
                .iter()
                .flat_map(|&case| results(case, 19, false))
                .map(to_vec)
                .collect()
        })
    };
    let alone = run(1);
    for threads in [2, 3, 7] {
        assert_eq!(alone, run(threads), "{threads} threads");
    }
}

#[test]
fn the_batch_around_an_image_changes_no_bit() {
    for case in CASES {
        let [y, back, _] = results(case, 19, false);
        let [y_alone, back_alone, _] = results(case, 1, false);
        // The first image is the same in every batch; the cotangents of the first images are, too.
        let first = |t: Tensor<4>| to_vec(t.slice_dim(0, 0..1));
        assert_eq!(first(y), to_vec(y_alone));
        assert_eq!(first(back), to_vec(back_alone));
    }
}

#[test]
fn rectified_sums_match() {
    for dims in [[1, 1, 1, 1], [2, 3, 5, 7], [3, 40, 20, 33]] {
        let ((a, a64), (b, b64), (g, g64)) = (both(dims, 1), both(dims, 2), both(dims, 3));
        let (y, sum) = RectifiedSum::new(a.clone(), b.clone()).unwrap();
        let (y64, sum64) = RectifiedSum::new(a64, b64).unwrap();
        close(1e-6, &y, &y64);
        let vjp = sum.vjp(g.clone()).unwrap();
        assert_eq!(to_vec(vjp.clone()), to_vec(sum64.vjp(g64).unwrap()));
        // On the tape, where no bits are kept, the same, and the derivative of the vjp is its mask again.
        let (a, b, g) = (a.autodiff().require_grad(), b.autodiff(), g.autodiff().require_grad());
        let (taped, sum) = RectifiedSum::new(a.clone(), b).unwrap();
        assert_eq!(to_vec(taped.clone().inner()), to_vec(y.clone()));
        let again = sum.vjp(g.clone()).unwrap();
        assert_eq!(to_vec(again.clone().inner()), to_vec(vjp));
        let gradients = (taped.square().sum() + again.clone().square().sum()).backward();
        let twice = |t: Tensor<4>| to_vec(t * 2.0);
        assert_eq!(to_vec(a.grad(&gradients).unwrap()), twice(y));
        assert_eq!(to_vec(g.grad(&gradients).unwrap()), twice(again.inner()));
    }
}

#[test]
fn nan_passes_a_rectified_sum() {
    let a = single(&[f64::NAN, -1.0, 2.0], [1, 1, 1, 3]);
    let (y, sum) = RectifiedSum::new(a, single(&[0.0; 3], [1, 1, 1, 3])).unwrap();
    let y = to_vec(y);
    assert!(y[0].is_nan() && y[1..] == [0.0, 2.0]);
    assert_eq!(
        to_vec(sum.vjp(single(&[3.0; 3], [1, 1, 1, 3])).unwrap()),
        [3.0, 0.0, 3.0]
    );
}

#[test]
fn a_frozen_batch_norm_keeps_what_its_vjp_needs() {
    let relu = Some(FusedActivation::Relu);
    let silu = Some(FusedActivation::Function(Activation::Swish { alpha: 1.0 }));
    for (activation, pool) in [
        (None, None),
        (relu, None),
        (relu, Some(PoolKind::Max)),
        (None, Some(PoolKind::Avg)),
        (silu, None),
        (silu, Some(PoolKind::Max)),
        (silu, Some(PoolKind::Avg)),
    ] {
        let options = BatchNormOptions {
            epsilon: 1e-3,
            activation,
            pool,
            frozen: true,
        };
        let dims = [3, 7, 6, 21];
        let (z, gain, shift) = (both(dims, 1).0, values(21, 2), values(21, 3));
        let make = |taped: bool| {
            let (z, statistics) = (z.clone(), batch_norm_statistics(z.clone()).unwrap());
            let (gain, shift) = (single(&gain, [21]), single(&shift, [21]));
            match taped {
                true => {
                    let taped = BatchNorm::new(
                        z.autodiff(),
                        gain.autodiff(),
                        shift.autodiff(),
                        statistics.autodiff(),
                        options,
                    );
                    let (y, vjp) = taped.unwrap().into_parts();
                    let g = both(y.dims(), 4).0.autodiff();
                    (y.inner(), vjp(g).unwrap().inner())
                }
                false => {
                    let (y, vjp) = BatchNorm::new(z, gain, shift, statistics, options)
                        .unwrap()
                        .into_parts();
                    let g = both(y.dims(), 4).0;
                    (y, vjp(g).unwrap())
                }
            }
        };
        let ((y, back), (taped, taped_back)) = (make(false), make(true));
        assert_eq!(to_vec(y), to_vec(taped));
        close(1e-6, &back, &taped_back);
    }
}
