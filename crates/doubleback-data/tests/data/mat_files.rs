//! MAT-files as SciPy and MATLAB write them: labels of any type of numbers, other variables beside the arrays, and what they cannot be.

use crate::support::files;

use doubleback_data::{FileState, LoadOptions, svhn, verify};
use files::{array, element, mat_header, matrix, variable};

/// Images of as many digits.
fn images(count: usize) -> Vec<u8> {
    array("X", &[32, 32, 3, count as u32], &vec![7; 3072 * count], true)
}

fn file(variables: &[Vec<u8>]) -> Vec<u8> {
    [mat_header(), variables.concat()].concat()
}

fn message(file: &[u8]) -> String {
    svhn::decode("train_32x32.mat", file, usize::MAX)
        .unwrap_err()
        .to_string()
}

fn doubles(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Class, kind of the data, and the data of the labels 1, 10, 3.
fn labels_of_every_type() -> Vec<(u8, u32, Vec<u8>)> {
    let labels = [1_u8, 10, 3];
    vec![
        (8, 1, labels.to_vec()),
        (9, 2, labels.to_vec()),
        (
            10,
            3,
            labels
                .iter()
                .flat_map(|&label| i16::from(label).to_le_bytes())
                .collect(),
        ),
        (
            11,
            4,
            labels
                .iter()
                .flat_map(|&label| u16::from(label).to_le_bytes())
                .collect(),
        ),
        (
            12,
            5,
            labels
                .iter()
                .flat_map(|&label| i32::from(label).to_le_bytes())
                .collect(),
        ),
        (
            13,
            6,
            labels
                .iter()
                .flat_map(|&label| u32::from(label).to_le_bytes())
                .collect(),
        ),
        (
            14,
            12,
            labels
                .iter()
                .flat_map(|&label| i64::from(label).to_le_bytes())
                .collect(),
        ),
        (
            15,
            13,
            labels
                .iter()
                .flat_map(|&label| u64::from(label).to_le_bytes())
                .collect(),
        ),
        (
            7,
            7,
            labels
                .iter()
                .flat_map(|&label| f32::from(label).to_le_bytes())
                .collect(),
        ),
        (6, 9, doubles(&labels.map(f64::from))),
        // MATLAB stores doubles that are small whole numbers as bytes.
        (6, 2, labels.to_vec()),
    ]
}

#[test]
fn labels_are_whole_numbers_of_any_type() {
    for (class, kind, data) in labels_of_every_type() {
        // SciPy makes a row of one dimension, MATLAB's own files have a column.
        for dims in [[1, 3], [3, 1]] {
            for packed in [false, true] {
                let labels = variable("y", &dims, class, kind, &data, packed);
                let digits = svhn::decode("file", &file(&[images(3), labels])[..], usize::MAX).unwrap();
                assert_eq!(digits.labels, [1, 0, 3], "class {class}, kind {kind}");
            }
        }
    }
    let plane = variable("y", &[2, 2], 9, 2, &[1, 2, 3, 4], true);
    assert!(
        message(&file(&[images(4), plane])).contains("4 labels for 4 images"),
        "one label an image"
    );
}

#[test]
fn numbers_that_are_no_labels_are_named() {
    let with = |class, kind, data: &[u8]| message(&file(&[images(2), variable("y", &[1, 2], class, kind, data, true)]));
    assert_eq!(
        with(6, 9, &doubles(&[1.0, 2.5])),
        "train_32x32.mat: the array `y` holds 2.5 at place 1, which is no whole number. Correct the file"
    );
    assert!(with(6, 9, &doubles(&[f64::NAN, 2.0])).contains("holds NaN at place 0"));
    let far = [1_i64.to_le_bytes(), (-1_i64).to_le_bytes()].concat();
    assert!(with(14, 12, &far).contains("label -1 of image 1 is not one of the 10 classes (1 to 10)"));
    let huge = [1_u64.to_le_bytes(), u64::MAX.to_le_bytes()].concat();
    assert!(with(15, 13, &huge).contains("holds 18446744073709551615 at place 1"));
    let out = [1_i32.to_le_bytes(), 266_i32.to_le_bytes()].concat();
    assert!(with(12, 5, &out).contains("label 266 of image 1"), "not 266 modulo 256");
    assert_eq!(
        with(4, 16, b"12"),
        "train_32x32.mat: `y` is text, expected an array of whole numbers. Save it as one under this name"
    );
    assert!(with(1, 14, &[0; 8]).contains("`y` is a cell array"));
}

#[test]
fn other_variables_are_passed_over() {
    // Names of MATLAB's own kinds without names: opaque objects, the data of a subsystem.
    let opaque = [
        element(6, &[17, 0, 0, 0, 0, 0, 0, 0]),
        element(1, b"when"),
        element(1, b"MCOS"),
    ]
    .concat();
    let nameless = [
        element(6, &[9, 0, 0, 0, 0, 0, 0, 0]),
        element(5, &[1, 0, 0, 0, 0, 0, 0, 0]),
        element(1, b""),
        element(2, b""),
    ];
    let others = |packed| {
        vec![
            variable("note", &[1, 5], 4, 16, b"hello", packed),
            variable("mean", &[1, 2], 6, 9, &doubles(&[0.5, 0.1]), packed),
            variable("empty", &[0, 1], 6, 9, &[], packed),
            variable("names", &[1, 1], 1, 14, &[0; 8], packed),
            matrix(&opaque, packed),
            matrix(&nameless.concat(), packed),
        ]
    };
    for packed in [false, true] {
        let mut variables = others(packed);
        variables.insert(2, array("y", &[2, 1], &[4, 5], packed));
        variables.insert(4, images(2));
        let digits = svhn::decode("file", &file(&variables)[..], usize::MAX).unwrap();
        assert_eq!(digits.labels, [4, 5]);
        // Damage within them shows nevertheless.
        let whole = file(&others(packed));
        let first = mat_header().len() + others(packed)[0].len();
        assert!(message(&whole[..first - 3]).contains("It is incomplete") || packed);
        assert!(svhn::decode("file", &whole[..first - 3], usize::MAX).is_err());
    }
    let error = message(&file(&[images(1), array("labels", &[1, 1], &[1], true)]));
    assert_eq!(
        error,
        "train_32x32.mat: it holds no array `y` (it holds `X`, `labels`). Save the array under this name, or get the right file"
    );
}

#[test]
fn images_in_another_form_are_refused_with_what_to_do() {
    let labels = || array("y", &[2, 1], &[1, 2], true);
    let first = array("X", &[2, 32, 32, 3], &[0; 6144], true);
    assert_eq!(
        message(&file(&[first, labels()])),
        "train_32x32.mat: its array `X` has the size 2 x 32 x 32 x 3, expected 32 x 32 x 3 x images. In Python `X.transpose(1, 2, 3, 0)` \
         makes that of images x 32 x 32 x 3, `X.transpose(2, 3, 1, 0)` of images x 3 x 32 x 32"
    );
    let fractions = variable("X", &[32, 32, 3, 2], 6, 9, &vec![0; 8 * 6144], true);
    assert!(
        message(&file(&[fractions, labels()])).contains("the array `X` is of type double, expected unsigned bytes")
    );
    let newer = {
        let mut header = mat_header();
        header[124..126].copy_from_slice(&[0, 2]);
        header
    };
    for hdf5 in [newer, b"\x89HDF\r\n\x1a\n".repeat(30)] {
        assert_eq!(
            message(&hdf5),
            "train_32x32.mat: it is a MAT-file of version 7.3 (HDF5), which cannot be read. Save it in MATLAB with `-v7`, or in Python with \
             `scipy.io.savemat`"
        );
    }
}

#[test]
fn verify_sees_wrong_labels() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("svhn")).unwrap();
    let wrong = file(&[images(1), array("y", &[1, 1], &[11], true)]);
    for name in ["train_32x32.mat", "test_32x32.mat"] {
        std::fs::write(folder.path().join("svhn").join(name), &wrong).unwrap();
    }
    let files = verify("svhn", &LoadOptions::in_dir(folder.path())).unwrap();
    assert!(matches!(files[0].state, FileState::Damaged(_)), "{files:?}");
}
