//! Functions of every value and arithmetic in ONNX files: outputs are those of onnxruntime (scripts/elementwise-onnx-fixtures.py).

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use doubleback::nn::Mode;
use doubleback_import::{Imported, Options, open};
use doubleback_test_device::test_device;

type Archive = npyz::npz::NpzArchive<std::io::BufReader<std::fs::File>>;

struct Model {
    file: Vec<u8>,
    outputs: Vec<f32>,
}

fn archive() -> Archive {
    npyz::npz::NpzArchive::open(format!(
        "{}/tests/fixtures/onnx-elementwise.npz",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

fn floats(archive: &mut Archive, name: &str) -> Vec<f32> {
    archive.by_name(name).unwrap().unwrap().into_vec().unwrap()
}

fn models() -> BTreeMap<String, Model> {
    let mut archive = archive();
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let names = names.iter().filter_map(|name| name.strip_suffix(".onnx"));
    let read = |name: &str| {
        let file = archive.by_name(&format!("{name}.onnx")).unwrap().unwrap();
        let file = file.into_vec().unwrap();
        let outputs = floats(&mut archive, &format!("{name}.y"));
        (name.to_owned(), Model { file, outputs })
    };
    names.map(read).collect()
}

fn imported(name: &str, file: &[u8]) -> Imported {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.onnx"));
    std::fs::write(&path, file).unwrap();
    open(&path, &Options::default(), &test_device()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn outputs_are_those_of_onnxruntime() {
    let images = floats(&mut archive(), "x");
    let models = models();
    assert!(models.len() > 140);
    for (name, Model { file, outputs }) in models {
        let network = imported(&name, &file).network;
        let data = TensorData::new(images.clone(), [2, 4, 3, 5]);
        let images = Tensor::from_data(data, &test_device());
        let found = network.forward(images, Mode::Inference).unwrap();
        let found = found.into_data().try_to_vec::<f32>().unwrap();
        assert_eq!(found.len(), outputs.len(), "{name}");
        let largest = outputs.iter().fold(0f32, |most, v| most.max(v.abs()));
        for (found, expected) in found.iter().zip(&outputs) {
            let near = (found - expected).abs() <= 2e-6 * largest.max(1.0);
            assert!(near, "{name}: {found} where onnxruntime has {expected}");
        }
    }
}

#[test]
fn notes_say_what_is_left_out_and_where_no_gradient_goes() {
    let models = models();
    let notes = |name: &str| imported(name, &models[name].file).source.unwrap().notes;
    let nothing = notes("nothing");
    for expected in [
        "`Add` that changes nothing is left out",
        "`Mul` that changes nothing is left out",
    ] {
        assert!(nothing.iter().any(|note| note == expected), "{nothing:?}");
    }
    let flat = notes("Round");
    let expected = "`Round` has the derivative 0 wherever it has one: no gradient goes through it";
    assert!(flat.iter().any(|note| note == expected), "{flat:?}");
}
