//! ONNX models as networks: logits and input gradients against PyTorch's, and what users are told of what was made of the file.

use std::path::{Path, PathBuf};

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Tensor, TensorData};
use doubleback::nn::{Classifier, Mode, card, load, one_hot, save, to_vec};
use doubleback_import::{Imported, Options, open, unsupported};
use doubleback_test_device::test_device;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/onnx-models")
        .join(name)
}

/// Sizes and values.
fn array(check: &str, name: &str) -> Option<(Vec<usize>, Vec<f64>)> {
    let mut archive = npyz::npz::NpzArchive::open(fixture(check)).unwrap();
    let file = archive.by_name(name).unwrap()?;
    let sizes = file.shape().iter().map(|&size| size as usize).collect();
    let values = match name {
        "label" => file
            .into_vec::<i64>()
            .unwrap()
            .into_iter()
            .map(|label| label as f64)
            .collect(),
        _ => file.into_vec::<f64>().unwrap(),
    };
    Some((sizes, values))
}

fn opened(name: &str) -> Imported {
    open(&fixture(name), &Options::default(), &test_device()).unwrap()
}

fn notes(imported: &Imported) -> String {
    imported.source.as_ref().unwrap().notes.join("\n")
}

/// Within a part of the largest value.
fn assert_close(what: &str, found: &[f32], expected: &[f64], part: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    for (place, (&a, b)) in found.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(a) - b).abs() <= part * largest,
            "{what} {place}: {a}, not {b}"
        );
    }
}

/// `normalized`: what is stored are the logits after a log-softmax.
fn assert_agrees(name: &str, check: &str, normalized: bool) {
    let imported = opened(name);
    let (sizes, values) = array(check, "input").unwrap();
    let sizes: [usize; 4] = sizes.try_into().unwrap();
    let images = Tensor::<4>::from_data(TensorData::new(values, sizes).convert::<f32>(), &test_device());
    let network = &imported.network;
    let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference).unwrap();
    let compared = if normalized {
        log_softmax(logits.clone(), 1)
    } else {
        logits.clone()
    };
    assert_close(
        name,
        &to_vec(compared).unwrap(),
        &array(check, "logits").unwrap().1,
        2e-6,
    );
    if let Some((_, labels)) = array(check, "label") {
        let labels: Vec<usize> = labels.iter().map(|&label| label as usize).collect();
        let targets = one_hot(&labels, network.classes(), &images).unwrap();
        let gradient = pullback.apply(softmax(logits, 1) - targets).unwrap();
        assert_close(
            name,
            &to_vec(gradient).unwrap(),
            &array(check, "gradient").unwrap().1,
            5e-6,
        );
    }
}

#[test]
fn both_exporters_of_pytorch_give_its_logits_and_gradients() {
    for name in ["residual-old.onnx", "residual-new.onnx"] {
        assert_agrees(name, "residual.npz", true);
        let imported = opened(name);
        assert!(
            notes(&imported).contains("LogSoftmax at the end was undone"),
            "{}",
            notes(&imported)
        );
        let source = imported.source.as_ref().unwrap();
        assert_eq!((source.format.as_str(), source.files.len()), ("onnx", 1));
        assert!(source.producer.starts_with("pytorch"), "{}", source.producer);
        assert_eq!(source.nodes.as_ref().unwrap().undone, 1);
        let stem = name.trim_end_matches(".onnx");
        assert_eq!(imported.network.architecture().name, stem);
        assert!(
            imported
                .network
                .architecture()
                .layers
                .iter()
                .any(|layer| layer.name == "conv1"),
            "{name}"
        );
    }
}

#[test]
fn one_probability_becomes_two_classes() {
    assert_agrees("binary.onnx", "binary.npz", false);
    let imported = opened("binary.onnx");
    assert_eq!(imported.network.classes(), 2);
    let notes = notes(&imported);
    assert!(
        notes.contains("Sigmoid at the end was undone") && notes.contains("two classes"),
        "{notes}"
    );
}

