//! Which files are of which part.

use std::fs;
use std::path::Path;

use doubleback_data::fetch::check;
use doubleback_data::{FileState, LoadOptions, Part, load, location, sha256, verify};

use super::support::{bytes, fixture, folder, images, message, name, read, sorted};

const TRAIN: [(&str, &str); 2] = [
    ("hf-train-0", "data/train-00000-of-00002.parquet"),
    ("hf-train-1", "data/train-00001-of-00002.parquet"),
];
const TEST: (&str, &str) = ("hf-test", "data/test-00000-of-00001.parquet");

#[test]
fn a_repository_of_the_hub_is_read_with_its_classes_and_checksums() {
    let folder = folder(&[TRAIN[0], TRAIN[1], TEST]);
    let dataset = read(folder.path());
    assert_eq!(dataset.classes, ["ant", "bee", "cat"]);
    assert_eq!(
        (dataset.shape.channels, dataset.shape.height, dataset.shape.width),
        (3, 8, 8)
    );
    // Test images stay in the order of the file; those of validation are dealt out of the training images.
    assert_eq!(images(&dataset.test, 3), (18..24).collect::<Vec<_>>());
    let (train, validation) = (images(&dataset.train, 3), images(&dataset.validation, 3));
    assert_eq!((train.len(), validation.len()), (15, 3));
    assert!(dataset.class_counts(Part::Validation).iter().all(|&count| count == 1));
    assert_ne!(train, sorted(train.clone()));
    assert_eq!(sorted([train, validation].concat()), (0..18).collect::<Vec<_>>());
    let sources: Vec<(&str, &str)> = dataset
        .sources
        .iter()
        .map(|s| (s.file.as_str(), s.sha256.as_str()))
        .collect();
    let expected = [TRAIN[0], TRAIN[1], TEST].map(|(fixture, path)| (path, sha256([&bytes(fixture)[..]].into_iter())));
    assert_eq!(
        sources,
        expected.each_ref().map(|(path, sha256)| (*path, sha256.as_str()))
    );
    assert!(dataset.notes.is_empty(), "{:?}", dataset.notes);
    // The same bits again, wherever the folder is.
    assert_eq!(read(&folder.path().join("data")).train, dataset.train);
}

#[test]
fn layouts_of_the_hub_are_found() {
    for files in [
        [
            ("hf-train-0", "train-00000-of-00001-5b19d4539d508aa0.parquet"),
            ("hf-test", "valid-00000-of-00001.parquet"),
        ],
        [
            ("hf-train-0", "plain_text/train-00000-of-00001.parquet"),
            ("hf-test", "plain_text/dev.parquet"),
        ],
        // As the hub itself converts data sets.
        [
            ("hf-train-0", "default/train/0000.parquet"),
            ("hf-test", "default/validation/0000.parquet"),
        ],
    ] {
        let folder = folder(&files);
        let dataset = read(folder.path());
        assert_eq!(images(&dataset.validation, 3), (18..24).collect::<Vec<_>>());
        assert_eq!((dataset.train.len(), dataset.test.len()), (6, 3));
    }
}

#[test]
fn a_test_part_alone_is_no_other_part() {
    let folder = folder(&[TEST]);
    let dataset = read(folder.path());
    assert_eq!(
        [dataset.train.len(), dataset.validation.len(), dataset.test.len()],
        [0, 0, 6]
    );
}

#[test]
fn files_called_after_no_part_are_training_images_or_left_out_aloud() {
    let alone = folder(&[("hf-train-0", "0000.parquet")]);
    let dataset = read(alone.path());
    assert_eq!(
        [dataset.train.len(), dataset.validation.len(), dataset.test.len()],
        [3, 3, 3]
    );
    assert!(dataset.notes[0].ends_with(
        "1 file called after no part: 0000.parquet; all images are training images, of which the other parts are dealt out"
    ));
    let beside = folder(&[TEST, ("hf-train-0", "data/extra-00000-of-00001.parquet")]);
    let dataset = read(beside.path());
    assert_eq!(dataset.train.len(), 0);
    assert!(dataset.notes[0].ends_with("1 file called after no part: extra-00000-of-00001.parquet; left out"));
}

