//! Functions of every value: both orders of derivatives in `f64` against PyTorch and against central differences, their accuracy in `f32`, and
//! what they give far out.

use std::collections::HashMap;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::Mode;
use doubleback::nn::layers::{Context, Elementwise, Epilogue, Function, HardSwish, Layer, LayerKind};
use doubleback_test_device::f64_device;

/// The functions of the fixtures, and between which values each is smooth and not near infinity.
fn functions() -> Vec<(&'static str, LayerKind, [f64; 2])> {
    use Function as F;
    let wide = [-8.0, 8.0];
    let (unit, positive) = ([-0.99, 0.99], [0.05, 8.0]);
    let of = |name, function: Function, range| (name, Elementwise { function }.into(), range);
    vec![
        of("abs", F::Abs, wide),
        of("acos", F::Acos, unit),
        of("acosh", F::Acosh, [1.05, 8.0]),
        of(
            "affine",
            F::Affine {
                scale: 2.5,
                shift: -0.5,
            },
            wide,
        ),
        of("asin", F::Asin, unit),
        of("asinh", F::Asinh, wide),
        of("atan", F::Atan, wide),
        of("atanh", F::Atanh, unit),
        of("ceil", F::Ceil, wide),
        of("celu", F::Celu { alpha: 1.25 }, wide),
        of(
            "clip",
            F::Clip {
                min: Some(-1.0),
                max: Some(2.5),
            },
            wide,
        ),
        of(
            "clip-min",
            F::Clip {
                min: Some(0.5),
                max: None,
            },
            wide,
        ),
        of(
            "clip-max",
            F::Clip {
                min: None,
                max: Some(0.5),
            },
            wide,
        ),
        of("cos", F::Cos, wide),
        of("cosh", F::Cosh, wide),
        of("elu", F::Elu { alpha: 0.7 }, wide),
        of("erf", F::Erf, wide),
        of("exp", F::Exp, wide),
        of("floor", F::Floor, wide),
        of("gelu", F::Gelu { tanh: false }, wide),
        of("gelu-tanh", F::Gelu { tanh: true }, wide),
        of(
            "hard-sigmoid",
            F::HardSigmoid {
                alpha: 1.0 / 6.0,
                beta: 0.5,
            },
            wide,
        ),
        ("hard-swish", HardSwish {}.into(), wide),
        of("hard-tanh", F::HardTanh { min: 0.0, max: 6.0 }, wide),
        of("leaky", F::Leaky { slope: 1.5 }, wide),
        of("log", F::Log, positive),
        of("max", F::Max { with: 0.5 }, wide),
        of("min", F::Min { with: 0.5 }, wide),
        of("mish", F::Mish, wide),
        of("neg", F::Neg, wide),
        of("pow-0", F::Pow { exponent: 0.0 }, wide),
        of("pow-1", F::Pow { exponent: 1.0 }, wide),
        of("pow-3", F::Pow { exponent: 3.0 }, wide),
        of("pow-1.5", F::Pow { exponent: 1.5 }, positive),
        of("pow--2", F::Pow { exponent: -2.0 }, positive),
        of("reciprocal", F::Reciprocal, positive),
        of("round", F::Round, wide),
        of(
            "selu",
            F::Selu {
                alpha: 1.673_263_242_354_377_2,
                gamma: 1.050_700_987_355_480_5,
            },
            wide,
        ),
        of("shrink-soft", F::Shrink { bias: 0.5, lambda: 0.5 }, wide),
        of("shrink-hard", F::Shrink { bias: 0.0, lambda: 0.5 }, wide),
        of("sigmoid", F::Sigmoid, wide),
        of("sign", F::Sign, wide),
        of("silu", F::Silu, wide),
        of("sin", F::Sin, wide),
        of("sinh", F::Sinh, wide),
        of("softplus", F::Softplus { beta: 1.0 }, wide),
        of("softplus-2", F::Softplus { beta: 2.0 }, wide),
        of("softsign", F::Softsign, wide),
        of("sqrt", F::Sqrt, positive),
        of("square", F::Square, wide),
        of("swish", F::Swish { alpha: 1.7 }, wide),
        of("tan", F::Tan, [-1.4, 1.4]),
        of("tanh", F::Tanh, wide),
        of("thresholded-relu", F::ThresholdedRelu { alpha: 1.0 }, wide),
    ]
}

