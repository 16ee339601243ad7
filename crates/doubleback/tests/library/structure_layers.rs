//! Layers that move, join, resize and reduce: PyTorch's values of both orders (scripts/structure-fixtures.py), and what is refused.

use std::collections::HashMap;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::layers::{
    Concat, Constant, Coordinates, Expand, Flatten, Gather, Interpolation, LayerKind, MatMul, Pad, PadMode, Permute,
    Reduce, Reduction, Resize, Rounding, Size, Slice, Softmax,
};
use doubleback::nn::{Architecture, IMAGES, LayerSpec, Mode, Module, Network};
use doubleback_test_device::f64_device;

const IMAGE_COUNT: usize = 2;

fn values(count: usize, seed: usize) -> Vec<f64> {
    (0..count)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 1009.0 - 0.5)
        .collect()
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D], dtype: DType) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), dtype))
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn fixtures() -> HashMap<String, Vec<f64>> {
    let path = format!("{}/tests/fixtures/structure.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut array = |name: &str| archive.by_name(name).unwrap().unwrap().into_vec::<f64>().unwrap();
    names.into_iter().map(|name| (name.clone(), array(&name))).collect()
}

/// A case of the script: its images are of this size, and coarse (many zeros and ties) or not.
struct Case {
    name: &'static str,
    size: Size,
    coarse: bool,
    layers: Vec<LayerSpec>,
}

impl Case {
    fn network(&self) -> Network {
        let [height, width, channels] = self.size;
        let mut architecture = Architecture {
            name: self.name.into(),
            input: [channels, height, width],
            bounds: [-0.5, 0.5],
            classes: 1,
            layers: self.layers.clone(),
        };
        architecture.layers.push(LayerSpec::new("flatten", Flatten {}));
        // The values that it gives are the logits.
        let message = architecture
            .sizes()
            .map(|_| String::new())
            .unwrap_or_else(|e| e.to_string());
        if let Some(count) = message.split("gives [1, 1, ").nth(1) {
            architecture.classes = count.split(']').next().unwrap().parse().unwrap();
        }
        Network::new(architecture, 0, &f64_device()).unwrap()
    }

    fn images(&self, dtype: DType) -> Tensor<4> {
        let [height, width, channels] = self.size;
        let dims = [IMAGE_COUNT, channels, height, width];
        let values = values(dims.iter().product(), 3).into_iter();
        let values = values.map(|v| if self.coarse { (v * 4.0).trunc() / 4.0 } else { v });
        tensor(values.collect(), dims, dtype)
    }

    fn check(&self, expected: &HashMap<String, Vec<f64>>, dtype: DType, tolerance: f64) {
        let network = self.network();
        let images = self.images(dtype).autodiff().require_grad();
        let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
        let [n, classes] = logits.dims();
        let cotangent = tensor(values(n * classes, 5), [n, classes], dtype)
            .autodiff()
            .require_grad();
        let first = pullback.apply(cotangent.clone()).unwrap();
        let gradients = first.clone().square().sum().backward();
        let second = images.grad(&gradients).map(doubles);
        let found = [
            ("out", doubles(logits.inner())),
            ("first", doubles(first.inner())),
            (
                "second",
                second.unwrap_or_else(|| vec![0.0; images.dims().iter().product()]),
            ),
            ("of-cotangent", doubles(cotangent.grad(&gradients).unwrap())),
        ];
        for (what, found) in found {
            let expected = &expected[&format!("{}.{what}", self.name)];
            assert_eq!(found.len(), expected.len(), "{} {what}", self.name);
            let scale = expected.iter().fold(1.0, |most: f64, value| most.max(value.abs()));
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                assert!(
                    (found - expected).abs() <= tolerance * scale,
                    "{} {dtype:?} {what} {index}: {found}, PyTorch has {expected}",
                    self.name
                );
            }
        }
        self.check_plain(expected, dtype, tolerance);
    }

    /// Without a tape, one image alone: the same values.
    fn check_plain(&self, expected: &HashMap<String, Vec<f64>>, dtype: DType, tolerance: f64) {
        let network = self.network();
        let image = self.images(dtype).slice_dim(0, 1..2);
        let (logits, pullback) = network.forward_with_pullback(image, Mode::Inference).unwrap();
        let classes = logits.dims()[1];
        let cotangent = values(IMAGE_COUNT * classes, 5).split_off(classes);
        let first = pullback.apply(tensor(cotangent, [1, classes], dtype)).unwrap();
        for (what, found) in [("out", doubles(logits)), ("first", doubles(first))] {
            let expected = &expected[&format!("{}.{what}", self.name)];
            let expected = &expected[expected.len() - found.len()..];
            let scale = expected.iter().fold(1.0, |most: f64, value| most.max(value.abs()));
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() <= tolerance * scale,
                    "{} alone, {what}: {found}, PyTorch has {expected}",
                    self.name
                );
            }
        }
    }
}

