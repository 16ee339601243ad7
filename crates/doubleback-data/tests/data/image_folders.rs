//! Folders of images become data sets, or a message says what is wrong with them.

use crate::support;

use std::fs;
use std::path::Path;

use doubleback_data::{
    DataError, Dataset, DuplicatePolicy, FileState, ImageShape, LoadOptions, Part, duplicates, load, verify,
};
use support::{gzip, idx, png, real_data};

/// Writes `count` images of 2x3 pixels into a class, the first pixel of each another one.
fn write_class(folder: &Path, class: &str, first: u8, count: u8) {
    let folder = folder.join(class);
    fs::create_dir_all(&folder).unwrap();
    for image in 0..count {
        let file = png(2, 3, |row, column| if row + column == 0 { first + image } else { 9 });
        fs::write(folder.join(format!("{image:03}.png")), file).unwrap();
    }
}

fn name(folder: &Path) -> String {
    format!("folder:{}", folder.display())
}

fn read(folder: &Path) -> Result<Dataset, DataError> {
    load(&name(folder), &LoadOptions::default())
}

/// The message of reading a folder, with its name taken out.
fn message(folder: &Path) -> String {
    let text = read(folder).unwrap_err().to_string();
    text.replace(&folder.display().to_string(), "DIR")
}

fn sizes(dataset: &Dataset) -> [usize; 3] {
    Part::ALL.map(|part| dataset.split(part).len())
}

/// The first pixels of a part, as bytes.
fn first_pixels(dataset: &Dataset, part: Part) -> Vec<u8> {
    let split = dataset.split(part);
    (0..split.len())
        .map(|index| (split.image(index)[0] * 255.0).round() as u8)
        .collect()
}

#[test]
fn every_class_is_dealt_out_to_all_parts_whatever_the_files_are_called() {
    let folder = tempfile::tempdir().unwrap();
    write_class(folder.path(), "cat", 0, 20);
    write_class(folder.path(), "dog", 100, 40);
    let pets = read(folder.path()).unwrap();
    assert_eq!(pets.classes, ["cat", "dog"]);
    assert_eq!(pets.shape.to_string(), "1x2x3");
    assert_eq!(sizes(&pets), [45, 6, 9]);
    for part in Part::ALL {
        let of_labels = pets.split(part).labels().iter().map(|&label| label == 1);
        let of_pixels = first_pixels(&pets, part).into_iter().map(|pixel| pixel >= 100);
        assert!(of_labels.eq(of_pixels), "{part}");
    }
    let mut options = LoadOptions::default();
    options.image_size = Some([4, 6]);
    let resized = load(&name(folder.path()), &options).unwrap();
    for part in Part::ALL {
        assert_eq!(resized.split(part).labels(), pets.split(part).labels());
    }
    let cat = folder.path().join("cat");
    fs::rename(cat.join("000.png"), cat.join("zzz.PNG")).unwrap();
    let renamed = read(folder.path()).unwrap();
    assert_eq!(
        (renamed.train, renamed.validation, renamed.test),
        (pets.train, pets.validation, pets.test)
    );
}

#[test]
fn parts_in_folders_are_the_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (part, first, count) in [("train", 0, 10), ("val", 100, 3), ("test", 200, 2)] {
        write_class(&folder.path().join(part), "a", first, count);
        write_class(&folder.path().join(part), "b", first + 50, count);
    }
    let set = read(folder.path()).unwrap();
    assert_eq!(sizes(&set), [20, 6, 4]);
    assert_eq!(set.sources.len(), 3);
    let mut test = first_pixels(&set, Part::Test);
    test.sort_unstable();
    assert_eq!(test, [200, 201, 250, 251]);

    // A part that is not there is taken from the training images.
    fs::remove_dir_all(folder.path().join("val")).unwrap();
    assert_eq!(sizes(&read(folder.path()).unwrap()), [18, 2, 4]);

    write_class(&folder.path().join("test"), "c", 0, 1);
    assert_eq!(
        message(folder.path()),
        "DIR/test: its sub-folder `c` is not one of the classes. Rename or remove it"
    );
    fs::remove_dir_all(folder.path().join("test/c")).unwrap();
    write_class(folder.path(), "more", 0, 1);
    assert!(message(folder.path()).starts_with("DIR: its sub-folder `more` stands beside `train`."));
}

