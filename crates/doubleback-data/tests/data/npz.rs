//! `npz:FILE`: arrays of NumPy are read as what they are, what is ambiguous is refused with what to write instead, and nothing panics.

use crate::support::arrays;

use std::path::{Path, PathBuf};

use arrays::{bytes, floats, integers, npy, npy_of, npz, texts};
use doubleback_data::fetch::check;
use doubleback_data::{Bounds, Dataset, FileState, ImageShape, LoadOptions, Part, Split, load, npz as reader, verify};
use proptest::prelude::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/npz")
        .join(name)
}

fn real(name: &str) -> Dataset {
    load(&format!("npz:{}", fixture(name).display()), &LoadOptions::default()).unwrap()
}

fn decode(arrays: &[(&str, Vec<u8>)]) -> Dataset {
    reader::decode("file.npz", npz(arrays, true)).unwrap()
}

fn message(arrays: &[(&str, Vec<u8>)]) -> String {
    reader::decode("file.npz", npz(arrays, false)).unwrap_err().to_string()
}

/// The byte of a pixel of the fixtures (`scripts/make-npz-fixtures.py`).
fn pixel(image: usize, channel: usize, row: usize, column: usize) -> u8 {
    ((7 * image + 31 * channel + 5 * row + column) % 251) as u8
}

/// Every image of the part is one of the fixtures' with its label, `value` of its bytes.
fn check_part(split: &Split, shape: ImageShape, value: impl Fn(u8) -> f32, tolerance: f32) -> Vec<usize> {
    let images: Vec<Vec<f32>> = (0..36)
        .map(|image| {
            let pixels = (0..shape.channels).flat_map(|c| (0..4).flat_map(move |h| (0..6).map(move |w| (c, h, w))));
            pixels.map(|(c, h, w)| value(pixel(image, c, h, w))).collect()
        })
        .collect();
    let mut found = Vec::new();
    for index in 0..split.len() {
        let near = |image: &Vec<f32>| {
            image
                .iter()
                .zip(split.image(index))
                .all(|(a, b)| (a - b).abs() <= tolerance)
        };
        let image = images.iter().position(near).unwrap_or_else(|| panic!("image {index}"));
        assert_eq!(split.labels()[index] as usize, image % 3, "image {index}");
        found.push(image);
    }
    found
}

fn unit(byte: u8) -> f32 {
    f32::from(byte) / 255.0
}

const GRAY: ImageShape = ImageShape {
    channels: 1,
    height: 4,
    width: 6,
};
const COLOR: ImageShape = ImageShape { channels: 3, ..GRAY };

fn sizes(dataset: &Dataset) -> [usize; 3] {
    Part::ALL.map(|part| dataset.split(part).len())
}

#[test]
fn files_of_numpy_are_read_whatever_their_types_and_orders() {
    type Value = fn(u8) -> f32;
    let values: [(&str, ImageShape, Value, f32); 5] = [
        ("whole.npz", COLOR, unit, 0.0),
        ("fortran.npz", COLOR, unit, 0.0),
        ("named.npz", COLOR, |byte| unit(byte) * 2.0 - 1.0, 1e-6),
        ("half.npz", GRAY, unit, 1e-3),
        ("truth.npz", GRAY, |byte| f32::from(u8::from(byte > 100)), 0.0),
    ];
    for (name, shape, value, tolerance) in values {
        let dataset = real(name);
        assert_eq!(dataset.shape, shape, "{name}");
        // Of each class of 10 images 15 % rounded up are for testing, 10 % for validation.
        assert_eq!(sizes(&dataset), [21, 3, 6], "{name}");
        assert_eq!(dataset.class_counts(Part::Test), [2; 3]);
        if name != "truth.npz" {
            let mut images: Vec<usize> = Part::ALL
                .iter()
                .flat_map(|&part| check_part(dataset.split(part), shape, value, tolerance))
                .collect();
            images.sort_unstable();
            assert!(images.into_iter().eq(0..30), "{name}");
        }
        assert_eq!(dataset.sources.len(), 1);
        assert_eq!(
            (dataset.sources[0].file.as_str(), dataset.sources[0].sha256.len()),
            (name, 64)
        );
    }
    // The same images in other types and orders fall into the same parts.
    assert_eq!(real("whole.npz").test, real("fortran.npz").test);
    let named = real("named.npz");
    assert_eq!(
        (named.classes, named.bounds),
        (
            vec!["ant".into(), "bee".into(), "Käfer".into()],
            Bounds { low: -1.0, high: 1.0 }
        )
    );
    assert!(
        named.notes[0].contains("images x channels x rows x columns"),
        "{:?}",
        named.notes
    );
    let whole = real("whole.npz");
    assert_eq!(
        (whole.classes, whole.bounds),
        (["0", "1", "2"].map(str::to_owned).to_vec(), Bounds::UNIT)
    );
    assert!(
        whole.notes[0].contains("images x rows x columns x channels"),
        "{:?}",
        whole.notes
    );
    assert!(whole.notes[1].contains("passed over: `filenames`"), "{:?}", whole.notes);
}