fn case(name: &'static str, size: Size, layers: Vec<LayerSpec>) -> Case {
    Case {
        name,
        size,
        coarse: false,
        layers,
    }
}

fn one(name: &'static str, size: Size, layer: impl Into<LayerKind>) -> Case {
    case(name, size, vec![LayerSpec::new("layer", layer)])
}

fn coarse(name: &'static str, size: Size, layers: Vec<LayerSpec>) -> Case {
    Case {
        coarse: true,
        ..case(name, size, layers)
    }
}

fn slice(axis: usize, start: usize, end: usize, step: isize) -> Slice {
    Slice { axis, start, end, step }
}

fn reduce(function: Reduction, axes: &[usize]) -> LayerSpec {
    let axes = axes.to_vec();
    LayerSpec::new("reduce", Reduce { function, axes })
}

/// Each value times itself, by layers of this file: a product of a stack of two.
fn squared(size: Size) -> Vec<LayerSpec> {
    powered(size, 2)
}

fn powered([height, width, channels]: Size, times: usize) -> Vec<LayerSpec> {
    let count = height * width * channels;
    let view = Permute {
        from: vec![count],
        order: vec![0],
        to: [1, count, 1],
    };
    let mut stack = LayerSpec::new("stack", Concat { axis: 2 });
    for _ in 0..times {
        stack = stack.after("view");
    }
    let back = Permute {
        from: vec![count],
        order: vec![0],
        to: [height, width, channels],
    };
    let function = Reduction::Prod;
    vec![
        LayerSpec::new("view", view).after(IMAGES),
        stack,
        LayerSpec::new(
            "powered",
            Reduce {
                function,
                axes: vec![2],
            },
        ),
        LayerSpec::new("back", back),
    ]
}

fn then(mut layers: Vec<LayerSpec>, next: LayerSpec) -> Vec<LayerSpec> {
    layers.push(next);
    layers
}

/// Eight times each value.
fn eight() -> Vec<LayerSpec> {
    let add = |name: &str, input: &str| {
        LayerSpec::new(name, doubleback::nn::layers::Add {})
            .after(input)
            .after(input)
    };
    vec![add("two", IMAGES), add("four", "two"), add("eight", "four")]
}

fn resize(size: Size, mode: Interpolation, coordinates: Coordinates, antialias: bool) -> Resize {
    Resize {
        size,
        mode,
        coordinates,
        antialias,
        // PyTorch's antialiased kernels see nothing outside the image.
        exclude_outside: antialias,
        scales: None,
    }
}

/// Each value and three quarters.
fn lifted([height, width, channels]: Size) -> Vec<LayerSpec> {
    let count = height * width * channels;
    let view = |to: Size| Permute {
        from: vec![count],
        order: vec![0],
        to,
    };
    let quarter = Pad {
        before: [0; 3],
        after: [0, 0, 1],
        mode: PadMode::Constant { value: 0.75 },
    };
    let function = Reduction::Sum;
    vec![
        LayerSpec::new("view", view([1, count, 1])),
        LayerSpec::new("beside", quarter),
        LayerSpec::new(
            "lifted",
            Reduce {
                function,
                axes: vec![2],
            },
        ),
        LayerSpec::new("back", view([height, width, channels])),
    ]
}

