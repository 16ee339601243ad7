//! Layers in a form that built-in networks and fixtures do not have: uneven padding, windows that reach beyond the image, axes of all kinds.

use doubleback::nn::layers::{
    AdaptiveAvgPool, AvgPool, BatchNorm, Binary, BinaryFunction, Conv2d, ConvTranspose2d, Dense, Flatten, GroupNorm,
    LayerKind, LayerNorm, LpNormalize, LpPool, MaxPool, Operand, PRelu, Permute, RmsNorm, Side, Slice, Softmax,
    Standardize, Unflatten,
};
use doubleback::nn::{Architecture, LayerSpec, ModelCard};

use super::{difference, network, through_onnx};

/// A network of one layer for images of 3 channels, 7 x 8 pixels, and a dense layer.
fn of(kinds: Vec<LayerKind>) -> Architecture {
    let mut layers: Vec<LayerSpec> = kinds
        .into_iter()
        .enumerate()
        .map(|(place, kind)| LayerSpec::new(format!("layer{place}"), kind))
        .collect();
    layers.push(LayerSpec::new("flat", Flatten {}));
    layers.push(LayerSpec::new("logits", Dense { units: 4, bias: true }));
    Architecture {
        name: "one".into(),
        input: [3, 7, 8],
        bounds: [0.0, 1.0],
        classes: 4,
        layers,
    }
}

fn conv(channels: usize) -> Conv2d {
    Conv2d {
        bias: true,
        ..Conv2d::same(channels, 3)
    }
}

fn avg(size: usize) -> AvgPool {
    AvgPool::square(size)
}

fn max(size: usize) -> MaxPool {
    MaxPool::square(size)
}