#[test]
fn parts_of_keras_and_of_medmnist_are_kept() {
    let keras = real("parts.npz");
    assert_eq!(sizes(&keras), [27, 3, 6]);
    // Test images stay in their order; training images do not, for they may be sorted by class.
    assert_eq!(check_part(&keras.test, GRAY, unit, 0.0), [30, 31, 32, 33, 34, 35]);
    let trained = check_part(&keras.train, GRAY, unit, 0.0);
    assert!(!trained.is_sorted() && trained.iter().all(|&image| image < 30));
    let medmnist = real("medmnist.npz");
    assert_eq!(sizes(&medmnist), [30, 6, 6]);
    assert_eq!(medmnist.validation, medmnist.test);
}

#[test]
fn a_test_part_alone_is_enough_to_evaluate() {
    let dataset = decode(&[
        ("x_test", bytes(&[2, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 255])),
        ("y_test", integers(&[1, 0])),
    ]);
    assert_eq!(sizes(&dataset), [0, 0, 2]);
    assert_eq!(dataset.test.labels(), [1, 0]);
    assert_eq!(dataset.test.image(1), [4, 5, 6, 255].map(unit));
}

#[test]
fn many_classes_are_labels_beyond_a_byte() {
    let count = 21_841;
    let labels: Vec<i64> = (0..count).collect();
    let dataset = decode(&[
        ("x_test", bytes(&[count as usize, 1, 1], &vec![7; count as usize])),
        ("y_test", integers(&labels)),
    ]);
    assert_eq!((dataset.classes.len(), dataset.test.labels()[21_840]), (21_841, 21_840));
}

#[test]
fn labels_are_whole_numbers_in_one_dimension() {
    let x = || ("x_test", bytes(&[3, 1, 2], &[0, 1, 2, 3, 4, 5]));
    let with = |y: Vec<u8>| message(&[x(), ("y_test", y)]);
    let doubles = |values: [f64; 3]| npy("<f8", false, &[3, 1], &values.map(f64::to_le_bytes).concat());
    let column = decode(&[x(), ("y_test", doubles([0.0, 2.0, 1.0]))]);
    assert_eq!(column.test.labels(), [0, 2, 1]);
    assert!(
        with(doubles([0.0, 0.5, 1.0])).contains("array `y_test`: it holds 0.5 at place 1, which is no whole number")
    );
    assert!(with(doubles([0.0, f64::NAN, 1.0])).contains("it holds NaN at place 1"));
    assert!(with(integers(&[0, -1, 1])).contains("file.npz, array `y_test`: label -1 of image 1 is not one of the"));
    assert!(with(integers(&[0, 1, 0, 1])).contains(
        "array `x_test` has the shape 3 x 1 x 2: 3 images, but `y_test` has 4 labels. Save an image for each label"
    ));
    assert!(with(bytes(&[3, 2], &[1, 0, 1, 0, 0, 1])).contains("become labels by `y.argmax(axis=1)`"));
    assert!(with(texts(&["ant", "bee", "ant"])).contains("`classes, y = numpy.unique(y, return_inverse=True)`"));
    assert!(with(integers(&[1, 2, 1])).contains("its labels are 2 numbers from 1 to 2, and no image has label 0."));
    assert!(with(integers(&[0, 1, 4_000_000_000])).contains("no image has label 2"));
    assert!(with(integers(&[0, 0, 0])).contains("it has a single class"));
    let huge = npy("<u8", false, &[3], &[u64::MAX; 3].map(u64::to_le_bytes).concat());
    assert!(with(huge).contains("18446744073709551615"));
    assert!(with(npy("|b1", false, &[0], &[])).contains("there is nothing in it"));
}