fn moves() -> Vec<Case> {
    let turn = Permute {
        from: vec![4, 5, 2, 3],
        order: vec![3, 1, 2, 0],
        to: [3, 10, 4],
    };
    let pad = |before, after, mode| Pad { before, after, mode };
    let constant = PadMode::Constant { value: 0.25 };
    let concat = vec![
        LayerSpec::new("part", slice(1, 1, 3, 1)).after(IMAGES),
        LayerSpec::new("joined", Concat { axis: 1 })
            .after("part")
            .after("back")
            .after(IMAGES),
    ];
    let grown = LayerSpec::new("grown", Expand { size: [4, 3, 2] });
    vec![
        one("permute", [4, 5, 6], turn),
        one("slice", [5, 4, 3], slice(0, 1, 4, 1)),
        one("slice-step", [5, 4, 3], slice(1, 0, 4, 3)),
        one("slice-back", [5, 4, 3], slice(0, 1, 5, -2)),
        case("concat", [3, 4, 2], [squared([3, 4, 2]), concat].concat()),
        one(
            "gather",
            [3, 4, 5],
            Gather {
                axis: 2,
                indices: vec![4, 0, 0, 2],
            },
        ),
        one(
            "gather-all",
            [3, 4, 5],
            Gather {
                axis: 0,
                indices: vec![2, 0, 1],
            },
        ),
        case("expand", [1, 3, 1], then(squared([1, 3, 1]), grown)),
        one("pad-constant", [3, 2, 2], pad([1, 0, 2], [0, 3, 1], constant)),
        one("pad-reflect", [4, 3, 2], pad([2, 1, 0], [3, 2, 0], PadMode::Reflect)),
        one("pad-edge", [4, 3, 2], pad([2, 1, 0], [3, 4, 0], PadMode::Edge)),
        one("pad-wrap", [4, 3, 2], pad([2, 1, 0], [3, 2, 0], PadMode::Wrap)),
    ]
}

fn products() -> Vec<Case> {
    let size = [3, 4, 5];
    let softmax = |axis, log| LayerSpec::new("softmax", Softmax { axis, log });
    let halves = |first: usize, all: usize, turned: bool| {
        let others = [all - first, 3, 5];
        let mut layers = vec![
            LayerSpec::new("left", slice(0, 0, first, 1)).after(IMAGES),
            LayerSpec::new("right", slice(0, first, all, 1)).after(IMAGES),
        ];
        if turned {
            let turn = Permute {
                from: others.to_vec(),
                order: vec![0, 2, 1],
                to: [others[0], 5, 3],
            };
            layers.push(LayerSpec::new("turned", turn));
        }
        let last = layers[layers.len() - 1].name.clone();
        then(layers, LayerSpec::new("product", MatMul {}).after("left").after(last))
    };
    vec![
        case("softmax", size, then(eight(), softmax(2, false))),
        case("log-softmax", size, then(eight(), softmax(0, true))),
        case("mat-mul", [4, 3, 5], halves(2, 4, true)),
        case("mat-mul-one", [3, 3, 3], halves(1, 3, false)),
    ]
}

fn reductions() -> Vec<Case> {
    use Reduction::{L1, L2, LogSum, LogSumExp, Max, Mean, Min, Prod, Sum, SumSquare};
    let size = [3, 4, 2];
    let (rows, five) = ([0, 2], [3, 5, 2]);
    vec![
        case("mean", size, then(squared(size), reduce(Mean, &rows))),
        case("sum", size, then(squared(size), reduce(Sum, &[1]))),
        coarse("max", size, then(powered(size, 3), reduce(Max, &[0, 1]))),
        coarse("min", size, then(powered(size, 3), reduce(Min, &[2]))),
        case("prod", five, then(lifted(five), reduce(Prod, &[1]))),
        coarse("prod-zeros", five, vec![reduce(Prod, &[1, 2])]),
        coarse("l1", size, vec![reduce(L1, &rows)]),
        case("l2", size, vec![reduce(L2, &rows)]),
        case("sum-square", size, vec![reduce(SumSquare, &rows)]),
        case("log-sum", size, then(lifted(size), reduce(LogSum, &rows))),
        case("log-sum-exp", size, then(eight(), reduce(LogSumExp, &[1, 2]))),
    ]
}

