//! Data sets are what their names promise, and say so when they are not.

use crate::support;

use std::path::Path;

use doubleback_data::{
    DataError, Dataset, FileState, LoadOptions, Part, Presence, Split, catalog, contact_sheet, load,
    save_contact_sheet, verify,
};
use support::{gzip, idx, real_data};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

fn mini() -> Dataset {
    load("mnist-mini", &LoadOptions::default()).unwrap()
}

/// A folder with `mnist/` of `train` + 3 images, where every pixel of image `i` is `i` modulo 256 and its label `i` modulo 10.
fn small_mnist(train: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mnist = folder.path().join("mnist");
    std::fs::create_dir(&mnist).unwrap();
    for (images, labels, count) in [(TRAIN_IMAGES, TRAIN_LABELS, train), (TEST_IMAGES, TEST_LABELS, 3)] {
        let pixels: Vec<_> = (0..count).flat_map(|image| [image as u8; 784]).collect();
        let classes: Vec<_> = (0..count).map(|image| (image % 10) as u8).collect();
        // Packed and unpacked files may stand side by side.
        std::fs::write(mnist.join(images), idx(&[count, 28, 28], &pixels)).unwrap();
        std::fs::write(mnist.join(format!("{labels}.gz")), gzip(&idx(&[count], &classes))).unwrap();
    }
    folder
}

fn replace(folder: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join("mnist").join(name), bytes).unwrap();
}

/// The message of loading `mnist`, with the folder's name taken out.
fn message(folder: &Path) -> String {
    let error = load("mnist", &LoadOptions::in_dir(folder)).unwrap_err().to_string();
    error.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn mnist_mini_has_the_promised_images() {
    let mini = mini();
    assert_eq!(
        [mini.train.len(), mini.validation.len(), mini.test.len()],
        [10_000, 1_000, 2_000]
    );
    // The first labels of the official files are well known: 5 0 4 1 9 and 7 2 1 0 4.
    assert_eq!(mini.validation.labels()[..5], [5, 0, 4, 1, 9]);
    assert_eq!(mini.test.labels()[..5], [7, 2, 1, 0, 4]);
    let range = |split: &Split| {
        split
            .images()
            .iter()
            .fold((1.0_f32, 0.0_f32), |(l, h), &v| (l.min(v), h.max(v)))
    };
    assert_eq!(Part::ALL.map(|part| range(mini.split(part))), [(0.0, 1.0); 3]);
    assert_eq!(mini.sources.len(), 6);
    assert!(
        mini.sources
            .iter()
            .all(|source| source.official && source.notice.contains("CC BY-SA 3.0"))
    );
}

#[test]
fn the_catalog_tells_the_truth_about_mnist_mini() {
    let info = catalog().iter().find(|info| info.name == "mnist-mini").unwrap();
    let mini = mini();
    assert_eq!(
        [info.train, info.validation, info.test],
        Part::ALL.map(|part| mini.split(part).len())
    );
    assert_eq!((info.shape, info.files().count()), (mini.shape, 0));
    assert_eq!(mini.classes, info.classes);
}

#[test]
fn mnist_mini_is_a_part_of_mnist() {
    let Some(folder) = real_data("mnist_mini_is_a_part_of_mnist", "mnist") else {
        return;
    };
    let mnist = load("mnist", &LoadOptions::in_dir(&folder)).unwrap();
    let mini = mini();
    let begins = |whole: &Split, part: &Split| {
        assert_eq!(whole.labels()[..part.len()], *part.labels());
        assert!(whole.images()[..part.images().len()] == *part.images());
    };
    assert_eq!(
        [mnist.train.len(), mnist.validation.len(), mnist.test.len()],
        [55_000, 5_000, 10_000]
    );
    // Image 5,000 of the official training file is the first after MNIST's validation images.
    begins(&mnist.train, &mini.train);
    begins(&mnist.validation, &mini.validation);
    begins(&mnist.test, &mini.test);
}

#[test]
fn the_official_files_are_known_packed_and_unpacked() {
    let Some(folder) = real_data("the_official_files_are_known_packed_and_unpacked", "mnist") else {
        return;
    };
    let unpacked = tempfile::tempdir().unwrap();
    std::fs::create_dir(unpacked.path().join("mnist")).unwrap();
    for name in [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS] {
        let packed = std::fs::File::open(folder.join("mnist").join(format!("{name}.gz"))).unwrap();
        let mut file = std::fs::File::create(unpacked.path().join("mnist").join(name)).unwrap();
        std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut file).unwrap();
    }
    for folder in [&folder, unpacked.path()] {
        let options = LoadOptions::in_dir(folder);
        let files = verify("mnist", &options).unwrap();
        assert!(
            files.len() == 4 && files.iter().all(|file| matches!(file.state, FileState::Official)),
            "{files:?}"
        );
        let mnist = catalog().iter().find(|info| info.name == "mnist").unwrap();
        assert!(matches!(mnist.presence(&options).unwrap(), Presence::Present { .. }));
    }
}

#[test]
fn fashion_mnist_is_read_as_mnist_is() {
    let folder = small_mnist(5_002);
    std::fs::rename(folder.path().join("mnist"), folder.path().join("fashion-mnist")).unwrap();
    let fashion = load("fashion-mnist", &LoadOptions::in_dir(folder.path())).unwrap();
    assert_eq!(
        [fashion.train.len(), fashion.validation.len(), fashion.test.len()],
        [2, 5_000, 3]
    );
    assert_eq!(fashion.classes[9], "Ankle boot");
    assert!(
        fashion
            .sources
            .iter()
            .all(|source| !source.official && source.notice.contains("Zalando"))
    );
}

