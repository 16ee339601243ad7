//! Networks as state dicts.

use std::collections::BTreeMap;
use std::path::Path;

use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::layers::LayerKind;
use doubleback::nn::{ARCHITECTURES, Architecture, ModelCard, Module, Network, Pool, architecture, load, save, to_vec};
use doubleback_import::{Imported, Options, StateDict, StateNames, StateValues, open};
use doubleback_test_device::test_device;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;

use super::{difference, fixtures, network, numbers, reopened};

/// What is stored of networks of PyTorch: the names and sizes of their tensors.
#[derive(Deserialize)]
struct Fixture {
    arch: Option<String>,
    image: [usize; 3],
    tensors: Vec<(String, Vec<usize>)>,
}

fn bits(dict: &StateDict) -> BTreeMap<String, (Vec<usize>, Vec<u32>)> {
    let of = |values: &StateValues| match values {
        StateValues::Floats(values) => values.iter().map(|value| value.to_bits()).collect(),
        StateValues::Integers(values) => values.iter().map(|&value| value as u32).collect(),
    };
    let tensors = dict.tensors.iter();
    tensors
        .map(|tensor| (tensor.name.clone(), (tensor.shape.clone(), of(&tensor.values))))
        .collect()
}

fn values(network: &Network) -> BTreeMap<String, Vec<f32>> {
    let tensors = network.tensors();
    tensors
        .map(|tensor| (tensor.name().to_owned(), to_vec(tensor.value().clone()).unwrap()))
        .collect()
}

fn opened(path: &Path, arch: Option<&str>, image: [usize; 3]) -> Imported {
    let options = Options {
        arch: arch.map(str::to_owned),
        size: Some([image[1], image[2]]),
        ..Options::default()
    };
    open(path, &options, &test_device()).unwrap_or_else(|e| panic!("{e}"))
}

fn built(name: &str) -> Architecture {
    let shape = ImageShape {
        channels: 3,
        height: 32,
        width: 32,
    };
    architecture(name, shape, Bounds::UNIT, 10, Pool::Max).unwrap()
}

#[test]
fn our_architectures_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in (1..).zip(ARCHITECTURES) {
        let network = network(built(name), seed);
        let dict = StateDict::of(&network, &ModelCard::new(), StateNames::Known).unwrap();
        for ending in ["safetensors", "pt", "pth"] {
            let path = folder.path().join(format!("{name}.{ending}"));
            dict.save(&path).unwrap();
            let back = opened(&path, Some(name), [3, 32, 32]).network;
            let (ours, theirs) = (values(&network), values(&back));
            for (tensor, values) in &ours {
                assert_eq!(values, &theirs[tensor], "{name}.{ending}: {tensor}");
            }
            // Of batch norms without a gain there are ones.
            let more = theirs.iter().filter(|(tensor, _)| !ours.contains_key(*tensor));
            for (tensor, values) in more {
                assert!(
                    tensor.ends_with(".gain") && values.iter().all(|&value| value == 1.0),
                    "{tensor}"
                );
            }
            assert!(difference(&network, &back) <= 1e-5, "{name}.{ending}");
        }
    }
}

#[test]
fn batch_norms_say_what_a_state_dict_does_not() {
    let dict = |name: &str| {
        let network = network(built(name), 1);
        StateDict::of(&network, &ModelCard::new(), StateNames::Layers).unwrap()
    };
    let paper = dict("paper-cnn").notes.join("\n");
    assert!(
        paper.contains("without a gain") && paper.contains("eps=0.001"),
        "{paper}"
    );
    let residual = dict("resnet-small");
    assert_eq!(residual.notes, [""; 0]);
    let roles = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
    let of_norm = residual
        .tensors
        .iter()
        .filter(|tensor| tensor.name.starts_with("conv1.norm."));
    let found: Vec<&str> = of_norm.map(|tensor| tensor.name.rsplit('.').next().unwrap()).collect();
    assert_eq!(found, roles);
}

/// Networks of PyTorch give their own names, sizes and bits back, through a model file of ours as well.
#[test]
fn networks_of_pytorch_give_their_state_dict_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(fixtures().join("torch")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // The same networks again, or no network; and some of hundreds of megabytes.
        let left_out = [
            "second-order",
            "files",
            "vgg11",
            "densenet121",
            "timm-vgg",
            "wide",
            "resnet34",
        ];
        if path.is_dir() || left_out.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        let fixture: Fixture = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let stored: BTreeMap<String, (Vec<usize>, Vec<f32>)> = (0..)
            .zip(&fixture.tensors)
            .map(|(seed, (tensor, shape))| {
                // Squares of powers of two have exact roots: so have deviations, which are variances here.
                let of = |value: f32| if tensor.ends_with("std") { 0.25 } else { value + 0.1 };
                let values = numbers(shape.iter().product(), seed).into_iter().map(of).collect();
                (tensor.clone(), (shape.clone(), values))
            })
            .collect();
        let bytes: BTreeMap<&String, Vec<u8>> = stored
            .iter()
            .map(|(name, (_, values))| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = stored
            .iter()
            .map(|(name, (shape, _))| (name, TensorView::new(Dtype::F32, shape.clone(), &bytes[name]).unwrap()));
        let file = folder.path().join(format!("{name}.safetensors"));
        std::fs::write(&file, safetensors::serialize(views, None).unwrap()).unwrap();
        let imported = opened(&file, fixture.arch.as_deref(), fixture.image);
        let ours = folder.path().join("ours.safetensors");
        save(&imported.network, &imported.card, &ours).unwrap();
        let (network, card) = load(&ours, &test_device()).unwrap();
        for names in [StateNames::Known, StateNames::Original] {
            let dict = StateDict::of(&network, &card, names).unwrap();
            let mut found = bits(&dict);
            found.retain(|name, _| !name.ends_with("num_batches_tracked"));
            let expected: BTreeMap<String, (Vec<usize>, Vec<u32>)> = stored
                .iter()
                .map(|(name, (shape, values))| {
                    (
                        name.clone(),
                        (shape.clone(), values.iter().map(|value| value.to_bits()).collect()),
                    )
                })
                .collect();
            let names = |dict: &BTreeMap<String, _>| dict.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(&found), names(&expected), "{name}");
            assert!(found == expected, "{name}: other sizes or values");
        }
        count += 1;
    }
    assert!(count >= 7, "{count}");
}

