//! Models of ONNX against what onnxruntime gives for them: quantized ones (`scripts/quantized-fixtures.py`), those that compare, choose and draw
//! (`scripts/choice-models.py`), and one network as float16 and as three optimizers leave it (`scripts/optimized-models.py`).

use std::collections::HashMap;
use std::path::PathBuf;

use burn::tensor::{Tensor, TensorData};
use doubleback::nn::{Mode, Network};
use doubleback_import::{Imported, Options, open};
use doubleback_test_device::test_device;

const QUANTIZED: [&str; 7] = [
    "int8",
    "channels",
    "uint8",
    "int16",
    "int4_weights",
    "weights_in_graph",
    "symmetric",
];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn imported(name: &str) -> Imported {
    open(&fixture(&format!("{name}.onnx")), &Options::default(), &test_device())
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Sizes and values by name.
fn arrays(name: &str) -> HashMap<String, (Vec<usize>, Vec<f32>)> {
    let mut archive = npyz::npz::NpzArchive::open(fixture(&format!("{name}.npz"))).unwrap();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let read = |name: String| {
        let array = archive.by_name(&name).unwrap().unwrap();
        let dims = array.shape().iter().map(|&size| size as usize).collect();
        (name, (dims, array.into_vec().unwrap()))
    };
    names.into_iter().map(read).collect()
}

fn tensor<const D: usize>((dims, values): &(Vec<usize>, Vec<f32>)) -> Tensor<D> {
    let dims: [usize; D] = dims.clone().try_into().unwrap();
    Tensor::from_data(TensorData::new(values.clone(), dims), &test_device())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

fn logits(network: &Network, x: Tensor<4>) -> Vec<f32> {
    values(network.forward(x, Mode::Inference).unwrap())
}

fn logits_and_gradient(network: &Network, x: Tensor<4>, g: Tensor<2>) -> [Vec<f32>; 2] {
    let (logits, pullback) = network.forward_with_pullback(x, Mode::Inference).unwrap();
    [values(logits), values(pullback.apply(g).unwrap())]
}

/// The largest difference, over the largest value.
fn difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0f32, |most, x| most.max(x.abs()));
    let pairs = found.iter().zip(expected);
    pairs.fold(0f32, |most, (a, b)| most.max((a - b).abs())) / largest
}

/// The gradients are those of a twin in PyTorch that rounds straight through; and a model of our own holds the same.
#[test]
fn quantized_models_have_their_values_and_straight_through_gradients() {
    for kind in QUANTIZED {
        let stored = arrays(&format!("quantized/{kind}"));
        let imported = imported(&format!("quantized/{kind}"));
        let (x, g) = (tensor(&stored["x"]), tensor(&stored["g"]));
        let [logits, gradient] = logits_and_gradient(&imported.network, x.clone(), g.clone());
        let of_logits = difference(&logits, &stored["y"].1);
        let of_gradient = difference(&gradient, &stored["gx"].1);
        assert!(of_logits < 1e-4, "{kind}: {of_logits} from the logits of onnxruntime");
        assert!(
            of_gradient < 1e-3,
            "{kind}: {of_gradient} from the gradient of the twin"
        );
        let notes = imported.source.unwrap().notes;
        assert!(
            notes.iter().any(|note| note.contains("go straight through")),
            "{kind}: {notes:?}"
        );

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        doubleback::nn::save(&imported.network, &imported.card, &path).unwrap();
        let (network, _) = doubleback::nn::load(&path, &test_device()).unwrap();
        assert_eq!(logits_and_gradient(&network, x, g), [logits, gradient], "{kind}");
    }
}

#[test]
fn comparisons_logic_and_choices_have_their_values() {
    for name in ["comparisons", "of_two", "rows", "floats_as_truth"] {
        let stored = arrays(&format!("choices/{name}"));
        let found = logits(&imported(&format!("choices/{name}")).network, tensor(&stored["x"]));
        let far = difference(&found, &stored["y"].1);
        assert!(far < 1e-5, "{name}: {far} from onnxruntime");
    }
}

/// Whatever stands beside an image, and in whatever order; and it is said that something is drawn.
#[test]
fn noise_is_that_of_each_image_alone() {
    let imported = imported("choices/noise");
    let image = |step| -> Vec<f32> { (0..90).map(|i| (i * step % 1009) as f32 / 1009.0).collect() };
    let (a, b) = (image(7919), image(104_729));
    let of = |images: Vec<f32>| logits(&imported.network, tensor(&(vec![images.len() / 90, 3, 6, 5], images)));
    let together = of([a.clone(), b.clone()].concat());
    let turned = of([b, a.clone()].concat());
    assert_eq!(together[..4], turned[4..]);
    assert_eq!(together[4..], turned[..4]);
    assert_eq!(together[..4], of(a.clone()));
    let mut other = a;
    other[0] += 1e-6;
    assert_ne!(together[..4], of(other));
    let notes = imported.source.as_ref().unwrap().notes.clone();
    assert!(
        notes.iter().any(|note| note.contains("draws random values")),
        "{notes:?}"
    );
}

#[test]
fn what_converters_and_optimizers_leave_has_the_values_of_the_model_they_were_given() {
    let stored = arrays("optimized/plain");
    for (name, most) in [
        ("plain", 1e-5),
        ("onnxoptimizer", 1e-5),
        ("onnxsim", 1e-5),
        ("onnxslim", 1e-5),
        ("float16", 2e-3),
        ("float16_inside", 2e-3),
    ] {
        let found = logits(&imported(&format!("optimized/{name}")).network, tensor(&stored["x"]));
        let far = difference(&found, &stored["y"].1);
        assert!(far < most, "{name}: {far} from onnxruntime");
    }
}