#[test]
fn names_of_classes_are_checked() {
    let with = |classes: Vec<u8>| {
        let arrays = [
            ("x_test", bytes(&[2, 1, 2], &[0, 1, 2, 3])),
            ("y_test", integers(&[0, 2])),
            ("classes", classes),
        ];
        reader::decode("file.npz", npz(&arrays, false)).map_err(|error| error.to_string())
    };
    // With names, a class may have no images.
    assert_eq!(with(texts(&["a", "b", "c", "d"])).unwrap().classes.len(), 4);
    assert_eq!(
        with(npy("|S2", false, &[3], b"a\0bbcc")).unwrap().classes,
        ["a", "bb", "cc"]
    );
    assert!(
        with(texts(&["a", "b"]))
            .unwrap_err()
            .contains("label 2 of image 1 is not one of the 2 classes (0 to 1)")
    );
    assert!(
        with(texts(&["a", "b", "a"]))
            .unwrap_err()
            .contains("the name `a` is there twice")
    );
    assert!(with(texts(&["a", "", "c"])).unwrap_err().contains("is empty"));
    assert!(
        with(integers(&[1, 2, 3]))
            .unwrap_err()
            .contains("array `classes`: its elements are of type int64, expected text")
    );
    assert!(
        with(npy("|O", false, &[3], b"pickled"))
            .unwrap_err()
            .contains("Objects are pickled")
    );
}

#[test]
fn what_is_ambiguous_is_refused_with_what_to_write() {
    let of = |shape: &[usize]| {
        let x = bytes(shape, &vec![0; shape.iter().product()]);
        let labels: Vec<i64> = (0..2).collect();
        message(&[("x_test", x), ("y_test", integers(&labels))])
    };
    assert!(
        of(&[2, 3, 5, 3])
            .contains("the channels may be its second axis or its last. Say which: save an array `layout=\"NCHW\"`")
    );
    assert!(of(&[2, 4, 5, 4]).contains("neither its second axis nor its last is 1 (gray) or 3"));
    assert!(of(&[2, 784]).contains("`x.reshape(-1, 28, 28)`"));
    assert!(of(&[2, 6]).contains("`x.reshape(-1, ROWS, COLUMNS)`"));
    assert!(of(&[2, 1, 1, 5, 5]).contains("expected images x rows x columns, or with channels as well"));
    assert!(of(&[5, 5, 2]).contains("The images must come first: `x.transpose(2, 0, 1)`"));
    assert!(of(&[32, 32, 3, 2]).contains("The images must come first: `x.transpose(3, 0, 1, 2)`"));
    assert!(of(&[0, 5, 5]).contains("there is nothing in it"));
    assert!(of(&[]).contains("has the shape of a single number"));
    let said = |layout: &str, shape: &[usize]| {
        let x = bytes(
            shape,
            &(0..shape.iter().product::<usize>())
                .map(|at| at as u8)
                .collect::<Vec<_>>(),
        );
        let arrays = [
            ("x_test", x),
            ("y_test", integers(&[0, 1])),
            ("layout", texts(&[layout])),
        ];
        reader::decode("file.npz", npz(&arrays, false)).map_err(|error| error.to_string())
    };
    let first = said("NCHW", &[2, 3, 2, 3]).unwrap();
    assert_eq!((first.shape.channels, first.test.image(0)[1]), (3, unit(1)));
    let last = said("nhwc", &[2, 3, 2, 3]).unwrap();
    assert_eq!((last.shape.channels, last.test.image(0)[1]), (3, unit(3)));
    assert_eq!(said("NCHW", &[2, 5, 2, 2]).unwrap().shape.channels, 5);
    assert!(
        said("CHWN", &[2, 3, 2, 3])
            .unwrap_err()
            .contains("says `CHWN`. Expected one of NCHW, NHWC and NHW")
    );
    assert!(
        said("NHW", &[2, 3, 2, 3])
            .unwrap_err()
            .contains("`layout` says images x rows x columns")
    );
}