fn resizes() -> Vec<Case> {
    use Coordinates::{AlignCorners, Asymmetric, HalfPixel};
    use Interpolation::{Cubic, Linear, Nearest};
    let (small, large, grown, shrunk) = ([4, 5, 2], [9, 8, 2], [7, 3, 2], [4, 3, 2]);
    let scaled = Resize {
        scales: Some([1.7, 0.7, 1.0]),
        ..resize([6, 3, 2], Linear, HalfPixel, false)
    };
    let keys = Cubic { a: -0.75 };
    // Pillow's cubic.
    let wide = Cubic { a: -0.5 };
    vec![
        one(
            "nearest",
            small,
            resize(grown, Nearest(Rounding::Floor), Asymmetric, false),
        ),
        one("linear", small, resize(grown, Linear, HalfPixel, false)),
        one("linear-corners", small, resize(grown, Linear, AlignCorners, false)),
        one("linear-scale", small, scaled),
        one("linear-antialias", large, resize(shrunk, Linear, HalfPixel, true)),
        one("cubic", small, resize(grown, keys, HalfPixel, false)),
        one("cubic-antialias", large, resize(shrunk, wide, HalfPixel, true)),
    ]
}

#[test]
fn both_orders_as_pytorch_has_them() {
    let expected = fixtures();
    let cases = [moves(), products(), reductions(), resizes()];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    assert_eq!(cases.len() * 4, expected.len(), "every stored case is tested");
    for case in cases {
        case.check(&expected, DType::F64, 1e-12);
        case.check(&expected, DType::F32, 2e-5);
    }
}

/// Where a norm is zero, PyTorch's second derivative is not a number; here all derivatives are zero.
#[test]
fn a_norm_of_zeros_has_no_slope() {
    let case = case("l2", [1, 2, 2], vec![reduce(Reduction::L2, &[2])]);
    let images = tensor(vec![0.0, 3.0, 0.0, 4.0], [1, 2, 1, 2], DType::F64)
        .autodiff()
        .require_grad();
    let network = case.network();
    let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
    assert_eq!(doubles(logits.clone().inner()), [0.0, 5.0]);
    let first = pullback.apply(logits.ones_like()).unwrap();
    let slopes = doubles(first.clone().inner());
    let near = |(slope, expected): (&f64, f64)| (slope - expected).abs() < 1e-15;
    assert!(slopes.iter().zip([0.0, 0.6, 0.0, 0.8]).all(near), "{slopes:?}");
    let along = tensor(vec![1.0, 0.0, 1.0, 0.0], [1, 2, 1, 2], DType::F64);
    let second = images.grad(&(first * along).sum().backward()).unwrap();
    assert_eq!(doubles(second), [0.0; 4]);
}

