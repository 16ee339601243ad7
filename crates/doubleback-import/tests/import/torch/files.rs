//! Files as PyTorch and others write them: the same network from each, and what is refused says what it is.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::DType;
use doubleback::nn::{Mode, Module};
use doubleback_import::{Options, open};
use doubleback_test_device::f64_device;
use proptest::prelude::*;
use serde::Deserialize;

use super::{Fixture, doubles, folder};

#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Opened { note: String, logits: Vec<f64> },
    Refused { refused: String },
}

fn options() -> Options {
    Options {
        size: Some([8, 8]),
        ..Options::default()
    }
}

#[test]
fn every_way_of_writing_a_file() {
    let told: BTreeMap<String, Told> =
        serde_json::from_slice(&std::fs::read(folder().join("files.json")).unwrap()).unwrap();
    let images = Fixture {
        arch: None,
        image: [3, 8, 8],
        tensors: Vec::new(),
        answers: (),
    }
    .images(DType::F64);
    let mut problems = Vec::new();
    for (name, told) in told {
        let opened = open(&folder().join("files").join(&name), &options(), &f64_device());
        match (told, opened) {
            (Told::Opened { note, logits }, Ok(opened)) => {
                let network = opened.network.cast(DType::F64);
                let found = doubles(network.forward(images.clone(), Mode::Inference).unwrap());
                let error = found
                    .iter()
                    .zip(&logits)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f64::max);
                if error > 1e-5 {
                    problems.push(format!("{name}: logits differ by {error:e}"));
                }
                let notes = opened.source.unwrap().notes;
                if !notes.iter().any(|said| said.contains(&note)) {
                    problems.push(format!("{name}: no note of `{note}` in {notes:?}"));
                }
            }
            (Told::Refused { refused }, Err(error)) => {
                let error = error.to_string();
                if !error.contains(&refused) || error.contains('\n') || !error.contains(&name) {
                    problems.push(format!("{name}: refused otherwise than by `{refused}`: {error}"));
                }
            }
            (Told::Opened { .. }, Err(error)) => problems.push(format!("refused: {error}")),
            (Told::Refused { refused }, Ok(_)) => {
                problems.push(format!("{name}: opened, and not refused by `{refused}`"))
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn files_of_other_kinds_are_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    for (bytes, word) in [
        (&b""[..], "is empty"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x80\x04K\x01.", "pickle without"),
        (&tar, "tar archive"),
        (
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "without PyTorch's `data.pkl`",
        ),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = open(&path, &options(), &f64_device()).err().unwrap().to_string();
        assert!(error.contains(word), "{error}");
    }
}

/// Opens a damaged copy: no panic, and one line where it is refused.
fn opens_or_says_why(bytes: &[u8], name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    if let Err(error) = open(&path, &options(), &f64_device()) {
        let error = error.to_string();
        assert!(!error.contains('\n'), "{error}");
    }
}

fn seed(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("files").join(Path::new(name))).unwrap()
}

const SEEDS: [&str; 5] = [
    "zip-2.pt",
    "legacy-2.pt",
    "module-legacy.pt",
    "exported.pt2",
    "plain.safetensors",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_file_that_is_cut_off(which in 0..SEEDS.len(), share in 0.0..1.0f64) {
        let bytes = seed(SEEDS[which]);
        let end = (bytes.len() as f64 * share) as usize;
        opens_or_says_why(&bytes[..end], SEEDS[which]);
    }

    #[test]
    fn a_file_with_other_bytes(which in 0..SEEDS.len(), changes in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..8)) {
        let mut bytes = seed(SEEDS[which]);
        for (share, byte) in changes {
            let place = (bytes.len() as f64 * share) as usize;
            bytes[place] = byte;
        }
        opens_or_says_why(&bytes, SEEDS[which]);
    }
}

#[test]
fn logits_that_another_program_stored_are_compared_with() {
    let path = folder().join("files/plain.safetensors");
    let folder = tempfile::tempdir().unwrap();
    let stored = folder.path().join("stored.npz");
    let network = open(&path, &options(), &f64_device()).unwrap().network;
    let images = Fixture {
        arch: None,
        image: [3, 8, 8],
        tensors: Vec::new(),
        answers: (),
    }
    .images(DType::F32);
    let logits = doubles(network.forward(images.clone(), Mode::Inference).unwrap());
    let channels_last = doubles(images.permute([0, 2, 3, 1]));
    let write = |inputs: &[f64], logits: &[f64]| {
        let mut file = npyz::npz::NpzWriter::create(&stored).unwrap();
        let mut add = |name: &str, values: &[f64], shape: &[u64]| {
            use npyz::WriterBuilder;
            let options = npyz::zip::write::FileOptions::default();
            let mut array = file
                .array::<f32>(name, options)
                .unwrap()
                .default_dtype()
                .shape(shape)
                .begin_nd()
                .unwrap();
            array.extend(values.iter().map(|value| *value as f32)).unwrap();
            array.finish().unwrap();
        };
        add("x", inputs, &[2, 8, 8, 3]);
        add("logits", logits, &[2, 5]);
    };
    let mut checked = options();
    checked.check = Some(stored.clone());
    write(&channels_last, &logits);
    let opened = open(&path, &checked, &f64_device()).unwrap();
    let notes = opened.source.unwrap().notes;
    assert!(
        notes
            .iter()
            .any(|note| note.contains("the logits of 2 images are those of")),
        "{notes:?}"
    );
    // What was fed to the model itself, where the network here normalizes first.
    checked.normalize = Some("symmetric".parse().unwrap());
    assert!(open(&path, &checked, &f64_device()).is_ok());
    write(
        &channels_last,
        &logits.iter().map(|logit| logit + 0.1).collect::<Vec<_>>(),
    );
    let error = open(&path, &checked, &f64_device()).err().unwrap().to_string();
    assert!(error.contains("stored.npz: logits differ by"), "{error}");
}
