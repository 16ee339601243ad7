//! Networks as ONNX files.

use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::layers::{Dense, Flatten, Floor, Lrn, Noise};
use doubleback::nn::layers::{Distribution, LocalContrast};
use doubleback::nn::{
    ARCHITECTURES, Activation, Architecture, Classifier, LayerSpec, ModelCard, Module, Pool, architecture, card,
};
use doubleback_import::{Options, open, open_onnx, save_onnx};
use doubleback_test_device::test_device;

use super::{difference, fixtures, images, logits, network, reopened, through_onnx};

/// Relative to the largest logit.
const CLOSE: f32 = 1e-5;

fn built(name: &str, channels: usize) -> Architecture {
    let shape = ImageShape {
        channels,
        height: 32,
        width: 32,
    };
    let bounds = Bounds { low: -0.5, high: 1.0 };
    architecture(name, shape, bounds, 10, Pool::Max).unwrap()
}

#[test]
fn every_architecture_comes_back_with_its_names_and_logits() {
    for (seed, name) in (1..).zip(ARCHITECTURES) {
        let network = network(built(name, 3), seed);
        let mut card = ModelCard::new();
        card::set_classes(
            &mut card,
            &(0..10).map(|class| format!("class {class}")).collect::<Vec<_>>(),
        );
        card.insert("defense".into(), "doubleback".into());
        let back = through_onnx(&network, &card).unwrap();
        let found = difference(&network, &back.network);
        assert!(found <= CLOSE, "{name}: {found}");
        assert_eq!(back.network.bounds(), network.bounds(), "{name}");
        assert_eq!(
            (&back.card["classes"], &back.card["defense"]),
            (&card["classes"], &card["defense"])
        );
        for tensor in network.tensors() {
            // Of a batch norm without gain come ones.
            let there = back.network.tensors().find(|other| other.name() == tensor.name());
            let there = there.unwrap_or_else(|| panic!("{name}: no {}", tensor.name()));
            assert_eq!(there.dims(), tensor.dims(), "{name}: {}", tensor.name());
        }
    }
}

#[test]
fn activations_pooling_and_local_contrast_come_back() {
    for (seed, activation) in (1..).zip(Activation::NAMES.into_iter().chain(["softplus:3.5"])) {
        let shape = ImageShape {
            channels: 1,
            height: 28,
            width: 28,
        };
        let paper = architecture("paper-cnn", shape, Bounds::UNIT, 10, Pool::Avg).unwrap();
        let paper = paper.with_activation(activation.parse().unwrap());
        let network = network(paper, seed);
        let back = through_onnx(&network, &ModelCard::new()).unwrap();
        let found = difference(&network, &back.network);
        assert!(found <= CLOSE, "{activation}: {found}");
        assert_eq!(
            back.network.architecture().activation().unwrap().name(),
            activation.split(':').next().unwrap()
        );
    }
    for channels in [1, 3] {
        let behind = built("paper-cnn", channels).behind_local_contrast(LocalContrast::default());
        let network = network(behind, 9);
        let back = through_onnx(&network, &ModelCard::new()).unwrap();
        let found = difference(&network, &back.network);
        assert!(found <= CLOSE, "local contrast of {channels}: {found}");
    }
}

#[test]
fn a_batch_may_be_fixed() {
    let network = network(built("resnet-small", 1), 3);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    save_onnx(&network, &ModelCard::new(), &path, Some(4)).unwrap();
    let back = reopened(&path);
    let source = back.source.unwrap();
    assert_eq!(source.inputs, ["images: float [4, 1, 32, 32]"]);
    assert_eq!(source.outputs, ["logits: float [4, 10]"]);
    assert!(difference(&network, &back.network) <= CLOSE);
    save_onnx(&network, &ModelCard::new(), &path, None).unwrap();
    assert_eq!(
        reopened(&path).source.unwrap().inputs,
        ["images: float [batch, 1, 32, 32]"]
    );
    let refusal = save_onnx(&network, &ModelCard::new(), &path, Some(0))
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("a batch of no images"), "{refusal}");
}

#[test]
fn equal_networks_are_equal_files() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| {
        let path = folder.path().join(name);
        save_onnx(&network(built("vgg-small", 3), 5), &ModelCard::new(), &path, None).unwrap();
        std::fs::read(path).unwrap()
    };
    assert_eq!(bytes("a.onnx"), bytes("b.onnx"));
}

