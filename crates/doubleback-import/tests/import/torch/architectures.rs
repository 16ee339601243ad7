//! Logits and input gradients of every architecture, from PyTorch's names and shapes to numbers.

use burn::tensor::{DType, Tensor};
use doubleback::data::Bounds;
use doubleback::nn::{Architecture, Mode, Module, Pool, architecture};
use serde::Deserialize;

use super::{DIRECTION_SEED, Fixture, dot, doubles, fixture, folder, norm, value, values};
#[derive(Deserialize)]
struct FirstOrder {
    logits: Vec<f64>,
    gradient: [f64; 2],
}

/// Opens the fixture's tensors as those of `arch`, compares, and gives the architecture that was found, and the notes.
fn check(name: &str) -> (Architecture, Vec<String>) {
    let fixture: Fixture<FirstOrder> = fixture(folder().join(format!("{name}.json")));
    let opened = fixture.open(value);
    let notes = opened.source.unwrap().notes;
    let network = opened.network.cast(DType::F64);
    let images = fixture.images(DType::F64);
    let (logits, pullback) = network.forward_with_pullback(images, Mode::Inference).unwrap();
    let gradient = pullback.apply(Tensor::ones_like(&logits)).unwrap();
    let (logits, gradient) = (doubles(logits), doubles(gradient));
    let expected = &fixture.answers.logits;
    let largest = expected.iter().fold(0.0f64, |most, logit| most.max(logit.abs()));
    let error = logits
        .iter()
        .zip(expected)
        .map(|(a, b)| (a - b).abs() / largest)
        .fold(0.0, f64::max);
    // The root of a variance of the file's normalization is of float32.
    let tolerance = if name == "normalized" { 1e-6 } else { 1e-10 };
    assert!(error < tolerance, "{name}: logits differ by {error:e}");
    let [length, along] = fixture.answers.gradient;
    let error = (norm(&gradient) - length)
        .abs()
        .max((dot(&gradient, &values(gradient.len(), DIRECTION_SEED)) - along).abs());
    assert!(
        error < tolerance * length,
        "{name}: input gradients differ by {:e}",
        error / length
    );
    (network.architecture().clone(), notes)
}

#[test]
fn residual_networks() {
    for (fixture, found) in [
        ("resnet18", "resnet18"),
        ("bottleneck", "resnet-1-2-1-1"),
        ("resnet18-cifar", "resnet18"),
        ("resnet34-cifar", "resnet34"),
        ("preact-resnet18", "preact-resnet18"),
        ("preact-resnet18-v2", "preact-resnet18-v2"),
        ("wide-resnet-16-2", "wide-resnet-16-2"),
    ] {
        assert_eq!(check(fixture).0.name, found);
    }
}

/// PyTorch's logits from PyTorch's tensors, and layer for layer the network that `train --arch` makes.
#[test]
fn built_in_residual_networks_are_those_of_pytorch() {
    for name in ["resnet18", "wrn-28-2"] {
        let (found, _) = check(&format!("built-in-{name}"));
        let built = architecture(name, found.shape(), Bounds::UNIT, 10, Pool::Max).unwrap();
        assert_eq!(found.layers, built.layers, "{name}");
    }
}

#[test]
fn other_families() {
    for (fixture, found) in [
        ("vgg11", "vgg11"),
        ("vgg11_bn", "vgg11_bn"),
        ("timm-vgg", "vgg8"),
        ("small-cnn", "small-cnn"),
        ("mobilenet_v2", "mobilenet_v2"),
        ("timm-mobilenetv2", "mobilenet_v2"),
        ("densenet121", "densenet121"),
    ] {
        assert_eq!(check(fixture).0.name, found);
    }
}

#[test]
fn a_normalization_in_the_file_is_part_of_the_network_and_said() {
    let (_, notes) = check("normalized");
    assert!(
        notes
            .iter()
            .any(|note| note.contains("normalized first by `0.mean` and `0.std`")),
        "{notes:?}"
    );
    assert!(
        notes.contains(&"by its tensors it is `resnet18`".to_owned()),
        "{notes:?}"
    );
}

/// Why tensors are refused, after a change of their names.
fn refusal(name: &str, arch: Option<&str>, rename: impl Fn(&str) -> String) -> String {
    let fixture: Fixture<FirstOrder> = fixture(folder().join(format!("{name}.json")));
    fixture.open_as(arch, value, rename).err().unwrap()
}

#[test]
fn what_does_not_fit_is_named() {
    let same = |name: &str| name.to_owned();
    let wrong = refusal("resnet34-cifar", Some("resnet18"), same);
    assert!(wrong.contains("those of `resnet34`, not of `resnet18`"), "{wrong}");
    let missing = refusal("resnet18-cifar", Some("resnet18"), |name| {
        name.replace("layer2.0.bn1.bias", "layer2.0.bm1.bias")
    });
    assert!(
        missing.contains("`layer2.0.bn1.bias` is missing; `layer2.0.bm1.bias` is most like it"),
        "{missing}"
    );
    let more = refusal("resnet18-cifar", Some("resnet18"), |name| {
        name.replace("linear", "head.fc")
    });
    assert!(more.contains("`fc.weight` is missing"), "{more}");
    let unknown = refusal("resnet18-cifar", Some("vit_b_16"), same);
    assert!(unknown.contains("unknown architecture `vit_b_16`"), "{unknown}");
    let none = refusal("resnet18-cifar", None, |name| name.replace("layer", "stage"));
    assert!(none.contains("no architecture known here"), "{none}");
    let two = refusal("preact-resnet18", None, same);
    assert!(
        two.contains("`--arch preact-resnet18` or `--arch preact-resnet18-v2`"),
        "{two}"
    );
    let left = refusal("resnet18-cifar", Some("resnet18"), |name| {
        name.replace("layer1.0.bn1.weight", "layer1.0.bn1.weights")
    });
    assert!(
        left.contains("`layer1.0.bn1.weights` of the file have no place in it"),
        "{left}"
    );
}