#[test]
fn values_must_be_finite_and_within_their_bounds() {
    let with = |values: &[f32], more: &[(&str, Vec<u8>)]| {
        let mut arrays = vec![("x_test", floats(&[2, 1, 2], values)), ("y_test", integers(&[0, 1]))];
        arrays.extend(more.iter().cloned());
        reader::decode("file.npz", npz(&arrays, false)).map_err(|error| error.to_string())
    };
    assert_eq!(with(&[0.0, 0.25, 0.5, 1.0], &[]).unwrap().bounds, Bounds::UNIT);
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let error = with(&[0.0, 0.0, value, 0.0], &[]).unwrap_err();
        assert!(
            error.contains("array `x_test`: image 1 has a value that is not finite"),
            "{error}"
        );
    }
    let error = with(&[0.0, 0.0, 0.0, 255.0], &[]).unwrap_err();
    assert!(
        error.contains("image 1 has the value 255, which is not between 0 and 1")
            && error.contains("`bounds=[0, 255]`"),
        "{error}"
    );
    let error = with(&[-2.5, 0.0, 0.0, 2.0], &[]).unwrap_err();
    assert!(
        error.contains("reach from -2.5 to 2") && error.contains("`bounds=[LEAST, GREATEST]`"),
        "{error}"
    );
    let bounds = |low: f32, high: f32| [("bounds", floats(&[2], &[low, high]))];
    assert_eq!(
        with(&[-2.5, 0.0, 0.0, 2.0], &bounds(-3.0, 3.0)).unwrap().bounds,
        Bounds { low: -3.0, high: 3.0 }
    );
    let error = with(&[-2.5, 0.0, 0.0, 2.0], &bounds(-2.0, 3.0)).unwrap_err();
    assert!(
        error.contains("image 0 has the value -2.5, which is not between -2 and 3")
            && error.contains("correct `bounds`"),
        "{error}"
    );
    assert!(
        with(&[0.0; 4], &bounds(1.0, 0.0))
            .unwrap_err()
            .contains("array `bounds`: 1 and 0 are none")
    );
    assert!(
        with(&[0.0; 4], &[("bounds", integers(&[1, 2, 3]))])
            .unwrap_err()
            .contains("it has 3 numbers")
    );
    let of_bytes = [
        ("x_test", bytes(&[2, 1, 2], &[0; 4])),
        ("y_test", integers(&[0, 1])),
        ("bounds", integers(&[0, 255])),
    ];
    assert!(message(&of_bytes).contains("holds bytes, which become 0 to 1"));
    let wide = npy("<i4", false, &[2, 1, 2], &[0; 16]);
    assert!(
        message(&[("x_test", wide), ("y_test", integers(&[0, 1]))])
            .contains("its elements are of type int32, expected uint8, bool, float16")
    );
}

#[test]
fn arrays_that_do_not_belong_together_are_refused() {
    let x = || bytes(&[2, 1, 2], &[0; 4]);
    let y = || integers(&[0, 1]);
    assert!(
        message(&[("x", x()), ("y", y()), ("x_train", x()), ("y_train", y())])
            .contains("it holds both `x` and `x_train`")
    );
    assert!(message(&[("x", x()), ("X", x()), ("y", y())]).contains("it holds both `X` and `x`"));
    assert!(message(&[("x", x())]).contains("it holds no array `y`. Each image needs a label"));
    assert!(message(&[("x_train", x()), ("y_train", y()), ("y_test", y())]).contains("it holds no array `x_test`"));
    assert!(message(&[("x_val", x()), ("y_val", y())]).contains("it holds no arrays `x` and `y`"));
    let error = message(&[("arr_0", x()), ("arr_1", y())]);
    assert!(
        error.contains("(it holds `arr_0`, `arr_1`)") && error.contains("numpy.savez(FILE, x=images, y=labels)"),
        "{error}"
    );
    let error = message(&[
        ("x_train", x()),
        ("y_train", y()),
        ("x_test", bytes(&[2, 2, 2], &[0; 8])),
        ("y_test", y()),
    ]);
    assert!(
        error.contains("its images are 1x1x2 in `x_train` but 1x2x2 in `x_test`"),
        "{error}"
    );
    let error = message(&[("x", x()), ("y", y())]);
    assert!(
        error.contains("class `0` has 1 image, too few for a training, a validation and a test part"),
        "{error}"
    );
}