#[test]
fn all_that_is_in_the_way_is_named_in_one_line() {
    let shape = ImageShape {
        channels: 2,
        height: 6,
        width: 6,
    };
    let noise = Noise {
        distribution: Distribution::Uniform { low: 0.0, high: 1.0 },
        size: [6, 6, 2],
        seed: 1,
    };
    let contrast = LocalContrast { floor: Floor::Batch };
    let even = Lrn {
        size: 2,
        alpha: 1e-4,
        beta: 0.75,
        bias: 1.0,
    };
    let layers = vec![
        LayerSpec::new("contrast", contrast),
        LayerSpec::new("even", even),
        LayerSpec::new("noise", noise),
        LayerSpec::new("flat", Flatten {}),
        LayerSpec::new("logits", Dense { units: 3, bias: true }),
    ];
    let architecture = Architecture {
        name: "odd".into(),
        input: [2, 6, 6],
        bounds: [0.0, 1.0],
        classes: 3,
        layers,
    };
    assert_eq!(architecture.shape(), shape);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    let refusal = save_onnx(&network(architecture, 1), &ModelCard::new(), &path, None).unwrap_err();
    let refusal = refusal.to_string();
    for part in [
        "model.onnx",
        "layer `contrast` (local-contrast)",
        "layer `even` (lrn)",
        "layer `noise` (noise)",
    ] {
        assert!(refusal.contains(part), "{part}: {refusal}");
    }
    assert!(!refusal.contains('\n') && !path.exists());
}

/// Fixtures whose networks have layers that version 17 has no operator for, with the part of the refusal that says which.
const REFUSED: [(&str, &str); 3] = [
    ("noise.onnx", "(noise)"),
    ("int16.onnx", "(fake-quantize)"),
    ("int4_weights.onnx", "(fake-quantize)"),
];

#[test]
fn models_of_other_programs_come_back() {
    let folders = ["choices", "onnx-models", "optimized", "quantized", "spatial"];
    let (mut count, mut refused) = (0, Vec::new());
    for folder in folders {
        for entry in std::fs::read_dir(fixtures().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".onnx") {
                continue;
            }
            let options = Options {
                size: Some([8, 8]),
                ..Options::default()
            };
            let Ok(imported) = open(&path, &options, &test_device()) else {
                continue;
            };
            match through_onnx(&imported.network, &imported.card) {
                Ok(back) => {
                    let found = difference(&imported.network, &back.network);
                    assert!(found <= CLOSE, "{name}: {found}");
                    count += 1;
                }
                Err(refusal) => refused.push((name, refusal.to_string())),
            }
        }
    }
    for (name, refusal) in &refused {
        let expected = REFUSED.iter().find(|(refused, _)| refused == name);
        let (_, part) = expected.unwrap_or_else(|| panic!("{refusal}"));
        assert!(refusal.contains(part) && !refusal.contains('\n'), "{refusal}");
    }
    assert!(count >= 20, "{count}");
}

/// The small models of single operators that the importer is tested with, and how many cannot be written.
#[test]
fn operators_come_back() {
    for (file, least) in [("structure.npz", 0.9), ("onnx-elementwise.npz", 0.9)] {
        let mut archive = npyz::npz::NpzArchive::open(fixtures().join(file)).unwrap();
        let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
        let models: Vec<&String> = names
            .iter()
            .filter(|name| name.ends_with(".model") || name.ends_with(".onnx"))
            .collect();
        let (mut written, mut problems) = (0, Vec::new());
        for name in &models {
            let bytes: Vec<u8> = archive.by_name(name).unwrap().unwrap().into_vec().unwrap();
            let imported = open_onnx(bytes, name, &Options::default(), &test_device()).unwrap();
            match through_onnx(&imported.network, &imported.card) {
                Ok(back) => {
                    written += 1;
                    let images = images(&imported.network, 2, 5);
                    let (a, b) = (logits(&imported.network, &images), logits(&back.network, &images));
                    let far = |(a, b): (&f32, &f32)| {
                        let both_nan = a.is_nan() && b.is_nan();
                        !both_nan && a != b && (a - b).abs() > CLOSE * a.abs().max(1.0)
                    };
                    if a.iter().zip(&b).any(far) {
                        problems.push(format!("{name}: {a:?}, not {b:?}"));
                    }
                }
                Err(refusal) => {
                    let refusal = refusal.to_string();
                    assert!(refusal.contains("layer `") && !refusal.contains('\n'), "{refusal}");
                }
            }
        }
        assert!(problems.is_empty(), "{file}: {}", problems.join("\n"));
        assert!(
            written as f32 >= least * models.len() as f32,
            "{file}: {written} of {}",
            models.len()
        );
    }
}
