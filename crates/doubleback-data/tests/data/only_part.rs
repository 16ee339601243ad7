//! Of a data set that is asked for one part alone, this part is what it always is, and files of other parts are not read.

use crate::support;
use crate::support::files;

use doubleback_data::{Dataset, DuplicatePolicy, LoadOptions, Part, load};
use support::{gzip, idx, real_data};

fn noise(image: usize, at: usize) -> u8 {
    ((image * 7919 + at * 104_729) % 251) as u8
}

/// A folder with small files of several data sets.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let gray = |count: usize, first: usize| {
        let pixels: Vec<u8> = (first..first + count)
            .flat_map(|image| (0..784).map(move |at| noise(image, at)))
            .collect();
        gzip(&idx(&[count, 28, 28], &pixels))
    };
    let labels = |count: usize| {
        gzip(&idx(
            &[count],
            &(0..count).map(|image| (image % 10) as u8).collect::<Vec<_>>(),
        ))
    };
    let ten: Vec<u8> = (0..40).map(|image| image % 10).collect();
    let digits: Vec<u8> = (0..60).map(|image| image % 10 + 1).collect();
    let bright = |image: usize, at: usize| noise(image + 1000, at);
    for (name, bytes) in [
        ("mnist/train-images-idx3-ubyte.gz", gray(5_040, 0)),
        ("mnist/train-labels-idx1-ubyte.gz", labels(5_040)),
        ("mnist/t10k-images-idx3-ubyte.gz", gray(20, 6_000)),
        ("mnist/t10k-labels-idx1-ubyte.gz", labels(20)),
        ("emnist/emnist-digits-train-images-idx3-ubyte.gz", gray(40, 0)),
        ("emnist/emnist-digits-train-labels-idx1-ubyte.gz", labels(40)),
        ("emnist/emnist-digits-test-images-idx3-ubyte.gz", gray(20, 90)),
        ("emnist/emnist-digits-test-labels-idx1-ubyte.gz", labels(20)),
        ("cifar10/data_batch_1.bin", files::cifar(&ten)),
        ("cifar10/test_batch.bin", files::cifar(&ten[..20])),
        ("svhn/train_32x32.mat", files::svhn(&digits, noise, true)),
        ("svhn/test_32x32.mat", files::svhn(&digits[..20], bright, true)),
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn only(options: &LoadOptions, part: Part) -> LoadOptions {
    let mut options = options.clone();
    options.only = Some(part);
    options
}

/// The part alone is the part of all; gives what was read for it.
fn check(name: &str, options: &LoadOptions, all: &Dataset, part: Part) -> Dataset {
    let one = load(name, &only(options, part)).unwrap();
    assert!(one.split(part) == all.split(part), "{part} of {name}");
    assert_eq!(
        (one.shape, one.bounds, &one.classes, one.preparation, one.deduplicated),
        (all.shape, all.bounds, &all.classes, all.preparation, all.deduplicated),
        "{part} of {name}"
    );
    one
}

#[test]
fn a_part_alone_is_what_it_is_among_all() {
    let folder = folder();
    let options = LoadOptions::in_dir(folder.path());
    for name in ["mnist-mini", "mnist", "emnist:digits", "cifar10", "svhn"] {
        let all = load(name, &options).unwrap();
        for part in Part::ALL {
            let one = check(name, &options, &all, part);
            if part == Part::Test {
                assert!(one.train.is_empty() && one.validation.is_empty(), "{name}");
            }
        }
    }
}

#[test]
fn files_of_other_parts_need_not_be_there() {
    let folder = folder();
    let options = LoadOptions::in_dir(folder.path());
    for (name, file, part) in [
        ("mnist", "mnist/train-images-idx3-ubyte.gz", Part::Test),
        ("mnist", "mnist/t10k-labels-idx1-ubyte.gz", Part::Train),
        ("cifar10", "cifar10/data_batch_1.bin", Part::Test),
    ] {
        let path = folder.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        // Not even looked at.
        for there in [true, false] {
            if there {
                std::fs::write(&path, b"damaged").unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
            assert!(load(name, &options).is_err(), "{file}");
            let found = load(name, &only(&options, part)).unwrap();
            assert!(!found.split(part).is_empty());
            let sources = found.sources.iter();
            assert!(
                sources
                    .map(|source| &source.file)
                    .all(|name| !file.ends_with(name.as_str()))
            );
        }
        std::fs::write(&path, bytes).unwrap();
    }
}

#[test]
fn what_is_left_out_of_training_is_known_by_the_test_images() {
    let folder = folder();
    let mut options = LoadOptions::in_dir(folder.path());
    options.duplicates = Some(DuplicatePolicy::Remove);
    // Of these, test images are training images too.
    let all = load("cifar10", &options).unwrap();
    assert!(all.train.len() < 36, "{}", all.train.len());
    for part in Part::ALL {
        check("cifar10", &options, &all, part);
    }
}

#[test]
fn parts_of_the_published_files_alone_are_the_same() {
    for name in ["mnist", "cifar10", "notmnist"] {
        let Some(folder) = real_data("parts_of_the_published_files_alone_are_the_same", name) else {
            continue;
        };
        let options = LoadOptions::in_dir(&folder);
        let all = load(name, &options).unwrap();
        for part in Part::ALL {
            check(name, &options, &all, part);
        }
    }
}
