//! Operators that move, join, resize and reduce: small ONNX models (scripts/onnx-structure-fixtures.py) give onnxruntime's logits, and input
//! gradients that are those of the logits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::{DType, Tensor, TensorData};
use doubleback::nn::{Mode, Module, Network};
use doubleback_import::{Imported, Options, open};
use doubleback_test_device::f64_device;

struct Case {
    model: Vec<u8>,
    x: Vec<f64>,
    dims: [usize; 4],
    y: Vec<f64>,
}

fn cases() -> BTreeMap<String, Case> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/structure.npz");
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let mut cases = BTreeMap::new();
    for name in names.iter().filter_map(|name| name.strip_suffix(".model")) {
        let mut floats = |what: &str| {
            let array = archive.by_name(&format!("{name}.{what}")).unwrap().unwrap();
            let shape = array.shape().to_vec();
            let values: Vec<f32> = array.into_vec().unwrap();
            (shape, values.into_iter().map(f64::from).collect())
        };
        let ((shape, x), (_, y)) = (floats("x"), floats("y"));
        let model = archive
            .by_name(&format!("{name}.model"))
            .unwrap()
            .unwrap()
            .into_vec()
            .unwrap();
        let dims = std::array::from_fn(|axis| shape[axis] as usize);
        cases.insert(name.to_owned(), Case { model, x, dims, y });
    }
    cases
}

fn imported(case: &Case) -> doubleback::Result<Imported> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    std::fs::write(&path, &case.model).unwrap();
    open(&path, &Options::default(), &f64_device())
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().convert::<f64>().try_to_vec().unwrap()
}

fn tensor<const D: usize>(values: Vec<f64>, dims: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, dims), (&f64_device(), DType::F64))
}

/// A direction, or a cotangent.
fn direction<const D: usize>(dims: [usize; D]) -> Tensor<D> {
    let values = (0..dims.iter().product()).map(|i: usize| ((i * 7919 + 5) % 1009) as f64 / 1009.0 - 0.5);
    tensor(values.collect(), dims)
}

/// What is wrong with a case.
fn verdict(case: &Case) -> Result<(), String> {
    let network = imported(case).map_err(|e| e.to_string())?.network.cast(DType::F64);
    let x = tensor(case.x.clone(), case.dims);
    let (logits, pullback) = network
        .forward_with_pullback(x.clone(), Mode::Inference)
        .map_err(|e| e.to_string())?;
    let cotangent = direction(logits.dims());
    let gradient = pullback.apply(cotangent.clone()).map_err(|e| e.to_string())?;
    let found = doubles(logits);
    if found.len() != case.y.len() {
        return Err(format!("{} logits, not {}", found.len(), case.y.len()));
    }
    let largest = case.y.iter().fold(1e-6, |most: f64, y| most.max(y.abs()));
    let error = found
        .iter()
        .zip(&case.y)
        .map(|(a, b)| (a - b).abs() / largest)
        .fold(0.0, f64::max);
    if error.is_nan() || error > 1e-5 {
        return Err(format!("a relative error of {error:e}"));
    }
    let along = direction(case.dims);
    let difference = difference(&network, &x, &along, &cotangent)?;
    let exact = doubles((gradient * along).sum())[0];
    match (exact - difference).abs() < 1e-6 * (1.0 + exact.abs()) {
        true => Ok(()),
        false => Err(format!("a slope of {exact}, a difference of {difference}")),
    }
}

/// The slope of the logits' product with a cotangent along a direction, as a central difference.
fn difference(network: &Network, x: &Tensor<4>, along: &Tensor<4>, cotangent: &Tensor<2>) -> Result<f64, String> {
    const STEP: f64 = 1e-5;
    let at = |step: f64| {
        let logits = network.forward(x.clone() + along.clone() * step, Mode::Inference);
        let logits = logits.map_err(|e| e.to_string())?;
        Ok::<f64, String>(doubles((logits * cotangent.clone()).sum())[0])
    };
    Ok((at(STEP)? - at(-STEP)?) / (2.0 * STEP))
}

#[test]
fn logits_are_those_of_onnxruntime_and_gradients_are_of_them() {
    let cases = cases();
    assert!(cases.len() > 100, "{} cases", cases.len());
    let wrong = cases
        .iter()
        .filter_map(|(name, case)| Some(format!("{name}: {}", verdict(case).err()?)));
    let wrong: Vec<String> = wrong.collect();
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Reshapes and transposes that only undo each other leave no layer, and a channel shuffle is one that moves blocks of channels.
#[test]
fn orders_become_one_layer_or_none() {
    let cases = cases();
    let kinds = |name: &str| -> Vec<String> {
        let network = imported(&cases[name]).unwrap().network;
        let layers = network.architecture().layers.iter();
        layers
            .map(|spec| {
                serde_json::to_value(&spec.kind).unwrap()["type"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect()
    };
    assert_eq!(kinds("shuffle"), ["permute"]);
    assert_eq!(kinds("mean-of-last"), ["global-avg-pool"]);
    assert_eq!(kinds("mean-of-images"), ["global-avg-pool"]);
    assert_eq!(kinds("matmul").iter().filter(|kind| *kind == "mat-mul").count(), 1);
}
