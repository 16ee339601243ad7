//! Batches of CIFAR-10 as Python 3 and NumPy 1 and 2 really pickle them (`scripts/make-pickle-fixtures.py`), in protocols 2 to 5.

use std::fs;
use std::path::{Path, PathBuf};

use doubleback_data::cifar10;

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pickles");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().unwrap().to_string_lossy().into_owned()
}

#[test]
fn whatever_wrote_them_they_hold_the_same_images() {
    let pixels: Vec<u8> = (0..2 * 3072).map(|at| (at / 32 % 251) as u8).collect();
    let mut read = 0;
    for path in fixtures().into_iter().filter(|path| !name(path).contains("refused")) {
        let images =
            cifar10::decode("data_batch_1", &fs::read(&path).unwrap()[..]).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        assert_eq!(images.labels, [3, 9], "{path:?}");
        assert!(images.pixels == pixels, "{path:?}");
        read += 1;
    }
    assert_eq!(read, 2 * 4 + 3 + 3 * 3 + 5);
}

#[test]
fn what_cannot_be_a_batch_is_refused_with_what_to_do() {
    let mut messages = Vec::new();
    for path in fixtures().into_iter().filter(|path| name(path).contains("refused")) {
        let error = cifar10::decode("batch", &fs::read(&path).unwrap()[..]).unwrap_err();
        messages.push((name(&path).replace("numpy2-refused-", ""), error.to_string()));
    }
    let expected = [
        ("256", "label 256 of image 1 is not one of the 10 classes"),
        ("array", "it holds no dictionary"),
        (
            "channels-last",
            "`data` has the shape 2 x 32 x 32 x 3, expected images x 3,072",
        ),
        ("empty", "it has 0 labels for 0 images"),
        ("fine-labels", "it has no entry `labels` (it has `fine_labels`, `data`)"),
        (
            "int64",
            "its entry `data` is not what it should be: an array of NumPy of unsigned bytes",
        ),
        ("lengths", "it has 3 labels for 2 images"),
        ("list", "its entry `data` is not what it should be: an array of NumPy"),
        ("negative", "label -1 of image 1 is not one of the 10 classes"),
        (
            "text-labels",
            "its entry `labels` is not what it should be: a list or an array of whole numbers",
        ),
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
    for ((name, message), (wanted, part)) in messages.iter().zip(expected) {
        assert!(name == wanted && message.contains(part), "{name}: {message}");
    }
}