/// What depends on parameters, which a tape watches, beside what does not.
#[test]
fn constants_and_images_beside_what_is_trained() {
    let layers = vec![
        LayerSpec::new("token", Constant { size: [1, 2, 3] }).after(IMAGES),
        LayerSpec::new("joined", Concat { axis: 0 })
            .after(IMAGES)
            .after("token"),
        LayerSpec::new("product", MatMul {})
            .after("joined")
            .after("token.turned"),
    ];
    let turned = Permute {
        from: vec![2, 3],
        order: vec![1, 0],
        to: [1, 3, 2],
    };
    let mut layers = layers;
    layers.insert(1, LayerSpec::new("token.turned", turned).after("token"));
    let case = case("beside", [2, 2, 3], layers);
    let mut network = case.network().cast(DType::F64);
    network
        .set("token.value", tensor(values(6, 7), [6], DType::F64))
        .unwrap();
    let tracked = network.tracked();
    let objective = |network: &Network, moved: Tensor<4>| {
        let (logits, pullback) = network.forward_with_pullback(moved, Mode::Inference).unwrap();
        let cotangent = logits.clone() + tensor(values(24, 5), [2, 12], DType::F64);
        let gradient = pullback.apply(cotangent).unwrap();
        logits.square().sum() + gradient.square().sum()
    };
    let images = case.images(DType::F64);
    let gradients = objective(&tracked, images.clone()).backward();
    let parameter = tracked.parameters().next().unwrap();
    let slope = doubles(parameter.value().grad(&gradients).unwrap());
    for place in 0..6 {
        let at = |step: f64| {
            let mut moved = values(6, 7);
            moved[place] += step;
            let mut network = network.clone();
            network.set("token.value", tensor(moved, [6], DType::F64)).unwrap();
            doubles(objective(&network, images.clone()))[0]
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!(
            (slope[place] - difference).abs() < 1e-7,
            "{} and {difference}",
            slope[place]
        );
    }
}

/// Values whose exponentials no `f32` holds.
#[test]
fn exponentials_do_not_overflow() {
    let at = |layer: LayerKind| {
        let case = one("large", [1, 1, 3], layer);
        let images = tensor(vec![500.0, 501.0, -2000.0], [1, 3, 1, 1], DType::F32)
            .autodiff()
            .require_grad();
        let network = case.network();
        let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
        let gradient = pullback.apply(logits.ones_like()).unwrap();
        let second = images.grad(&gradient.clone().square().sum().backward());
        let second = second.map(doubles).unwrap_or_default();
        (doubles(logits.inner()), doubles(gradient.inner()), second)
    };
    let function = Reduction::LogSumExp;
    for layer in [
        Softmax { axis: 2, log: false }.into(),
        Softmax { axis: 2, log: true }.into(),
        Reduce {
            function,
            axes: vec![2],
        }
        .into(),
    ] {
        let (values, first, second) = at(layer);
        let all = values.iter().chain(&first).chain(&second);
        assert!(
            all.clone().all(|value| value.is_finite()),
            "{:?}",
            all.collect::<Vec<_>>()
        );
    }
    let (values, ..) = at(Reduce {
        function,
        axes: vec![2],
    }
    .into());
    assert!((values[0] - 501.313_26).abs() < 1e-3, "{values:?}");
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let refused = |inputs: &[Size], layer: LayerKind| layer.layer().output(inputs).unwrap_err();
    let image = [[4, 5, 6]];
    let permute = |from: &[usize], order: &[usize], to| {
        refused(
            &image,
            Permute {
                from: from.to_vec(),
                order: order.to_vec(),
                to,
            }
            .into(),
        )
    };
    assert_eq!(
        permute(&[20, 6], &[1, 1], [1, 1, 120]),
        "[1, 1] is not an order of 2 axes"
    );
    assert_eq!(
        permute(&[20, 5], &[1, 0], [1, 1, 120]),
        "the values of [4, 5, 6] do not fill [20, 5]"
    );
    let many = [2; 10];
    let backwards: Vec<usize> = (0..10).rev().collect();
    let layer = Permute {
        from: many.to_vec(),
        order: backwards,
        to: [1, 1, 1024],
    };
    assert_eq!(refused(&[[1, 1, 1024]], layer.into()), "moves 10 axes, more than 7");
    assert_eq!(
        refused(&image, slice(1, 3, 6, 1).into()),
        "takes 3 to 6 of 5 places along the width"
    );
    assert_eq!(
        refused(&image, slice(1, 3, 3, 1).into()),
        "takes 3 to 3 of 5 places along the width"
    );
    assert!(refused(&image, slice(3, 0, 1, 1).into()).starts_with("there is no axis 3"));
    assert!(refused(&image, slice(0, 0, 1, 0).into()).contains("the step must not be 0"));
    assert!(refused(&[[1, 2, 3], [1, 3, 3]], Concat { axis: 2 }.into()).contains("along the channels"));
    let gather = |indices: Vec<usize>| refused(&image, Gather { axis: 2, indices }.into());
    assert_eq!(gather(vec![0, 6]), "index 6 is not one of 6 along the channels");
    assert_eq!(gather(vec![]), "gathers nothing: it needs an index");
    assert!(refused(&image, Expand { size: [4, 5, 7] }.into()).contains("only a size of 1 can grow"));
    let pad = |after, mode| {
        refused(
            &image,
            Pad {
                before: [0; 3],
                after,
                mode,
            }
            .into(),
        )
    };
    assert!(pad([4, 0, 0], PadMode::Reflect).contains("at most 3 can be added"));
    assert!(pad([usize::MAX, 0, 0], PadMode::Edge).contains("at most"));
    assert!(pad([0; 3], PadMode::Constant { value: f64::INFINITY }).contains("not a finite number"));
    let reduce = |axes: &[usize]| refused(&image, reduce(Reduction::Sum, axes).kind);
    assert_eq!(reduce(&[]), "needs an axis");
    assert_eq!(reduce(&[1, 1]), "axes [1, 1] name one twice");
    assert!(refused(&[[1, 2, 3], [1, 2, 3]], MatMul {}.into()).starts_with("cannot multiply matrices"));
    let linear = |size| resize(size, Interpolation::Linear, Coordinates::HalfPixel, true);
    let huge = 1 << 40;
    assert!(refused(&image, linear([huge, 5, 6]).into()).contains("takes more than"));
    assert!(refused(&[[1 << 20, 1, 1]], linear([1 << 20, 1, 1 << 20]).into()).contains("takes more than"));
    assert_eq!(
        refused(&image, linear([0, 5, 6]).into()),
        "height: 4 pixels cannot become 0"
    );
    for scale in [1e-300, f64::NAN, f64::INFINITY, -1.0] {
        let layer = Resize {
            scales: Some([scale, 1.0, 1.0]),
            ..linear([1, 5, 6])
        };
        assert!(refused(&image, layer.into()).contains("does not make"), "{scale}");
    }
}

#[test]
fn as_files_write_them() {
    let json = |layer: LayerKind| {
        let text = serde_json::to_string(&layer).unwrap();
        assert_eq!(serde_json::from_str::<LayerKind>(&text).unwrap(), layer);
        text
    };
    assert_eq!(
        json(slice(0, 1, 3, 1).into()),
        r#"{"type":"slice","axis":0,"start":1,"end":3}"#
    );
    assert_eq!(json(MatMul {}.into()), r#"{"type":"mat-mul"}"#);
    assert_eq!(
        json(Softmax { axis: 2, log: false }.into()),
        r#"{"type":"softmax","axis":2}"#
    );
    let mode = PadMode::Constant { value: 0.0 };
    let pad = Pad {
        before: [0; 3],
        after: [1; 3],
        mode,
    };
    assert_eq!(
        json(pad.into()),
        r#"{"type":"pad","before":[0,0,0],"after":[1,1,1],"mode":{"constant":{"value":0.0}}}"#
    );
    let cubic = resize(
        [2, 2, 1],
        Interpolation::Cubic { a: -0.5 },
        Coordinates::AlignCorners,
        false,
    );
    assert_eq!(
        json(cubic.into()),
        r#"{"type":"resize","size":[2,2,1],"mode":{"cubic":{"a":-0.5}},"coordinates":"align-corners"}"#
    );
    let rounding = Interpolation::Nearest(Rounding::PreferCeil);
    assert_eq!(
        json(resize([2, 2, 1], rounding, Coordinates::HalfPixel, true).into()),
        r#"{"type":"resize","size":[2,2,1],"mode":{"nearest":"prefer-ceil"},"coordinates":"half-pixel","antialias":true,"exclude_outside":true}"#
    );
    assert!(serde_json::from_str::<LayerKind>(r#"{"type":"slice","axis":0,"start":1,"end":3,"more":1}"#).is_err());
}
