//! What is in one file.

use doubleback_data::parquet::decode;

use super::support::{bytes, images};

fn message(name: &str) -> String {
    let error = decode(&format!("{name}.parquet"), bytes(name)).unwrap_err().to_string();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn compressions_encodings_pages_and_types_of_pyarrow_give_the_same() {
    for name in ["snappy", "zstd", "gzip", "lz4", "none"] {
        let dataset = decode(name, bytes(name)).unwrap();
        assert_eq!(dataset.classes, ["0", "1", "2"], "{name}");
        assert_eq!(images(&dataset.test, 3), (0..24).collect::<Vec<_>>(), "{name}");
    }
}

#[test]
fn of_two_columns_of_labels_the_fine_one_is_taken_and_said() {
    let folder = super::support::folder(&[("hf-cifar100", "train.parquet")]);
    let dataset = super::support::read(folder.path());
    assert_eq!(dataset.classes, ["ant", "bee", "cat"]);
    assert_eq!(dataset.shape.channels, 1);
    assert_eq!(images(&dataset.train, 1).len(), 3);
    assert!(dataset.notes[0].ends_with("labels are those of the column `fine_label`; not read: `coarse_label`"));
}

#[test]
fn rows_that_cannot_be_used_are_named() {
    for (name, expected) in [
        (
            "hf-secret",
            "row 0 has the label -1, as images whose labels are kept secret do. Leave the file out, or remove the row",
        ),
        (
            "hf-no-label",
            "row 1 has no label, as images whose labels are kept secret do. Leave the file out, or remove the row",
        ),
        ("hf-no-image", "row 1 has no picture. Remove the row"),
        (
            "hf-paths",
            "row 0 has no picture but the path `/home/me/0.png`. Write the file with the pictures in it: `bytes` of each image",
        ),
        (
            "late-path",
            "row 11 has no picture but the path `11.png`. Write the file with the pictures in it: `bytes` of each image",
        ),
        (
            "two-sizes",
            "two-sizes.parquet, row 1 is 8x9, but two-sizes.parquet, row 0 is 8x8. Make all images of one size, or resize them, such as with `--image-size 8x8`",
        ),
        (
            "hf-sixteen-bits",
            "row 0: it is neither PNG nor JPEG but TIFF. Correct or remove it",
        ),
        (
            "no-picture",
            "row 1: it is neither PNG nor JPEG but GIF. Correct or remove it",
        ),
    ] {
        assert_eq!(message(name), format!("{name}.parquet: {expected}"));
    }
}

#[test]
fn columns_that_cannot_be_used_are_named() {
    for (name, expected) in [
        (
            "hf-lists",
            "its column `image` holds lists, expected the bytes of PNG or JPEG files",
        ),
        (
            "text-labels",
            "its column `label` holds text, expected one whole number for each image",
        ),
        (
            "which-image",
            "which of its columns is the picture is not clear: it has `left`, `right`, `label`. Call it `image` or `img`",
        ),
        ("gap", "its labels go to 7, and no image has label 1"),
        ("brotli", "it cannot be read: "),
    ] {
        let error = message(name);
        assert!(error.contains(expected), "{error}");
    }
    assert!(message("brotli").contains("brotli"), "{}", message("brotli"));
}
