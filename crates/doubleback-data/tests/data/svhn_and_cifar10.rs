//! SVHN and CIFAR-10 are read as their formats say, split as documented, and refused with a message when they are damaged.

use crate::support;
use crate::support::files;

use std::path::Path;

use doubleback_data::{
    Bounds, Dataset, FileState, Grayscale, LoadOptions, Part, Presence, Split, catalog, cifar10, contact_sheet, load,
    mat, svhn, verify,
};
use proptest::prelude::*;
use support::{gzip, real_data};

fn folder_of(dataset: &str, files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(dataset)).unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(dataset).join(name), bytes).unwrap();
    }
    folder
}

/// `count` labels of SVHN, 1 to 10 in turn.
fn labels(count: usize) -> Vec<u8> {
    (0..count).map(|image| (image % 10 + 1) as u8).collect()
}

fn noise(image: usize, at: usize) -> u8 {
    ((image * 7919 + at * 104_729) % 251) as u8
}

fn message(dataset: &str, folder: &Path) -> String {
    let error = load(dataset, &LoadOptions::in_dir(folder)).unwrap_err().to_string();
    error.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn images_are_read_column_by_column_and_label_10_is_digit_0() {
    // Red is the row, green the column, blue nothing: luma tells them apart.
    let pixel = |_: usize, at: usize| match at / 1024 {
        0 => (at % 32) as u8,
        1 => (at / 32 % 32) as u8,
        _ => 0,
    };
    for packed in [false, true] {
        let file = files::svhn(&[10, 1, 9], pixel, packed);
        let folder = folder_of("svhn", &[("train_32x32.mat", file.clone()), ("test_32x32.mat", file)]);
        let svhn = load("svhn", &LoadOptions::in_dir(folder.path())).unwrap();
        assert_eq!(svhn.test.labels(), [0, 1, 9]);
        let image = svhn.test.image(0);
        // One row down is 0.2989 more before normalization, one column to the right 0.5870.
        let (down, right) = (image[32] - image[0], image[1] - image[0]);
        assert!((right / down - 0.5870 / 0.2989).abs() < 1e-4, "{down} {right}");
        let mean = image.iter().sum::<f32>() / 1024.0;
        let variance = image.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 1023.0;
        assert!(mean.abs() < 1e-5 && (variance - 1.0).abs() < 1e-4, "{mean} {variance}");
        assert_eq!(svhn.bounds.low, image.iter().copied().fold(0.0, f32::min));
    }
}

#[test]
fn without_extra_images_the_first_of_each_class_of_train_are_for_validation() {
    let train = files::svhn(&labels(60), noise, true);
    let test = files::svhn(&labels(4), noise, true);
    let folder = folder_of("svhn", &[("train_32x32.mat", train), ("test_32x32.mat", test)]);
    let svhn = load("svhn", &LoadOptions::in_dir(folder.path())).unwrap();
    // A third of 6 images a class is less than 400.
    assert_eq!(Part::ALL.map(|part| svhn.split(part).len()), [40, 20, 4]);
    assert_eq!(svhn.class_counts(Part::Validation), [2; 10]);
    assert_eq!(svhn.preparation.grayscale, Some(Grayscale::Luma));
    assert_eq!(svhn.sources.len(), 2);
}

#[test]
fn extra_images_come_first_in_training() {
    let bright = |image: usize, at: usize| noise(image + 1000, at);
    let folder = folder_of(
        "svhn",
        &[
            ("train_32x32.mat", files::svhn(&labels(30), noise, true)),
            ("extra_32x32.mat", files::svhn(&labels(60), bright, true)),
            ("test_32x32.mat", files::svhn(&labels(3), noise, true)),
        ],
    );
    let options = LoadOptions::in_dir(folder.path());
    let with_extra = load("svhn", &options).unwrap();
    assert_eq!(
        Part::ALL.map(|part| with_extra.split(part).len()),
        [40 + 20, 20 + 10, 3]
    );
    let files: Vec<&str> = with_extra.sources.iter().map(|source| source.file.as_str()).collect();
    assert_eq!(files, ["train_32x32.mat", "extra_32x32.mat", "test_32x32.mat"]);
    assert_eq!(verify("svhn", &options).unwrap().len(), 3);
    std::fs::remove_file(folder.path().join("svhn/extra_32x32.mat")).unwrap();
    let without = load("svhn", &options).unwrap();
    assert!(with_extra.train.images().ends_with(&without.train.images()));
    assert!(with_extra.validation.images().starts_with(&without.validation.images()));
    assert!(!with_extra.train.images().starts_with(&without.train.images()));
}

#[test]
fn decolorize_is_another_gray_and_the_same_each_time() {
    let file = files::svhn(&labels(30), noise, true);
    let folder = folder_of("svhn", &[("train_32x32.mat", file.clone()), ("test_32x32.mat", file)]);
    let mut options = LoadOptions::in_dir(folder.path());
    let luma = load("svhn", &options).unwrap();
    options.grayscale = Some(Grayscale::Decolorize);
    let decolorized = load("svhn", &options).unwrap();
    assert_eq!(decolorized, load("svhn", &options).unwrap());
    assert_ne!(decolorized.train, luma.train);
    assert_eq!(
        decolorized.preparation.to_string(),
        "grayscale decolorize, global contrast normalization"
    );
    let refused = load("mnist-mini", &options).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "grayscale: the images of mnist-mini are not made gray. Leave it out, or take `svhn`"
    );
}

