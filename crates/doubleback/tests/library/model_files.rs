//! Model files: what is saved is what is loaded, others can open it, and damaged ones are refused.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use burn::tensor::Tensor;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{
    Classifier, ModelCard, Module, Network, Pool, load, load_bytes, paper_cnn, resnet_small, save, to_vec,
};
use doubleback_test_device::test_device;
use proptest::prelude::*;

const SHAPE: ImageShape = ImageShape {
    channels: 1,
    height: 8,
    width: 8,
};

fn network() -> Network {
    Network::new(paper_cnn(SHAPE, Bounds::UNIT, 3, Pool::Max), 7, &test_device()).unwrap()
}

fn residual() -> Network {
    Network::new(resnet_small(SHAPE, Bounds::UNIT, 3), 7, &test_device()).unwrap()
}

fn card() -> ModelCard {
    ModelCard::from([("defense".to_owned(), "normal".to_owned())])
}

fn values(network: &Network) -> Vec<(String, Vec<f32>)> {
    network
        .tensors()
        .map(|p| (p.name().to_owned(), to_vec(p.value().clone()).unwrap()))
        .collect()
}

#[test]
fn round_trip() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for original in [network(), residual()] {
        save(&original, &card(), &path).unwrap();
        let (loaded, found) = load(&path, &test_device()).unwrap();
        assert_eq!(found, card());
        assert_eq!(loaded.architecture(), original.architecture());
        assert_eq!(values(&loaded), values(&original));
        let images = Tensor::<4>::ones([2, 1, 8, 8], &test_device()) * 0.3;
        assert_eq!(
            to_vec(loaded.logits(images.clone()).unwrap()).unwrap(),
            to_vec(original.logits(images).unwrap()).unwrap()
        );
    }
}

#[test]
fn bytes_are_read_as_their_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&network(), &card(), &path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    // The bytes count, not what has become of the file.
    std::fs::remove_file(&path).unwrap();
    let (loaded, found) = load_bytes(bytes.clone(), &path, &test_device()).unwrap();
    assert_eq!(found, card());
    assert_eq!(values(&loaded), values(&network()));
    let cut = bytes[..bytes.len() - 1].to_vec();
    let message = load_bytes(cut, &path, &test_device()).unwrap_err().to_string();
    let begins = format!("{}: is not a whole .safetensors file (", path.display());
    assert!(message.starts_with(&begins), "{message}");
}

#[test]
fn truncated_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&network(), &card(), &path).unwrap();
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 4, 8, 100, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let message = load(&path, &test_device()).err().unwrap().to_string();
        assert!(
            message.contains("model.safetensors") && message.contains("again"),
            "{message}"
        );
    }
    let tensor = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4]).unwrap();
    std::fs::write(&path, safetensors::serialize([("a", tensor)], None).unwrap()).unwrap();
    let message = load(&path, &test_device()).err().unwrap().to_string();
    assert!(message.contains("not written by doubleback"), "{message}");
    let message = load(Path::new("absent.safetensors"), &test_device())
        .err()
        .unwrap()
        .to_string();
    assert!(message.contains("absent.safetensors"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Changed bytes of the header never panic: the file is refused, or still describes a whole network.
    #[test]
    fn flipped_header_bytes_never_panic(changes in prop::collection::vec((0usize..4000, any::<u8>()), 1..4)) {
        static FILE: std::sync::OnceLock<(tempfile::TempDir, Vec<u8>)> = std::sync::OnceLock::new();
        let (folder, whole) = FILE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("whole");
            save(&network(), &card(), &path).unwrap();
            let bytes = std::fs::read(path).unwrap();
            (folder, bytes)
        });
        let mut bytes = whole.clone();
        for (at, value) in changes {
            bytes[at] = value;
        }
        let path = folder.path().join("changed");
        std::fs::write(&path, bytes).unwrap();
        let _ = load(&path, &test_device());
    }
}

/// A Python user opens the file with the safetensors package. Skipped, visibly, where that is not installed.
#[test]
fn python_opens_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let network = network();
    save(&network, &card(), &path).unwrap();
    let python = std::env::var("DOUBLEBACK_PYTHON").unwrap_or_else(|_| "python3".into());
    let available = Command::new(&python)
        .args(["-c", "import safetensors.numpy"])
        .output()
        .is_ok_and(|out| out.status.success());
    if !available {
        // Straight to standard error: the test harness hides what `eprintln!` says in tests that pass.
        let message =
            b"skipped: model files in Python: needs one with the packages safetensors and numpy (DOUBLEBACK_PYTHON)\n";
        std::io::stderr().write_all(message).unwrap();
        return;
    }
    let script = "import sys, json, safetensors\n\
                  f = safetensors.safe_open(sys.argv[1], 'numpy')\n\
                  a = json.loads(f.metadata()['architecture'])\n\
                  w = f.get_tensor('conv2.weight')\n\
                  print(a['name'], f.metadata()['defense'], len(f.keys()), list(w.shape), float(w.flat[123]))";
    let out = Command::new(&python).args(["-c", script]).arg(&path).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all = values(&network);
    let weight = &all.iter().find(|(name, _)| name == "conv2.weight").unwrap().1;
    let found = String::from_utf8_lossy(&out.stdout);
    let (start, value) = found.trim().rsplit_once(' ').unwrap();
    assert_eq!(start, format!("paper-cnn normal {} [5, 5, 32, 64]", all.len()));
    assert_eq!(value.parse::<f64>().unwrap() as f32, weight[123]);
}