#[test]
fn channels_last_bytes_and_batches_are_understood() {
    assert_agrees("turned.onnx", "turned.npz", false);
    let imported = opened("turned.onnx");
    let (shape, bounds) = (imported.network.shape(), imported.network.bounds());
    assert_eq!([shape.channels, shape.height, shape.width], [3, 8, 7]);
    assert_eq!([bounds.low, bounds.high], [0.0, 255.0]);
    let notes = notes(&imported);
    for part in [
        "batches of 2",
        "channels last",
        "mean 100, 120, 140",
        "deviation 50, 60, 70",
        "training mode",
        "Softmax at the end was undone",
        "0 to 255",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(unsupported(&fixture("turned.onnx")).unwrap().is_empty());
}

#[test]
fn linear_models_of_scikit_learn_keep_the_names_of_their_classes() {
    assert_agrees("linear.onnx", "linear.npz", false);
    let imported = opened("linear.onnx");
    assert_eq!(card::classes(&imported.card).unwrap(), ["cat", "dog", "owl"]);
    assert!(notes(&imported).contains("3 x 2 x 2"), "{}", notes(&imported));
    assert!(unsupported(&fixture("linear.onnx")).unwrap().is_empty());
}

#[test]
fn what_is_imported_can_be_stored_and_read_again() {
    let imported = opened("residual-new.onnx");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&imported.network, &imported.card, &path).unwrap();
    let (again, _) = load(&path, &test_device()).unwrap();
    let images = Tensor::<4>::ones([1, 3, 12, 16], &test_device()) * 0.3;
    let [before, after] =
        [&imported.network, &again].map(|network| to_vec(network.logits(images.clone()).unwrap()).unwrap());
    assert_eq!(before, after);
}

#[test]
fn options_and_names_that_do_not_fit_are_refused() {
    let problem = |name: &str, options: &Options| {
        let problem = open(&fixture(name), options, &test_device()).unwrap_err().to_string();
        assert!(problem.contains(name) && !problem.contains('\n'), "{problem}");
        problem
    };
    let other = Options {
        output: Some("nowhere".into()),
        ..Options::default()
    };
    assert!(problem("turned.onnx", &other).contains("no output `nowhere`; it has `label`, `probabilities`"));
    // The label is the place of the largest probability.
    let label = Options {
        output: Some("label".into()),
        ..Options::default()
    };
    let refusal = problem("turned.onnx", &label);
    assert!(refusal.contains("ArgMax, opset 17"), "{refusal}");
    let arch = Options {
        arch: Some("resnet18".into()),
        ..Options::default()
    };
    assert!(problem("turned.onnx", &arch).contains("--arch"));
}

#[test]
fn an_inner_value_can_be_taken_as_the_logits() {
    let options = Options {
        output: Some("logits".into()),
        ..Options::default()
    };
    let inner = open(&fixture("turned.onnx"), &options, &test_device()).unwrap();
    let images = Tensor::<4>::ones([1, 3, 8, 7], &test_device()) * 90.0;
    let [a, b] =
        [&inner, &opened("turned.onnx")].map(|model| to_vec(model.network.logits(images.clone()).unwrap()).unwrap());
    assert_eq!(a, b);
}

#[test]
fn a_normalization_becomes_the_first_layer() {
    let options = Options {
        normalize: Some("mean=0.5;std=0.25".parse().unwrap()),
        ..Options::default()
    };
    let with = open(&fixture("binary.onnx"), &options, &test_device()).unwrap();
    let images = Tensor::<4>::ones([1, 1, 7, 5], &test_device()) * 0.75;
    let normalized = (images.clone() - 0.5) / 0.25;
    let found = to_vec(with.network.logits(images).unwrap()).unwrap();
    let expected = to_vec(opened("binary.onnx").network.logits(normalized).unwrap()).unwrap();
    assert_close(
        "normalized",
        &found,
        &expected.into_iter().map(f64::from).collect::<Vec<_>>(),
        1e-6,
    );
}