#[test]
fn damaged_files_of_svhn_are_refused() {
    let good = files::svhn(&labels(10), noise, true);
    let with_test = |test: Vec<u8>| {
        let folder = folder_of("svhn", &[("train_32x32.mat", good.clone()), ("test_32x32.mat", test)]);
        message("svhn", folder.path())
    };
    let raw = |label: u8| files::svhn(&[label], noise, false);
    let expected = "DIR/svhn/test_32x32.mat: label 11 of image 0 is not one of the 10 classes (1 to 10). Correct or remove it, or get the file again";
    assert_eq!(with_test(raw(11)), expected);
    assert!(
        with_test(raw(0)).contains("label 0 of image 0"),
        "0 is no label of SVHN"
    );
    assert_eq!(
        with_test(b"not a MAT-file".to_vec()),
        "DIR/svhn/test_32x32.mat: it does not begin as a little-endian MAT-file of version 0x0100 (MATLAB 5 to 7). Get it again, or save it \
         in MATLAB with `-v7`"
    );
    let images = files::array("X", &[32, 32, 3, 2], &[0; 6144], true);
    let two = [
        files::mat_header(),
        images.clone(),
        files::array("y", &[1, 1], &[1], true),
    ]
    .concat();
    assert!(with_test(two).contains("1 label for 2 images"));
    let alone = [files::mat_header(), images.clone()].concat();
    assert!(with_test(alone).contains("it holds no array `y` (it holds `X`)"));
    let twice = [files::mat_header(), images.clone(), images].concat();
    assert!(with_test(twice).contains("it holds the array `X` more than once"));
    let small = files::array("X", &[28, 28, 3, 1], &[0; 2352], true);
    let small = [files::mat_header(), small, files::array("y", &[1, 1], &[1], true)].concat();
    assert!(with_test(small).contains("its array `X` has the size 28 x 28 x 3 x 1, expected 32 x 32 x 3 x images"));
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    assert!(with_test(flipped).starts_with("DIR/svhn/test_32x32.mat: "));
}

#[test]
fn a_mat_file_that_promises_the_world_gets_nothing() {
    for dims in [[u32::MAX; 4], [1 << 16, 1 << 16, 1, 1], [0, 32, 3, 1]] {
        let file = [files::mat_header(), files::array("X", &dims, &[0; 8], true)].concat();
        let error = svhn::decode("file", &file[..], usize::MAX).unwrap_err().to_string();
        assert!(error.contains("expected 1 to 2,147,483,648 bytes"), "{error}");
    }
    let file = [files::mat_header(), files::array("X", &[1 << 20, 1], &[0; 8], true)].concat();
    let names = mat::Names {
        images: "X",
        labels: "y",
    };
    let error = mat::decode("file", &file[..], names, usize::MAX)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("has the size 1,048,576 x 1, but 8 bytes of data"),
        "{error}"
    );
}