#[test]
fn files_of_pytorch_give_their_names_back() {
    let folder = tempfile::tempdir().unwrap();
    // Two wrappers before all names, and a checkpoint around them.
    for (name, some) in [
        ("zip-2.pt", None),
        ("parallel.pt", Some("module.")),
        ("plain.safetensors", None),
    ] {
        let imported = opened(&fixtures().join("torch/files").join(name), None, [3, 8, 8]);
        let dict = StateDict::of(&imported.network, &imported.card, StateNames::Known).unwrap();
        if let Some(start) = some {
            assert!(
                dict.tensors.iter().all(|tensor| tensor.name.starts_with(start)),
                "{name}"
            );
        }
        let path = folder.path().join("back.pt");
        dict.save(&path).unwrap();
        let back = opened(&path, None, [3, 8, 8]);
        assert_eq!(values(&imported.network), values(&back.network), "{name}");
        // Into the very file that it came from.
        let filled = dict
            .clone()
            .into_original(&fixtures().join("torch/files").join(name))
            .unwrap();
        let weights = |dict: &StateDict| {
            let mut found = bits(dict);
            found.retain(|name, _| !name.ends_with("num_batches_tracked"));
            found
        };
        assert_eq!(weights(&filled), weights(&dict), "{name}");
    }
}

#[test]
fn original_names_that_are_not_known_are_refused() {
    let network = network(built("small-cnn"), 1);
    let refusal = StateDict::of(&network, &ModelCard::new(), StateNames::Original).unwrap_err();
    let refusal = refusal.to_string();
    assert!(
        refusal.starts_with("names: original is not known here") && !refusal.contains('\n'),
        "{refusal}"
    );
    let dict = StateDict::of(&network, &ModelCard::new(), StateNames::Layers).unwrap();
    let refusal = dict.save(Path::new("weights.bin")).unwrap_err().to_string();
    assert!(refusal.contains(".safetensors, .pt or .pth"), "{refusal}");
}

/// ONNX files name their initializers.
#[test]
fn initializers_are_the_original_names_of_an_onnx_file() {
    let imported = reopened(&fixtures().join("onnx-models/residual-new.onnx"));
    let dict = StateDict::of(&imported.network, &imported.card, StateNames::Original).unwrap();
    let find = |name: &str| dict.tensors.iter().find(|tensor| tensor.name == name);
    let conv = find("conv1.weight").unwrap();
    assert_eq!(conv.shape.len(), 4);
    // By the layers' names, the same values.
    let layers = StateDict::of(&imported.network, &imported.card, StateNames::Known).unwrap();
    let same = layers
        .tensors
        .iter()
        .find(|tensor| tensor.name == "conv1.weight")
        .unwrap();
    assert_eq!(same.values, conv.values);
}

/// The same layers without batch norms, where convolutions have biases: what comes of a file that has folded them.
fn folded(mut architecture: Architecture) -> Architecture {
    let norms: BTreeMap<String, String> = architecture
        .layers
        .windows(2)
        .filter(|pair| matches!(pair[1].kind, LayerKind::BatchNorm(_)))
        .map(|pair| (pair[1].name.clone(), pair[0].name.clone()))
        .collect();
    architecture.layers.retain(|spec| !norms.contains_key(&spec.name));
    for spec in &mut architecture.layers {
        for input in &mut spec.inputs {
            if let Some(conv) = norms.get(input) {
                conv.clone_into(input);
            }
        }
        if let LayerKind::Conv2d(conv) = &mut spec.kind {
            conv.bias = true;
        }
    }
    architecture
}

#[test]
fn folded_batch_norms_become_the_identity_in_the_original() {
    let folder = tempfile::tempdir().unwrap();
    for (seed, name) in (5..).zip(["vgg-small", "resnet-small"]) {
        let original = folder.path().join(format!("{name}.pt"));
        let trained = network(built(name), seed);
        let dict = StateDict::of(&trained, &ModelCard::new(), StateNames::Layers).unwrap();
        dict.save(&original).unwrap();
        let network = network(folded(built(name)), seed + 10);
        let dict = StateDict::of(&network, &ModelCard::new(), StateNames::Layers).unwrap();
        let filled = dict.into_original(&original).unwrap();
        assert!(
            filled.notes.iter().any(|note| note.contains("became the identity")),
            "{:?}",
            filled.notes
        );
        let path = folder.path().join("filled.pt");
        filled.save(&path).unwrap();
        let back = opened(&path, Some(name), [3, 32, 32]).network;
        assert_eq!(back.tensors().count(), trained.tensors().count());
        let found = difference(&network, &back);
        assert!(found <= 1e-5, "{name}: {found}");
        // What does not fit is named.
        let other = super::network(built("small-cnn"), 1);
        let dict = StateDict::of(&other, &ModelCard::new(), StateNames::Layers).unwrap();
        let refusal = dict.into_original(&original).unwrap_err().to_string();
        assert!(
            refusal.contains("does not fit this state dict") && !refusal.contains('\n'),
            "{refusal}"
        );
    }
}