#[test]
fn layers_come_back() {
    let norm = |axes: &[usize]| LayerNorm {
        axes: axes.to_vec(),
        epsilon: 1e-5,
        gain: true,
        shift: true,
    };
    let flat_norm = BatchNorm::with_gain();
    let transposed = ConvTranspose2d {
        padding: [1, 0, 0, 2].into(),
        bias: true,
        ..ConvTranspose2d::doubling(5, [true, false])
    };
    let group = |groups: usize, affine: bool| GroupNorm {
        groups,
        epsilon: 1e-5,
        affine,
    };
    let operand = |size: [usize; 3], side: Side, function: BinaryFunction| Binary {
        function,
        constant: Some(Operand { size, side }),
    };
    let cases: Vec<(&str, Vec<LayerKind>)> = vec![
        ("groups", vec![Conv2d { groups: 3, ..conv(6) }.into()]),
        (
            "uneven",
            vec![
                Conv2d {
                    padding: [0, 2, 1, 0].into(),
                    stride: [2, 1],
                    dilation: [1, 2],
                    kernel: [2, 3],
                    ..conv(5)
                }
                .into(),
            ],
        ),
        ("transposed", vec![transposed.clone().into()]),
        (
            "transposed in groups",
            vec![
                ConvTranspose2d {
                    groups: 3,
                    channels: 6,
                    ..transposed
                }
                .into(),
            ],
        ),
        (
            "max",
            vec![
                MaxPool {
                    stride: [2, 1],
                    padding: [1, 0, 0, 1].into(),
                    ..max(3)
                }
                .into(),
            ],
        ),
        (
            "max of the rest",
            vec![
                MaxPool {
                    stride: [3, 3],
                    ceil: true,
                    ..max(2)
                }
                .into(),
                conv(4).into(),
            ],
        ),
        (
            "max of wide windows",
            vec![
                MaxPool {
                    stride: [5, 3],
                    ceil: true,
                    ..max(3)
                }
                .into(),
            ],
        ),
        (
            "max dilated",
            vec![
                MaxPool {
                    dilation: [2, 3],
                    stride: [1, 1],
                    padding: [2; 2].into(),
                    ..max(2)
                }
                .into(),
            ],
        ),
        (
            "mean",
            vec![
                AvgPool {
                    stride: [2, 1],
                    padding: [1, 0, 0, 1].into(),
                    ..avg(3)
                }
                .into(),
            ],
        ),
        (
            "mean of pixels",
            vec![
                AvgPool {
                    padding: [1; 2].into(),
                    count_padding: false,
                    ..avg(3)
                }
                .into(),
            ],
        ),
        (
            "mean of the rest",
            vec![
                AvgPool {
                    stride: [2; 2],
                    ceil: true,
                    padding: [1; 2].into(),
                    ..avg(3)
                }
                .into(),
            ],
        ),
        (
            "mean of the rest's pixels",
            vec![
                AvgPool {
                    stride: [2; 2],
                    ceil: true,
                    count_padding: false,
                    padding: [1; 2].into(),
                    ..avg(3)
                }
                .into(),
            ],
        ),
        (
            "mean dilated",
            vec![
                AvgPool {
                    dilation: [2; 2],
                    stride: [1; 2],
                    padding: [1; 2].into(),
                    ..avg(2)
                }
                .into(),
            ],
        ),
        (
            "norms of windows",
            vec![
                LpPool {
                    p: 3,
                    kernel: [2; 2],
                    stride: [2; 2],
                    padding: [0; 2].into(),
                    dilation: [1; 2],
                    ceil: true,
                }
                .into(),
            ],
        ),
        ("adaptive, equal", vec![AdaptiveAvgPool { windows: [7, 4] }.into()]),
        (
            "adaptive, unequal",
            vec![AdaptiveAvgPool { windows: [3, 5] }.into(), conv(2).into()],
        ),
        (
            "norm of a flat image",
            vec![Flatten {}.into(), flat_norm.clone().into()],
        ),
        ("norm, then flat", vec![flat_norm.into(), Standardize {}.into()]),
        (
            "standardize a flat image",
            vec![Flatten {}.into(), Standardize {}.into()],
        ),
        ("group norm", vec![conv(6).into(), group(2, true).into()]),
        ("instance norm", vec![group(3, true).into()]),
        ("group norm without gain", vec![group(1, false).into()]),
        ("layer norm of channels", vec![norm(&[2]).into(), conv(2).into()]),
        ("layer norm of images", vec![norm(&[0, 1, 2]).into()]),
        ("layer norm of pixels", vec![norm(&[0, 1]).into()]),
        ("layer norm of a vector", vec![Flatten {}.into(), norm(&[2]).into()]),
        (
            "rms norm",
            vec![
                RmsNorm {
                    axes: vec![1, 2],
                    epsilon: 1e-6,
                    gain: true,
                }
                .into(),
            ],
        ),
        ("norms", vec![LpNormalize { p: 2, axis: 1 }.into()]),
        ("prelu", vec![PRelu { size: [1, 1, 3] }.into()]),
        (
            "a constant factor",
            vec![operand([7, 1, 3], Side::Right, BinaryFunction::Mul).into()],
        ),
        (
            "a constant dividend",
            vec![
                operand([1, 1, 1], Side::Left, BinaryFunction::Sub).into(),
                Flatten {}.into(),
            ],
        ),
        (
            "a constant of a vector",
            vec![
                Flatten {}.into(),
                operand([1, 1, 168], Side::Right, BinaryFunction::Add).into(),
            ],
        ),
        ("softmax of columns", vec![Softmax { axis: 1, log: false }.into()]),
        (
            "softmax of a vector",
            vec![Flatten {}.into(), Softmax { axis: 2, log: false }.into()],
        ),
        (
            "backwards",
            vec![
                Slice {
                    axis: 1,
                    start: 0,
                    end: 7,
                    step: -2,
                }
                .into(),
            ],
        ),
        (
            "backwards, of channels",
            vec![
                Slice {
                    axis: 2,
                    start: 1,
                    end: 3,
                    step: -1,
                }
                .into(),
                conv(2).into(),
            ],
        ),
        (
            "another image",
            vec![Unflatten { size: [4, 14, 3] }.into(), conv(2).into()],
        ),
        (
            "flat and back",
            vec![Flatten {}.into(), Unflatten { size: [7, 8, 3] }.into(), conv(2).into()],
        ),
        (
            "channels first",
            vec![
                Permute {
                    from: vec![56, 3],
                    order: vec![1, 0],
                    to: [1, 1, 168],
                }
                .into(),
            ],
        ),
        (
            "channels first, as an image",
            vec![
                Permute {
                    from: vec![7, 8, 3],
                    order: vec![2, 0, 1],
                    to: [3, 7, 8],
                }
                .into(),
                conv(2).into(),
            ],
        ),
        (
            "turned",
            vec![
                Permute {
                    from: vec![7, 4, 2, 3],
                    order: vec![1, 3, 0, 2],
                    to: [12, 2, 7],
                }
                .into(),
                conv(2).into(),
            ],
        ),
    ];
    for (seed, (name, kinds)) in (1..).zip(cases) {
        let network = network(of(kinds), seed);
        let back = through_onnx(&network, &ModelCard::new()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let found = difference(&network, &back.network);
        assert!(found <= 1e-5, "{name}: {found}");
    }
}