#[test]
fn no_more_is_kept_of_an_array_than_was_asked_for() {
    let file = files::svhn(&labels(20), noise, true);
    let few = svhn::decode("file", &file[..], 3).unwrap();
    assert_eq!((few.len(), few.labels.len()), (3, 20));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_flip_in_a_packed_mat_file_is_refused_or_harmless(at: prop::sample::Index, flip in 1_u8..) {
        let good = files::svhn(&[10, 3], noise, true);
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = svhn::decode("file", &bytes[..], usize::MAX) {
            prop_assert_eq!(read, svhn::decode("file", &good[..], usize::MAX).unwrap());
        }
    }

    #[test]
    fn every_truncation_of_a_mat_file_is_refused(packed: bool, end: prop::sample::Index) {
        let bytes = files::svhn(&[10, 3], noise, packed);
        // The padding of the last array may be missing.
        let end = end.index(bytes.len() - 7);
        prop_assert!(svhn::decode("file", &bytes[..end], usize::MAX).is_err());
    }

    #[test]
    fn every_flip_in_a_pickle_is_read_without_panic(at: prop::sample::Index, flip in 1_u8.., columns: bool) {
        let mut bytes = files::cifar_pickle(&[3, 9], columns);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = cifar10::decode("file", &bytes[..]) {
            prop_assert_eq!(read.labels.len() * 3072, read.pixels.len());
        }
    }
}