#[test]
fn files_that_are_no_images_are_counted_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    write_class(folder.path(), "a", 0, 10);
    write_class(folder.path(), "b", 50, 10);
    fs::write(folder.path().join("a/broken.png"), "<html>").unwrap();
    fs::write(folder.path().join("a/empty.jpg"), "").unwrap();
    fs::write(folder.path().join("a/notes.txt"), "").unwrap();
    fs::write(folder.path().join("a/.hidden"), "").unwrap();
    fs::write(folder.path().join("readme"), "").unwrap();
    let set = read(folder.path()).unwrap();
    assert_eq!(sizes(&set).iter().sum::<usize>(), 20);
    let notes: Vec<String> = set
        .notes
        .iter()
        .map(|note| note.replace(&folder.path().display().to_string(), "DIR"))
        .collect();
    assert_eq!(
        notes,
        [
            "DIR: 2 image files could not be used and were left out: a/broken.png (it is neither PNG nor JPEG), \
             a/empty.jpg (it is empty)",
            "DIR: 1 file not named .png, .jpg or .jpeg was left out: a/notes.txt"
        ]
    );
    let files = verify(&name(folder.path()), &LoadOptions::default()).unwrap();
    let damaged = files
        .iter()
        .filter(|file| matches!(file.state, FileState::Damaged(_)))
        .count();
    assert_eq!((files.len(), damaged), (3, 2));
}

#[test]
fn folders_that_are_no_data_sets_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let none = "DIR: it has no sub-folders with images. Make one sub-folder of .png or .jpg files a class";
    assert_eq!(message(here), none);
    write_class(here, "a", 0, 10);
    assert!(message(here).starts_with("DIR: `a` is its only sub-folder."));
    fs::create_dir(here.join("b")).unwrap();
    assert_eq!(
        message(here),
        "DIR: its sub-folder `b` has no images. Put .png or .jpg files there, or remove it"
    );
    fs::write(here.join("b/x.png"), "x").unwrap();
    assert!(message(here).contains("`b` has no images that can be read, such as DIR/b/x.png (it is neither"));
    write_class(here, "b", 50, 2);
    assert!(message(here).starts_with("DIR: class `b` has 2 distinct images, too few for a training"));
    assert!(message(&here.join("absent")).starts_with("DIR: No such file"));
}

#[test]
fn images_of_other_sizes_are_named_or_resized() {
    let folder = tempfile::tempdir().unwrap();
    write_class(folder.path(), "a", 0, 10);
    write_class(folder.path(), "b", 50, 10);
    fs::write(folder.path().join("b/odd.png"), png(5, 4, |_, _| 77)).unwrap();
    assert_eq!(
        message(folder.path()),
        "DIR: DIR/b/odd.png is 5x4, but DIR/a/000.png is 2x3. Make all images of one size, or resize them, such as \
         with `--image-size 2x3`"
    );
    let mut options = LoadOptions::default();
    options.image_size = Some([4, 6]);
    let set = load(&name(folder.path()), &options).unwrap();
    assert_eq!(set.shape.to_string(), "1x4x6");
    assert_eq!(sizes(&set).iter().sum::<usize>(), 21);
}

#[test]
fn one_colored_image_makes_all_colored() {
    let folder = tempfile::tempdir().unwrap();
    write_class(folder.path(), "a", 0, 10);
    write_class(folder.path(), "b", 50, 10);
    let red = image::RgbImage::from_pixel(3, 2, image::Rgb([200, 0, 0]));
    red.save(folder.path().join("b/red.png")).unwrap();
    let set = read(folder.path()).unwrap();
    let shape = ImageShape {
        channels: 3,
        height: 2,
        width: 3,
    };
    assert_eq!(set.shape, shape);
    let is_red = |image: &[f32]| image[6..] == [0.0; 12] && image[0] > 0.5;
    let reds: usize = Part::ALL
        .map(|part| {
            let split = set.split(part);
            (0..split.len()).filter(|&index| is_red(&split.image(index))).count()
        })
        .iter()
        .sum();
    assert_eq!(reds, 1);
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(here, "a", 0, 10);
    write_class(&here.join("elsewhere"), "b", 50, 10);
    let set = tempfile::tempdir().unwrap();
    symlink(here.join("a"), set.path().join("a")).unwrap();
    symlink(here.join("elsewhere/b"), set.path().join("b")).unwrap();
    // Within a class, a link to a folder is no image.
    symlink(set.path(), set.path().join("a/circle.png")).unwrap();
    let read_set = read(set.path()).unwrap();
    assert_eq!(sizes(&read_set).iter().sum::<usize>(), 20);
    assert!(
        read_set.notes[0].contains("circle.png (it is not a file)"),
        "{:?}",
        read_set.notes
    );
    symlink(set.path().join("c"), set.path().join("c")).unwrap();
    let text = message(set.path());
    assert!(text.starts_with("DIR/c: Too many levels of symbolic links"), "{text}");
}

#[test]
fn duplicates_are_removed_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    write_class(folder.path(), "a", 0, 20);
    write_class(folder.path(), "b", 10, 20);
    let set = read(folder.path()).unwrap();
    let found = duplicates(&set);
    assert_eq!(found.iter().map(|part| part.contradictory).sum::<usize>(), 20);
    let mut options = LoadOptions::default();
    options.duplicates = Some(DuplicatePolicy::Remove);
    let clean = load(&name(folder.path()), &options).unwrap();
    assert_eq!(sizes(&clean).iter().sum::<usize>(), 30);
    assert!(duplicates(&clean).iter().all(|part| part.contradictory == 0));
    assert_eq!(clean.test.len(), duplicates(&set)[2].distinct);
}