fn tensor(values: &[f64], dtype: DType) -> Tensor<4> {
    let data = TensorData::new(values.to_vec(), [1, 1, 1, values.len()]);
    Tensor::<4>::from_data(data, (&f64_device(), DType::F64)).cast(dtype)
}

fn doubles(tensor: Tensor<4>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

type Pullback = Box<dyn Fn(Tensor<4>) -> doubleback::Result<Vec<Tensor<4>>> + Send>;

fn forward(kind: &LayerKind, x: Tensor<4>) -> (Tensor<4>, Pullback) {
    let mut context = Context {
        parameters: &[],
        buffers: &[],
        mode: &mut Mode::Inference,
        epilogue: Epilogue::default(),
        statistics: &mut None,
    };
    kind.layer().forward(vec![x], &mut context).unwrap()
}

/// Value, first and second derivative at `x`: the first by the tape and by the pullback, which must be equal, the second by the tape through
/// the pullback.
fn orders(kind: &LayerKind, x: &[f64], dtype: DType) -> [Vec<f64>; 3] {
    let ones = || tensor(&vec![1.0; x.len()], dtype);
    let tracked = || tensor(x, dtype).autodiff().require_grad();
    let of = |y: Tensor<4>, x: &Tensor<4>| match y.is_tracked() {
        true => x.grad(&y.sum().backward()).map(doubles),
        false => None,
    };
    let none = || vec![0.0; x.len()];
    let (value, pullback) = forward(kind, tensor(x, dtype));
    let first = doubles(pullback(ones()).unwrap().remove(0));
    let input = tracked();
    let (y, _) = forward(kind, input.clone());
    assert_eq!(doubles(y.clone().inner()), doubles(value.clone()));
    let same = |found: &[f64], what: &str| {
        for (found, first) in found.iter().zip(&first) {
            let near = (found - first).abs() <= 1e-6 * first.abs().max(1.0);
            assert!(near || found == first, "{kind:?} {what}: {found} for {first}");
        }
    };
    same(&of(y, &input).unwrap(), "by the tape");
    let input = tracked();
    let (_, pullback) = forward(kind, input.clone());
    let second = of(pullback(ones().autodiff()).unwrap().remove(0), &input).unwrap_or_else(none);
    let (_, pullback) = forward(kind, tracked());
    let cotangent = ones().autodiff().require_grad();
    let linear = of(pullback(cotangent.clone()).unwrap().remove(0), &cotangent).unwrap_or_else(none);
    same(&linear, "by the cotangent");
    [doubles(value), first, second]
}

fn fixtures() -> HashMap<String, Vec<f64>> {
    let path = format!("{}/tests/fixtures/elementwise.npz", env!("CARGO_MANIFEST_DIR"));
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let array = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        (name, array.into_vec::<f64>().unwrap())
    };
    names.into_iter().map(array).collect()
}

#[test]
fn both_orders_are_those_of_pytorch() {
    let expected = fixtures();
    assert_eq!(expected.len(), 4 * functions().len());
    for (name, kind, _) in functions() {
        let x = &expected[&format!("{name}.x")];
        for (order, found) in orders(&kind, x, DType::F64).iter().enumerate() {
            let expected = &expected[&format!("{name}.{order}")];
            for ((x, found), expected) in x.iter().zip(found).zip(expected) {
                let near = (found - expected).abs() <= 2e-13 * expected.abs().max(1.0);
                assert!(
                    near,
                    "{name}, derivative {order} at {x}: {found}, in PyTorch {expected}"
                );
            }
        }
    }
}

