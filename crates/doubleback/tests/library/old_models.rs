//! Model files of format `doubleback-1`, whose batch norms hid the ReLU after them: they load, and give what the code of their time gave.
//!
//! `fixtures/doubleback-1.safetensors` is a small residual network that was trained for a few steps, `doubleback-1.json` what it gave, and the
//! built-in architectures as they were described and started. Both were written by the last version of that format.

use doubleback_test_device::test_device;
use std::path::{Path, PathBuf};

use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{
    Classifier, ModelCard, Module, Network, Pool, Staged, TrainingPass, architecture, load, save, to_vec,
};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn facts() -> Value {
    serde_json::from_slice(&std::fs::read(fixture("doubleback-1.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn names(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

fn stages(network: &Network) -> Vec<String> {
    network.stages().into_iter().map(|stage| stage.name).collect()
}

/// Equal to the bit where the kernels are those that the fixture was written with; others round otherwise.
fn same(found: &[f32], expected: &[f32], facts: &Value, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    if facts["isa"] == doubleback::ops::kernels::isa().name() {
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(found), bits(expected), "{what}");
        return;
    }
    let scale = expected.iter().fold(0f32, |most, v| most.max(v.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!(
            (found - expected).abs() < 1e-5 * scale,
            "{what}: {found} and {expected}"
        );
    }
}

fn images() -> Tensor<4> {
    let values: Vec<f32> = (0..4 * 128).map(|i| ((i * 7919 + 13) % 1009) as f32 / 1009.0).collect();
    Tensor::from_data(TensorData::new(values, [4, 2, 8, 8]), &test_device())
}

fn targets() -> Tensor<2> {
    let targets = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
    Tensor::from_floats(targets, &test_device())
}

fn check(network: &Network, facts: &Value) {
    assert_eq!(stages(network), names(&facts["stages"]));
    let (logits, pullback) = network.logits_with_pullback(images()).unwrap();
    let gradient = pullback.apply(softmax(logits.clone(), 1) - targets()).unwrap();
    same(&to_vec(logits).unwrap(), &numbers(&facts["logits"]), facts, "logits");
    same(
        &to_vec(gradient).unwrap(),
        &numbers(&facts["gradient"]),
        facts,
        "input gradient",
    );

    // In training: batch statistics, a dropout mask, and the gradient of the penalty by the parameters.
    let mut pass = TrainingPass::new(3, 0);
    let tracked = network.tracked();
    let (logits, pullback) = tracked.forward_with_pullback(images(), pass.mode()).unwrap();
    let gradient = pullback.apply(softmax(logits, 1) - targets()).unwrap();
    let gradients = gradient.square().sum().backward();
    let of = |p: &doubleback::nn::Parameter| to_vec(p.value().grad(&gradients).unwrap()).unwrap();
    let second: Vec<f32> = tracked.parameters().flat_map(of).collect();
    same(
        &second,
        &numbers(&facts["penalty_gradients"]),
        facts,
        "gradients of the penalty",
    );
}

#[test]
fn an_old_file_gives_what_it_gave_and_can_be_written_anew() {
    let facts = facts();
    let (network, card) = load(&fixture("doubleback-1.safetensors"), &test_device()).unwrap();
    assert_eq!(card, ModelCard::from([("defense".into(), "normal".into())]));
    check(&network, &facts);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.safetensors");
    save(&network, &card, &path).unwrap();
    let (again, _) = load(&path, &test_device()).unwrap();
    assert_eq!(again.architecture(), network.architecture());
    check(&again, &facts);
}

/// A file with the description that an architecture had is read as that architecture of today, whose starting values, tensors and stages are as
/// they were.
#[test]
fn architectures_start_and_are_read_as_ever() {
    let facts = facts();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.safetensors");
    for (channels, side) in [(1, 28), (3, 32)] {
        let shape = ImageShape {
            channels,
            height: side,
            width: side,
        };
        for name in ["paper-cnn", "small-cnn", "vgg-small", "resnet-small"] {
            for pool in Pool::ALL {
                let Ok(today) = architecture(name, shape, Bounds::UNIT, 10, pool) else {
                    continue;
                };
                let key = format!("{name} {} {channels} {side}", pool.name());
                let old = &facts["architectures"][&key];
                let network = Network::new(today, 7, &test_device()).unwrap();
                let start = network.parameters().flat_map(|p| to_vec(p.value().clone()).unwrap());
                let start = start.fold(0xcbf2_9ce4_8422_2325u64, |hash, value| {
                    (hash ^ u64::from(value.to_bits())).wrapping_mul(0x0100_0000_01b3)
                });
                assert_eq!(format!("{start:016x}"), old["start"], "{key}");
                assert_eq!(stages(&network), names(&old["stages"]), "{key}");
                let tensors: Vec<&str> = network.tensors().map(|p| p.name()).collect();
                assert_eq!(tensors, names(&old["tensors"]), "{key}");

                save(&network, &ModelCard::new(), &path).unwrap();
                let description = old["description"].as_str().unwrap();
                replace_facts(&path, &[("format", "doubleback-1"), ("architecture", description)]);
                let (read, _) = load(&path, &test_device()).unwrap();
                assert_eq!(read.architecture(), network.architecture(), "{key}");
            }
        }
    }
}

#[test]
fn a_file_of_a_later_format_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let (network, card) = load(&fixture("doubleback-1.safetensors"), &test_device()).unwrap();
    save(&network, &card, &path).unwrap();
    replace_facts(&path, &[("format", "doubleback-3")]);
    let message = load(&path, &test_device()).err().unwrap().to_string();
    assert!(
        message.ends_with(
            "model.safetensors: is of format `doubleback-3`; this version reads `doubleback-1` and `doubleback-2`. \
             Use the doubleback that wrote it, or a newer one"
        ),
        "{message}"
    );
}

/// Other facts in the header of a `.safetensors` file.
fn replace_facts(path: &Path, facts: &[(&str, &str)]) {
    let file = std::fs::read(path).unwrap();
    let (length, rest) = file.split_first_chunk::<8>().unwrap();
    let (header, tensors) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).unwrap());
    let mut header: Value = serde_json::from_slice(header).unwrap();
    for (name, value) in facts {
        header["__metadata__"][name] = Value::from(*value);
    }
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    std::fs::write(path, [&length, header.as_bytes(), tensors].concat()).unwrap();
}