/// `notmnist/` of `count` images a class, image 1 the same as image 0, in IDX files or folders.
fn write_notmnist(folder: &Path, set: &str, first: usize, count: usize, in_folders: bool) {
    let folder = folder.join("notmnist");
    fs::create_dir_all(&folder).unwrap();
    let value = |class: usize, image: usize| first + class * count + if image == 1 { 0 } else { image };
    let pixel = |value: usize, row: u32, column: u32| match (row, column) {
        (0, 0) => (value % 256) as u8,
        (0, 1) => (value / 256) as u8,
        _ => 255,
    };
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for class in 0..10 {
        let of_class = folder.join(set).join(char::from(b'A' + class as u8).to_string());
        for image in 0..count {
            let value = value(class, image);
            if in_folders {
                fs::create_dir_all(&of_class).unwrap();
                let file = png(28, 28, |row, column| pixel(value, row, column));
                fs::write(of_class.join(format!("{}.png", count - image)), file).unwrap();
            }
            pixels.extend((0..784).map(|at| pixel(value, at / 28, at % 28)));
            labels.push(class as u8);
        }
    }
    if !in_folders {
        let images = gzip(&idx(&[labels.len(), 28, 28], &pixels));
        fs::write(folder.join(format!("{set}-images-idx3-ubyte.gz")), images).unwrap();
        let labels = gzip(&idx(&[labels.len()], &labels));
        fs::write(folder.join(format!("{set}-labels-idx1-ubyte.gz")), labels).unwrap();
    }
}

#[test]
fn notmnist_is_the_same_from_folders_and_from_idx() {
    let read = |in_folders| {
        let folder = tempfile::tempdir().unwrap();
        write_notmnist(folder.path(), "notMNIST_small", 0, 41, in_folders);
        let options = LoadOptions::in_dir(folder.path());
        assert!(
            verify("notmnist", &options)
                .unwrap()
                .iter()
                .all(|file| matches!(file.state, FileState::Unpublished { .. }))
        );
        load("notmnist", &options).unwrap()
    };
    let (folders, files) = (read(true), read(false));
    assert_eq!(sizes(&files), [300, 40, 60]);
    assert_eq!(
        (&folders.train, &folders.validation, &folders.test),
        (&files.train, &files.validation, &files.test)
    );
    assert_eq!(files.notes, ["notMNIST_small: 10 repeated images left out"]);
    let values = files.train.images();
    assert_eq!((values.iter().copied().fold(0.0, f32::min), values[783]), (-0.5, 0.5));
}

#[test]
fn notmnist_large_trains_and_small_tests_without_common_images() {
    let folder = tempfile::tempdir().unwrap();
    write_notmnist(folder.path(), "notMNIST_small", 0, 1_003, false);
    // Large begins with the last hundred of small's 10,030.
    write_notmnist(folder.path(), "notMNIST_large", 9_930, 1_203, false);
    let options = LoadOptions::in_dir(folder.path());
    let set = load("notmnist", &options).unwrap();
    assert_eq!(sizes(&set), [1_030, 10_000, 10_000]);
    for label in 0..10 {
        let count = |part| set.split(part).labels().iter().filter(|&&of| of == label).count();
        assert_eq!(Part::ALL.map(count), [103, 1_000, 1_000]);
    }
    assert!(
        duplicates(&set)
            .iter()
            .all(|part| part.distinct == part.images && part.shared == [0; 3])
    );
    assert_eq!(
        set.notes[2],
        "notMNIST_large: 99 images that notMNIST_small has as well left out"
    );
    let mut keep = options;
    keep.duplicates = Some(DuplicatePolicy::Keep);
    assert_eq!(load("notmnist", &keep).unwrap().train.len(), 2_030);
}

#[test]
fn the_real_notmnist_small_is_balanced_and_has_no_duplicates() {
    let Some(folder) = real_data("the_real_notmnist_small_is_balanced_and_has_no_duplicates", "notmnist") else {
        return;
    };
    let options = LoadOptions::in_dir(folder);
    let set = load("notmnist", &options).unwrap();
    assert_eq!(set.notes, ["notMNIST_small: 492 repeated images left out"]);
    assert_eq!(sizes(&set).map(|size| size % 10), [0; 3]);
    assert!(
        duplicates(&set)
            .iter()
            .all(|part| part.distinct == part.images && part.shared == [0; 3])
    );
    let info = doubleback_data::catalog()
        .iter()
        .find(|info| info.name == "notmnist")
        .unwrap();
    let said = sizes(&set).map(|size| format!("{},{:03}", size / 1_000, size % 1_000));
    assert!(said.iter().all(|size| info.description.contains(size)), "{said:?}");
}