#[test]
fn of_files_that_are_not_the_official_ones_5000_images_of_all_classes_are_for_validation() {
    let folder = small_mnist(6_000);
    // Sorted by class: the first 5,000 would lack two of them.
    let sorted: Vec<u8> = (0..6_000).map(|image| (image / 600) as u8).collect();
    replace(
        folder.path(),
        &format!("{TRAIN_LABELS}.gz"),
        &gzip(&idx(&[6_000], &sorted)),
    );
    let pixels: Vec<u8> = (0..6_000_u32)
        .flat_map(|image| image.to_be_bytes().repeat(196))
        .collect();
    replace(folder.path(), TRAIN_IMAGES, &idx(&[6_000, 28, 28], &pixels));
    let mnist = load("mnist", &LoadOptions::in_dir(folder.path())).unwrap();
    assert_eq!(
        [mnist.train.len(), mnist.validation.len(), mnist.test.len()],
        [1_000, 5_000, 3]
    );
    assert!(mnist.class_counts(Part::Train).iter().all(|&count| count > 50));
    assert!(mnist.class_counts(Part::Validation).iter().all(|&count| count > 400));
    // Images keep their labels.
    for index in 0..1_000 {
        let image = mnist.train.image(index);
        let number = (image[2] * 255.0).round() as u32 * 256 + (image[3] * 255.0).round() as u32;
        assert_eq!(mnist.train.labels()[index], number / 600);
    }
    assert_eq!(mnist.test.labels(), [0, 1, 2]);
    assert_eq!(
        (mnist.sources[0].file.as_str(), mnist.sources[0].official),
        (TRAIN_IMAGES, false)
    );
    assert_eq!(mnist.sources[1].file, format!("{TRAIN_LABELS}.gz"));
    assert!(mnist.notes[0].contains("not the official ones"), "{:?}", mnist.notes);
}

#[test]
fn too_few_images_are_refused() {
    for (count, grouped) in [(10, "10"), (5_000, "5,000")] {
        let expected = format!(
            "DIR/mnist/train-images-idx3-ubyte: {grouped} images, expected at least 5,001. Get the complete file"
        );
        assert_eq!(message(small_mnist(count).path()), expected);
    }
}

#[test]
fn missing_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        message(folder.path()),
        "DIR/mnist: train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, \
         t10k-labels-idx1-ubyte.gz not found. Get the data with `doubleback data fetch mnist --data-dir DIR`, or name the folder \
         that holds `mnist/` with `--data-dir` or `DOUBLEBACK_DATA`"
    );
    let options = LoadOptions::in_dir(folder.path());
    assert!(
        verify("mnist", &options)
            .unwrap()
            .iter()
            .all(|file| matches!(file.state, FileState::Missing))
    );
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = small_mnist(5_001);
    let dir = folder.path();
    replace(dir, "t10k-labels-idx1-ubyte.gz", &gzip(&idx(&[2], &[0, 1])));
    assert_eq!(
        message(dir),
        "DIR/mnist/t10k-labels-idx1-ubyte.gz: 2 labels for 3 images in t10k-images-idx3-ubyte. \
         They are not of one set: get both again"
    );
    replace(dir, "t10k-labels-idx1-ubyte.gz", &gzip(&idx(&[3], &[0, 9, 10])));
    assert_eq!(
        message(dir),
        "DIR/mnist/t10k-labels-idx1-ubyte.gz: label 10 of image 2 is not one of the 10 classes (0 to 9). \
         Correct or remove it, or get the file again"
    );
    replace(dir, TEST_IMAGES, &idx(&[3, 1, 2], &[0; 6]));
    assert_eq!(
        message(dir),
        "DIR/mnist/t10k-images-idx3-ubyte: its images are 1x2, expected 28x28. Get the files of this data set"
    );
    let files = verify("mnist", &LoadOptions::in_dir(dir)).unwrap();
    let states: Vec<_> = files.iter().map(|file| file.state.to_string()).collect();
    assert!(states[0].starts_with("not the official bytes (SHA-256 "), "{states:?}");
    assert!(
        states[2].starts_with("damaged: ") && states[3].starts_with("damaged: "),
        "{states:?}"
    );
}

#[test]
fn a_folder_in_place_of_a_file_is_missing() {
    let folder = small_mnist(5_001);
    let path = folder.path().join("mnist").join(TEST_IMAGES);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let error = load("mnist", &LoadOptions::in_dir(folder.path())).unwrap_err();
    assert!(matches!(error, DataError::MissingFiles { missing, .. } if missing == ["t10k-images-idx3-ubyte.gz"]));
}

#[test]
fn a_contact_sheet_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sheet.png");
    assert!(save_contact_sheet(&mini(), Part::Test, 0, &path).is_err());
    assert!(!path.exists());
    save_contact_sheet(&mini(), Part::Test, 12, &path).unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        contact_sheet(&mini(), Part::Test, 12).unwrap()
    );
    let error = save_contact_sheet(&mini(), Part::Test, 12, &folder.path().join("absent/sheet.png")).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }));
}