#[test]
fn derivatives_are_those_that_differences_see() {
    for (name, kind, [low, high]) in functions() {
        // No kink of any of them is as near as a step.
        let x: Vec<f64> = (0..40)
            .map(|i| low + (high - low) * (f64::from(i) + 0.5337) / 40.0)
            .collect();
        let step = 1e-6;
        let moved = |by: f64| -> Vec<f64> { x.iter().map(|x| x + by).collect() };
        let at = orders(&kind, &x, DType::F64);
        let [before, after] = [moved(-step), moved(step)].map(|x| orders(&kind, &x, DType::F64));
        for order in 0..2 {
            for i in 0..x.len() {
                let difference = (after[order][i] - before[order][i]) / (2.0 * step);
                let exact = at[order + 1][i];
                let scale = 1.0 + exact.abs() + at[order][i].abs();
                assert!(
                    (exact - difference).abs() < 1e-6 * scale,
                    "{name}, derivative {} at {}: {exact}, by differences {difference}",
                    order + 1,
                    x[i]
                );
            }
        }
    }
}

#[test]
fn single_precision_loses_nothing() {
    for (name, kind, [low, high]) in functions() {
        let x: Vec<f64> = (0..=3000).map(|i| low + (high - low) * f64::from(i) / 3000.0).collect();
        let x: Vec<f64> = x.iter().map(|&x| f64::from(x as f32)).collect();
        let (single, double) = (orders(&kind, &x, DType::F32), orders(&kind, &x, DType::F64));
        for order in 0..3 {
            let largest = double[order].iter().fold(0f64, |most, v| most.max(v.abs()));
            for ((x, single), double) in x.iter().zip(&single[order]).zip(&double[order]) {
                assert!(
                    (single - double).abs() <= 1e-6 * largest,
                    "{name}, derivative {order} at {x}: {single} for {double}, where the largest is {largest}"
                );
            }
        }
    }
}

#[test]
fn far_out_nothing_overflows_that_need_not() {
    let anywhere = |name: &&str| {
        ![
            "acos", "acosh", "asin", "atanh", "log", "sqrt", "pow-1.5", "exp", "sinh", "cosh",
        ]
        .contains(name)
    };
    for (name, kind, _) in functions().into_iter().filter(|(name, _, _)| anywhere(name)) {
        let x = [-1e4, -300.0, -90.0, -1e-30, 0.0, 1e-30, 90.0, 300.0, 1e4];
        let poles = ["reciprocal", "pow--2"].contains(&name);
        for found in orders(&kind, &x, DType::F32) {
            for (x, found) in x.iter().zip(found) {
                assert!(found.is_finite() || poles && x.abs() < 1e-3, "{name} at {x}: {found}");
            }
        }
    }
}

#[test]
fn numbers_that_make_no_function_are_refused() {
    let refused = |function: Function| Elementwise { function }.output(&[[2, 2, 2]]).unwrap_err();
    assert_eq!(
        refused(Function::Elu { alpha: f64::NAN }),
        "alpha NaN is not a number within the range of f32"
    );
    assert_eq!(refused(Function::Celu { alpha: 0.0 }), "alpha 0 is not positive");
    assert_eq!(
        refused(Function::Clip {
            min: Some(2.0),
            max: Some(1.0)
        }),
        "min 2 is above max 1"
    );
    assert_eq!(
        refused(Function::Shrink {
            bias: 0.0,
            lambda: -1.0
        }),
        "lambda -1 is negative"
    );
}

#[test]
fn files_say_the_name_and_the_numbers() {
    let json = |function: Function| serde_json::to_string(&LayerKind::from(Elementwise { function })).unwrap();
    assert_eq!(json(Function::Silu), r#"{"type":"elementwise","function":"silu"}"#);
    assert_eq!(
        json(Function::Softplus { beta: 1.0 }),
        r#"{"type":"elementwise","function":{"softplus":{}}}"#
    );
    for (_, kind, _) in functions() {
        let text = serde_json::to_string(&kind).unwrap();
        assert_eq!(serde_json::from_str::<LayerKind>(&text).unwrap(), kind, "{text}");
    }
    let more = r#"{"type":"elementwise","function":{"softplus":{"gamma":1}}}"#;
    assert!(serde_json::from_str::<LayerKind>(more).is_err());
}