#[test]
fn what_is_no_whole_part_is_refused() {
    let options = LoadOptions::default();
    let lacking = folder(&[TRAIN[1]]);
    assert!(
        message(lacking.path(), &options)
            .ends_with(": of the train part, 1 file there of 2: missing are 00000-of-00002. Get them too")
    );
    let several = folder(&[("hf-test", "a/test.parquet"), ("hf-test", "b/test.parquet")]);
    let error = message(several.path(), &options);
    let first = several.path().join("a");
    assert!(
        error.ends_with(&format!("Give one of them, such as `parquet:{}`", first.display())),
        "{error}"
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(message(empty.path(), &options).contains("it has no .parquet files"));
    assert!(message(&fixture("hf-test"), &options).contains("it is a file. Give the folder"));
    assert!(message(Path::new("/nowhere/at/all"), &options).contains("Check that it exists"));
    let pointer = tempfile::tempdir().unwrap();
    fs::write(
        pointer.path().join("train.parquet"),
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    )
    .unwrap();
    assert!(message(pointer.path(), &options).contains("Git's pointer to a large file"));
    let rowless = folder(&[("empty", "test.parquet")]);
    assert!(message(rowless.path(), &options).contains("of the test part, there are no images"));
    let few = folder(&[("gap", "train.parquet"), ("gap", "test.parquet")]);
    assert!(message(few.path(), &options).contains("no image has label 1"));
    let others = folder(&[("hf-train-0", "train.parquet"), ("snappy", "test.parquet")]);
    assert!(message(others.path(), &options).contains("its labels are of other classes than those of"));
}

#[test]
fn verify_names_every_file_and_what_is_wrong_with_it() {
    let folder = folder(&[TRAIN[0], TRAIN[1], ("hf-secret", "data/test-00000-of-00001.parquet")]);
    let files = verify(&name(folder.path()), &LoadOptions::default()).unwrap();
    let right: Vec<bool> = files.iter().map(|file| file.state.is_right()).collect();
    assert_eq!(right, [true, true, false]);
    assert!(
        matches!(&files[0].state, FileState::Unpublished { sha256: found } if *found == sha256([&bytes("hf-train-0")[..]].into_iter()))
    );
    assert!(files[2].to_string().contains("row 0 has the label -1"));
    // Each of these can be read, but not both together.
    let folder = super::support::folder(&[("hf-train-0", "train.parquet"), ("snappy", "test.parquet")]);
    let files = verify(&name(folder.path()), &LoadOptions::default()).unwrap();
    assert_eq!(files.len(), 3);
    assert!(files[2].to_string().contains("of other classes"));
}

#[test]
fn options_of_pictures_hold_here_too() {
    let folder = folder(&[TRAIN[0], TRAIN[1], TEST]);
    let with = |change: fn(&mut LoadOptions)| {
        let mut options = LoadOptions::default();
        change(&mut options);
        load(&name(folder.path()), &options)
    };
    let gray = with(|options| {
        options.channels = Some(1);
        options.grayscale = Some(doubleback_data::Grayscale::Luma);
    });
    assert_eq!(gray.unwrap().preparation.channels, Some(1));
    let small = with(|options| options.image_size = Some([4, 5])).unwrap();
    assert_eq!((small.shape.height, small.shape.width, small.test.len()), (4, 5, 6));
    assert!(with(|options| options.grayscale = Some(doubleback_data::Grayscale::Luma)).is_err());
    let names = folder.path().join("names.txt");
    fs::write(&names, "dog\ncat\nbee\nant\n").unwrap();
    let mut options = LoadOptions::default();
    options.class_names = Some(names.clone());
    let named = load(&name(folder.path()), &options).unwrap();
    assert_eq!(named.classes, ["dog", "cat", "bee", "ant"]);
    assert_eq!(named.test.labels(), [3, 2, 1, 3, 2, 1]);
    fs::write(&names, "dog\ncat\n").unwrap();
    assert!(message(folder.path(), &options).contains("its class `ant` is none of the classes of"));
    let place = location(&name(folder.path()), &LoadOptions::default()).unwrap();
    assert_eq!(place, folder.path());
    assert!(check("parquet:x").is_err());
}