#[test]
fn what_numpy_refuses_to_make_sense_of_is_refused_with_advice() {
    let refused = |name: &str| {
        let error = load(&format!("npz:{}", fixture(name).display()), &LoadOptions::default()).unwrap_err();
        error.to_string().replace(&fixture(name).display().to_string(), "FILE")
    };
    assert_eq!(
        refused("refused-object.npz"),
        "FILE: array `x`: its elements are of type object, expected uint8, bool, float16, float32 or float64. Objects are pickled, and are not \
         read. Make one array of numbers of it: all images of one size, `numpy.stack(images)`"
    );
    assert!(refused("refused-text.npz").contains("`classes, y = numpy.unique(y, return_inverse=True)`"));
    assert!(refused("refused-names.npz").contains("(it holds `arr_0`, `arr_1`)"));
    assert!(refused("refused-single.npz").contains("it is a single array (`.npy`)"));
    assert!(
        reader::decode("file", b"\x1f\x8b rest".to_vec())
            .unwrap_err()
            .to_string()
            .contains("packed with gzip")
    );
    assert!(
        reader::decode("file", b"x,y".to_vec())
            .unwrap_err()
            .to_string()
            .contains("it is no `.npz` file")
    );
    let absent = load("npz:absent.npz", &LoadOptions::default()).unwrap_err().to_string();
    assert!(absent.starts_with("absent.npz: No such file"), "{absent}");
    let mut options = LoadOptions::default();
    options.image_size = Some([8, 8]);
    let resized = load("npz:file.npz", &options).unwrap_err().to_string();
    assert!(
        resized.contains("images of arrays stay as they are; `--image-size`"),
        "{resized}"
    );
    assert!(check("npz:file.npz").is_err());
}

#[test]
fn headers_that_lie_get_nothing() {
    let y = || ("y_test", integers(&[0, 1]));
    let flat = npy_of(
        &format!(
            "{{'descr': '|u1', 'fortran_order': False, 'shape': (2, {}), }}",
            u64::MAX
        ),
        &[],
    );
    assert!(message(&[("x_test", flat), y()]).contains("`x.reshape(-1, ROWS, COLUMNS)`"));
    let with = |header: &str| message(&[("x_test", npy_of(header, &[0; 8])), y()]);
    for shape in [
        "(2, 99999999999, 99999999999)",
        "(2, 4294967296, 4294967296)",
        "(2, 1000000, 1000000)",
    ] {
        let error = with(&format!(
            "{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
        ));
        assert!(error.contains("more than the 4,294,967,296 bytes"), "{error}");
    }
    let error = with("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 3), }");
    assert!(
        error.contains("its header says 2 x 2 x 3 elements, but only 8 are there"),
        "{error}"
    );
    let error = with("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 3), }");
    assert!(error.contains("but more follow"), "{error}");
    assert!(
        with("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 1, 3), }").contains("a structured type")
    );
    assert!(with(&format!("{{'shape': {}", "(".repeat(5_000))).contains("its header is damaged"));
}

#[test]
fn verify_says_that_there_is_nothing_to_compare_with() {
    let path = fixture("parts.npz");
    let files = verify(&format!("npz:{}", path.display()), &LoadOptions::default()).unwrap();
    let expected = real("parts.npz").sources[0].sha256.clone();
    assert!(
        matches!(&files[0].state, FileState::Unpublished { sha256 } if *sha256 == expected),
        "{files:?}"
    );
    let files = verify(
        &format!("npz:{}", fixture("refused-text.npz").display()),
        &LoadOptions::default(),
    )
    .unwrap();
    assert!(matches!(files[0].state, FileState::Damaged(_)));
    let files = verify("npz:absent.npz", &LoadOptions::default()).unwrap();
    assert!(matches!(files[0].state, FileState::Missing));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_flip_is_refused_or_harmless(at: prop::sample::Index, flip in 1_u8.., packed: bool) {
        let arrays = [("x_test", floats(&[2, 1, 2], &[0.0, 0.5, 0.25, 1.0])), ("y_test", integers(&[1, 0])), ("classes", texts(&["a", "b"]))];
        let good = npz(&arrays, packed);
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = reader::decode("file", bytes) {
            let good = reader::decode("file", good).unwrap();
            // Names in the directory have no checksum: the array of classes may be passed over under another name.
            prop_assert_eq!((read.test, read.bounds), (good.test, good.bounds));
        }
    }

    #[test]
    fn any_header_is_read_without_panic(header in "[{}()\\[\\]', :a-zA-Z0-9<>|]{0,80}", data: Vec<u8>) {
        let _ = reader::decode("file", npz(&[("x", npy_of(&header, &data)), ("y", npy_of(&header, &data))], false));
    }
}

#[test]
fn every_truncation_is_refused() {
    let good = npz(
        &[
            ("x_test", bytes(&[2, 1, 2], &[0, 1, 2, 3])),
            ("y_test", integers(&[1, 0])),
        ],
        true,
    );
    for end in 0..good.len() {
        assert!(reader::decode("file", good[..end].to_vec()).is_err(), "{end}");
    }
}