#[test]
fn both_forms_of_cifar10_hold_the_same_images() {
    let labels = [3, 9, 0, 5];
    let binary = cifar10::decode("file", &files::cifar(&labels)[..]).unwrap();
    assert_eq!(binary.labels, labels);
    assert_eq!(binary.pixels[3072..3074], [1, 1]);
    for columns in [false, true] {
        let pickle = files::cifar_pickle(&labels, columns);
        assert_eq!(cifar10::decode("file", &pickle[..]).unwrap(), binary);
        assert_eq!(cifar10::decode("file", &gzip(&pickle)[..]).unwrap(), binary);
        for end in 0..pickle.len() {
            assert!(cifar10::decode("file", &pickle[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn a_tenth_of_the_training_images_of_cifar10_is_for_validation() {
    let labels = |count: usize| (0..count).map(|image| (image % 10) as u8).collect::<Vec<_>>();
    let folder = folder_of(
        "cifar10",
        &[
            ("data_batch_2.bin", files::cifar(&labels(20))),
            ("data_batch_1.bin.gz", gzip(&files::cifar(&labels(10)))),
            ("test_batch", files::cifar_pickle(&[7], false)),
        ],
    );
    let options = LoadOptions::in_dir(folder.path());
    let cifar = load("cifar10", &options).unwrap();
    assert_eq!(Part::ALL.map(|part| cifar.split(part).len()), [27, 3, 1]);
    assert_eq!((cifar.bounds, cifar.shape.channels), (Bounds::UNIT, 3));
    let files = verify("cifar10", &options).unwrap();
    assert_eq!(files.len(), 6);
    assert!(matches!(files[2].state, FileState::Missing));
    assert!(matches!(files[5].state, FileState::NotOfficial { .. }));
}

#[test]
fn files_that_are_not_the_official_ones_are_shuffled() {
    // Sorted by class: the last tenth would be nines alone.
    let sorted: Vec<u8> = (0..200).map(|image| (image / 20) as u8).collect();
    let folder = folder_of(
        "cifar10",
        &[
            ("data_batch_1.bin", files::cifar(&sorted)),
            ("test_batch.bin", files::cifar(&sorted)),
        ],
    );
    let cifar = load("cifar10", &LoadOptions::in_dir(folder.path())).unwrap();
    let classes = |part| cifar.class_counts(part).iter().filter(|&&count| count > 0).count();
    assert!(classes(Part::Validation) > 5 && classes(Part::Train) == 10);
    assert!(
        cifar.train.labels()[..20]
            .iter()
            .any(|&label| label != cifar.train.labels()[0])
    );
    assert!(
        cifar.notes.iter().any(|note| note.contains("SHA-256")),
        "{:?}",
        cifar.notes
    );
    // The test part is as it is in the file.
    assert_eq!(
        cifar.test.labels()[..21].iter().rposition(|&label| label == 0),
        Some(19)
    );
    assert_eq!(cifar, load("cifar10", &LoadOptions::in_dir(folder.path())).unwrap());

    let sorted: Vec<u8> = (0..200).map(|image| (image / 20 + 1) as u8).collect();
    let file = files::svhn(&sorted, noise, true);
    let folder = folder_of("svhn", &[("train_32x32.mat", file.clone()), ("test_32x32.mat", file)]);
    let svhn = load("svhn", &LoadOptions::in_dir(folder.path())).unwrap();
    assert!(
        svhn.train.labels()[..20]
            .iter()
            .any(|&label| label != svhn.train.labels()[0])
    );
    assert_eq!(svhn.notes, cifar.notes);
}

#[test]
fn damaged_files_of_cifar10_are_refused() {
    let with_test = |test: Vec<u8>| {
        let folder = folder_of(
            "cifar10",
            &[("data_batch_1.bin", files::cifar(&[1])), ("test_batch.bin", test)],
        );
        message("cifar10", folder.path())
    };
    assert_eq!(
        with_test(vec![0; 3072]),
        "DIR/cifar10/test_batch.bin: it has 3,072 bytes, expected a label and 3072 bytes of pixels for each image, a multiple of 3,073 in all. \
         It is incomplete or another file: get it again"
    );
    assert!(with_test(files::cifar(&[10])).contains("label 10 of image 0 is not one of the 10 classes"));
    let packed = gzip(&files::cifar(&[1]));
    assert!(with_test(packed[..packed.len() - 4].to_vec()).contains("its gzip data is damaged or incomplete"));
    assert!(with_test(b"\x80\x02}q\x01.".to_vec()).contains("it has no entry `labels`. "));
    assert!(with_test(b"\x80\x02cos\nsystem\no.".to_vec()).contains("its instruction 0x6f at byte 13"));
}

#[test]
fn real_svhn_is_what_it_should_be() {
    let Some(folder) = real_data("real_svhn_is_what_it_should_be", "svhn") else {
        return;
    };
    let options = LoadOptions::in_dir(&folder);
    let info = catalog().iter().find(|info| info.name == "svhn").unwrap();
    assert!(matches!(info.presence(&options).unwrap(), Presence::Present { .. }));
    let svhn = load("svhn", &options).unwrap();
    let digits = |split: &Split| {
        let mut counts = [0; 10];
        split.labels().iter().for_each(|&label| counts[label as usize] += 1);
        counts
    };
    if svhn.sources.len() == 2 {
        assert_eq!(digits(&svhn.validation), [400; 10]);
    }
    // Street numbers have more ones than nines (Benford).
    assert!(digits(&svhn.test)[1] > 2 * digits(&svhn.test)[9]);
    assert!(svhn.bounds.low < -2.0 && svhn.bounds.high > 2.0, "{:?}", svhn.bounds);
    assert!(contact_sheet(&svhn, Part::Test, 3).is_ok());
}

#[test]
fn real_cifar10_is_what_it_should_be() {
    let Some(folder) = real_data("real_cifar10_is_what_it_should_be", "cifar10") else {
        return;
    };
    let cifar: Dataset = load("cifar10", &LoadOptions::in_dir(&folder)).unwrap();
    // The first labels of the official test file.
    assert_eq!(cifar.test.labels()[..10], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    assert_eq!(cifar.train.labels()[..5], [6, 9, 9, 4, 1]);
    assert!(
        cifar.sources.iter().all(|source| source.official),
        "{:?}",
        cifar.sources
    );
}
