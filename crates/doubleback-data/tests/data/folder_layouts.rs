//! Folders of images as people have them: their names, their parts, what else lies there, and very many classes.

use crate::support;
use crate::support::exif;

use std::fs;
use std::path::Path;

use doubleback_data::{
    Background, DataError, Dataset, FileState, Grayscale, LoadOptions, MAX_SHOWN_CLASSES, Part, contact_sheet, load,
    verify,
};
use exif::{png_with_chunk, tiff_with_orientation};
use image::{DynamicImage, GrayAlphaImage, LumaA, Rgb, RgbImage};
use support::png;

fn name(folder: &Path) -> String {
    format!("folder:{}", folder.display())
}

fn read(folder: &Path, options: &LoadOptions) -> Result<Dataset, DataError> {
    load(&name(folder), options)
}

fn message(folder: &Path) -> String {
    let text = read(folder, &LoadOptions::default()).unwrap_err().to_string();
    text.replace(&folder.display().to_string(), "DIR")
}

fn notes(folder: &Path, dataset: &Dataset) -> Vec<String> {
    let here = folder.display().to_string();
    dataset.notes.iter().map(|note| note.replace(&here, "DIR")).collect()
}

/// `count` gray images of 2x3 pixels whose first pixel is `value`, all different.
fn write_class(class: &Path, value: u8, count: u8) {
    fs::create_dir_all(class).unwrap();
    for image in 0..count {
        let file = png(2, 3, |row, column| match (row, column) {
            (0, 0) => value,
            (1, 2) => image,
            _ => 9,
        });
        fs::write(class.join(format!("{image:03}.png")), file).unwrap();
    }
}

/// Every image has the value that was written for the class of this name.
fn check_labels(dataset: &Dataset, value: impl Fn(&str) -> u8) {
    for part in Part::ALL {
        let split = dataset.split(part);
        assert!(!split.is_empty());
        for (index, &label) in split.labels().iter().enumerate() {
            let found = (split.image(index)[0] * 255.0).round() as u8;
            assert_eq!(found, value(&dataset.classes[label as usize]));
        }
    }
}

#[test]
fn names_that_are_numbers_are_in_the_order_of_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for class in 0..12 {
        write_class(&folder.path().join(class.to_string()), class, 4);
    }
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    assert!((0..12).map(|class| class.to_string()).eq(set.classes.iter().cloned()));
    check_labels(&set, |class| class.parse().unwrap());
    assert_eq!(
        notes(folder.path(), &set),
        ["DIR: its 12 classes have numbers as names, and each number is the label"]
    );

    fs::rename(folder.path().join("0"), folder.path().join("12")).unwrap();
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    check_labels(&set, |class| if class == "12" { 0 } else { class.parse().unwrap() });
    assert_eq!(
        notes(folder.path(), &set),
        [
            "DIR: classes are numbers, in the order of their numbers, but labels count from 0: 0 is class `1`, 1 is class `2`, \
             2 is class `3` … 11 is class `12`"
        ]
    );

    // One other name, and all are in the order of their letters.
    fs::rename(folder.path().join("12"), folder.path().join("zero")).unwrap();
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!(set.classes[..3], ["1", "10", "11"]);
    assert_eq!(set.notes, [""; 0]);
}

#[test]
fn parts_may_have_capitals_but_not_two_folders() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for (part, count) in [("Train", 4), ("VAL", 2), ("Test", 3)] {
        write_class(&here.join(part).join("a"), 10, count);
        write_class(&here.join(part).join("b"), 20, count);
    }
    let set = read(here, &LoadOptions::default()).unwrap();
    assert_eq!(Part::ALL.map(|part| set.split(part).len()), [8, 4, 6]);

    write_class(&here.join("validation/a"), 10, 1);
    assert_eq!(
        message(here),
        "DIR: its sub-folders `VAL` and `validation` are both for the validation part. Merge them, or move one away"
    );
    fs::remove_dir_all(here.join("validation")).unwrap();
    write_class(&here.join("training/a"), 10, 1);
    assert!(message(here).starts_with("DIR: its sub-folders `Train` and `training` are both for the train part."));
    fs::remove_dir_all(here.join("training")).unwrap();
    fs::remove_dir_all(here.join("VAL/b")).unwrap();
    fs::remove_dir_all(here.join("Train")).unwrap();
    assert_eq!(
        message(here),
        "DIR: its sub-folder `VAL` holds folders, but there is no `train` beside it. Call the folder of the training images \
         `train`, or put the classes directly into DIR"
    );
}

#[test]
fn classes_may_be_called_like_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (class, value) in [("test", 1), ("train", 2), ("valid", 3), ("val", 4)] {
        write_class(&folder.path().join(class), value, 4);
    }
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!(set.classes, ["test", "train", "val", "valid"]);
}

#[test]
fn what_lies_beside_images_is_named_unless_a_system_put_it_there() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(&here.join("a"), 10, 4);
    write_class(&here.join("b"), 20, 4);
    for hidden in ["__MACOSX", ".git", "a/@eaDir"] {
        fs::create_dir_all(here.join(hidden)).unwrap();
        fs::write(here.join(hidden).join("x.png"), "x").unwrap();
    }
    for hidden in ["a/.DS_Store", "a/Thumbs.db", "b/._000.png", "b/desktop.ini"] {
        fs::write(here.join(hidden), "x").unwrap();
    }
    assert_eq!(read(here, &LoadOptions::default()).unwrap().notes, [""; 0]);

    write_class(&here.join("a/more"), 1, 1);
    for number in 0..8 {
        fs::write(here.join(format!("b/{number}.bmp")), "BM").unwrap();
    }
    fs::write(here.join("b/phone.jpg"), b"\0\0\0\x18ftypheic\0\0\0\0").unwrap();
    let set = read(here, &LoadOptions::default()).unwrap();
    assert_eq!(
        notes(here, &set),
        [
            "DIR: 1 image file could not be used and was left out: b/phone.jpg (it is neither PNG nor JPEG but HEIC)",
            "DIR: 8 files not named .png, .jpg or .jpeg were left out: b/0.bmp, b/1.bmp, b/2.bmp, b/3.bmp, b/4.bmp and 3 more",
            "DIR: 1 folder in classes was left out, as nothing below a class is read: a/more",
        ]
    );
}

#[test]
fn classes_without_images_say_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(&here.join("a"), 10, 4);
    fs::create_dir(here.join("b")).unwrap();
    fs::write(here.join("b/1.webp"), "").unwrap();
    assert_eq!(
        message(here),
        "DIR: its sub-folder `b` has no images but 1 file not named .png, .jpg or .jpeg: 1.webp. Put .png or .jpg files there, or \
         remove it"
    );
    fs::remove_dir_all(here.join("b")).unwrap();
    fs::remove_dir_all(here.join("a")).unwrap();
    write_class(&here.join("pets/cat"), 10, 4);
    write_class(&here.join("pets/dog"), 10, 4);
    assert_eq!(
        message(here),
        "DIR: its sub-folder `pets` has no images but folders, such as `cat`, which are not looked into. If these are the classes, \
         give the folder `DIR/pets`; otherwise move the images up, or remove it"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_read_and_written_with_escapes() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let coffee = OsStr::from_bytes(b"caf\xe9");
    write_class(&folder.path().join("tea"), 10, 4);
    write_class(&folder.path().join(coffee), 20, 4);
    fs::write(folder.path().join(coffee).join(OsStr::from_bytes(b"\xff.png")), "x").unwrap();
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!(set.classes, [r"caf\xe9", "tea"]);
    check_labels(&set, |class| if class == "tea" { 10 } else { 20 });
    assert!(
        set.notes[0].contains(r"caf\xe9/\xff.png (it is neither"),
        "{:?}",
        set.notes
    );

    fs::remove_dir_all(folder.path().join(coffee)).unwrap();
    fs::create_dir(folder.path().join(coffee)).unwrap();
    assert!(message(folder.path()).starts_with(r"DIR: its sub-folder `caf\xe9` has no images"));
    write_class(&folder.path().join(coffee), 20, 4);
    write_class(&folder.path().join(r"caf\xe9"), 20, 4);
    assert!(message(folder.path()).starts_with(r"DIR: two of its sub-folders are called `caf\xe9`"));
}

#[test]
fn there_may_be_more_classes_than_a_byte_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    // ImageNet-21k, of 21,841 classes, works the same way, and would take minutes to write.
    let classes = 700_u32;
    for class in 0..classes {
        let path = folder.path().join(format!("n{class:08}"));
        fs::create_dir(&path).unwrap();
        for image in 0..3 {
            let file = png(1, 4, |_, column| {
                if column == 3 {
                    image
                } else {
                    (class >> (8 * column)) as u8
                }
            });
            fs::write(path.join(format!("{image}.png")), file).unwrap();
        }
    }
    let set = read(folder.path(), &LoadOptions::default()).unwrap();
    assert_eq!((set.classes.len(), set.train.len()), (700, 700));
    for (index, &label) in set.train.labels().iter().enumerate() {
        let byte = |at: usize| (set.train.image(index)[at] * 255.0).round() as u32;
        assert_eq!(byte(0) + 256 * byte(1) + 65_536 * byte(2), label);
    }
    let sheet = image::load_from_memory(&contact_sheet(&set, Part::Test, 10).unwrap()).unwrap();
    assert_eq!(sheet.height(), 60 * MAX_SHOWN_CLASSES as u32 + 4);
}

#[test]
fn corrected_labels_and_turned_images_make_another_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(&here.join("a"), 10, 5);
    write_class(&here.join("b"), 20, 5);
    let checksum = || read(here, &LoadOptions::default()).unwrap().sources[0].sha256.clone();
    let before = checksum();
    fs::rename(here.join("a/000.png"), here.join("b/moved.png")).unwrap();
    let corrected = checksum();
    assert_ne!(before, corrected);
    fs::rename(here.join("b/moved.png"), here.join("a/000.png")).unwrap();
    assert_eq!(before, checksum());
}

#[test]
fn images_are_turned_before_their_sizes_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(&here.join("a"), 10, 4);
    write_class(&here.join("b"), 20, 4);
    let lying = png(3, 2, |row, column| (3 * column + row) as u8);
    let turned = png_with_chunk(&lying, b"eXIf", &tiff_with_orientation(6, true));
    fs::write(here.join("a/phone.png"), &turned).unwrap();
    let set = read(here, &LoadOptions::default()).unwrap();
    assert_eq!(set.shape.to_string(), "1x2x3");
    assert_eq!(
        notes(here, &set),
        ["DIR: 1 image is turned or mirrored as the EXIF orientation in the file says"]
    );
    let upright: Vec<f32> = [2_u8, 1, 0, 5, 4, 3].map(|byte| f32::from(byte) / 255.0).to_vec();
    let found = Part::ALL.into_iter().any(|part| {
        let split = set.split(part);
        (0..split.len()).any(|index| split.image(index) == upright)
    });
    assert!(found);
}

/// Two classes of images that `image` makes of a class and a number.
fn write_pictures(folder: &Path, image: impl Fn(u8, u8) -> DynamicImage) {
    for class in 0..2 {
        let path = folder.join(["a", "b"][usize::from(class)]);
        fs::create_dir_all(&path).unwrap();
        for number in 0..5 {
            image(class, number).save(path.join(format!("{number}.png"))).unwrap();
        }
    }
}

#[test]
fn gray_images_stored_in_color_become_one_channel_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_pictures(here, |class, number| {
        RgbImage::from_pixel(2, 2, Rgb([100 * class + number; 3])).into()
    });
    let mut options = LoadOptions::default();
    let colored = read(here, &options).unwrap();
    assert_eq!(colored.shape.channels, 3);
    assert_eq!(
        notes(here, &colored),
        ["DIR: all images are gray but stored in color, and make 3 channels; `--channels 1` makes one"]
    );
    options.channels = Some(1);
    let gray = read(here, &options).unwrap();
    assert_eq!(
        (gray.shape.channels, gray.preparation.to_string().as_str()),
        (1, "channels 1")
    );
    for part in Part::ALL {
        let (one, three) = (gray.split(part), colored.split(part));
        for index in 0..one.len() {
            assert_eq!(one.image(index), &three.image(index)[..4]);
        }
    }
}

#[test]
fn colors_become_gray_when_one_channel_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_pictures(here, |class, number| {
        RgbImage::from_pixel(2, 2, Rgb([200, 100 * class, number])).into()
    });
    let mut options = LoadOptions::default();
    options.channels = Some(1);
    let gray = read(here, &options).unwrap();
    assert_eq!(gray.preparation.to_string(), "channels 1, grayscale luma");
    let value = f64::from(gray.train.image(0)[0]) * 255.0;
    let of_class = 0.2989 * 200.0 + 0.5870 * 100.0 * f64::from(gray.train.labels()[0]);
    // Blue is 0 to 4, and gray is rounded.
    assert!((-0.51..0.96).contains(&(value - of_class)), "{value}");
    assert_eq!(notes(here, &gray), ["DIR: 10 images are colored and made gray by luma"]);

    options.grayscale = Some(Grayscale::Decolorize);
    let other = read(here, &options).unwrap();
    assert_eq!(other.preparation.grayscale, Some(Grayscale::Decolorize));
    options.channels = None;
    let refused = read(here, &options).unwrap_err().to_string();
    assert!(
        refused.ends_with("are not made gray. Add `--channels 1`, or leave it out"),
        "{refused}"
    );
}

#[test]
fn gray_images_become_three_channels_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    write_class(&folder.path().join("a"), 10, 4);
    write_class(&folder.path().join("b"), 20, 4);
    let mut options = LoadOptions::default();
    options.channels = Some(3);
    let set = read(folder.path(), &options).unwrap();
    assert_eq!(
        (set.shape.channels, set.preparation.to_string().as_str()),
        (3, "channels 3")
    );
    let image = set.test.image(0);
    assert_eq!(image[..6], image[12..]);
}

#[test]
fn transparent_images_are_put_on_a_color_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    // Black ink, and the shape is in the transparency.
    write_pictures(here, |class, number| {
        GrayAlphaImage::from_fn(3, 1, |x, _| {
            LumaA([number, if x == u32::from(class) { 255 } else { 0 }])
        })
        .into()
    });
    let mut options = LoadOptions::default();
    let beneath = read(here, &options).unwrap();
    assert!(beneath.train.images().iter().all(|&value| value < 0.02));
    assert_eq!(
        notes(here, &beneath),
        [
            "DIR: 10 images have transparency, which was left out, so that the colors beneath show; `--background white` puts them \
          on white"
        ]
    );
    options.background = Some(Background::WHITE);
    let white = read(here, &options).unwrap();
    assert_eq!(
        (white.shape.channels, white.preparation.to_string().as_str()),
        (1, "background white")
    );
    assert_eq!(
        notes(here, &white),
        ["DIR: 10 images have transparency and were put on white"]
    );
    for (index, &label) in white.train.labels().iter().enumerate() {
        for (x, value) in white.train.image(index).iter().enumerate() {
            assert_eq!(*value == 1.0, x != label as usize);
        }
    }
    options.background = Some(Background([255, 0, 0]));
    assert_eq!(read(here, &options).unwrap().shape.channels, 3);

    let opaque = tempfile::tempdir().unwrap();
    write_class(&opaque.path().join("a"), 10, 4);
    write_class(&opaque.path().join("b"), 20, 4);
    let set = read(opaque.path(), &options).unwrap();
    assert!(set.preparation.is_none());
    assert_eq!(
        notes(opaque.path(), &set),
        ["DIR: no image has transparency, so `--background #ff0000` changes nothing"]
    );
}

#[test]
fn options_for_folders_are_refused_elsewhere() {
    let mut options = LoadOptions::default();
    options.channels = Some(1);
    assert_eq!(
        load("mnist-mini", &options).unwrap_err().to_string(),
        "mnist-mini: its images are 1x28x28 and stay so; `--channels` is for `folder:PATH`. Leave it out"
    );
    let mut options = LoadOptions::default();
    options.background = Some(Background::BLACK);
    let refused = verify("mnist-mini", &options).unwrap_err().to_string();
    assert!(refused.contains("`--background` is for `folder:PATH`"), "{refused}");
}

#[test]
fn verifying_counts_images() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_class(&here.join("a"), 10, 60);
    write_class(&here.join("b"), 20, 60);
    fs::write(here.join("a/x.png"), "x").unwrap();
    let files = verify(&name(here), &LoadOptions::default()).unwrap();
    assert_eq!(
        files.iter().map(|file| file.images.unwrap()).collect::<Vec<_>>(),
        [120, 1]
    );
    assert!(files[0].to_string().contains("/: 120 images, sound"), "{}", files[0]);
    assert!(matches!(files[1].state, FileState::Damaged(_)));
}

#[test]
fn images_of_another_size_in_notmnist_are_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let small = folder.path().join("notmnist/notMNIST_small");
    for class in 0..10_u8 {
        let path = small.join(char::from(b'A' + class).to_string());
        fs::create_dir_all(&path).unwrap();
        for image in 0..12 {
            let file = png(28, 28, |row, _| if row == 0 { class } else { image });
            fs::write(path.join(format!("{image}.png")), file).unwrap();
        }
    }
    let options = LoadOptions::in_dir(folder.path());
    let before = load("notmnist", &options).unwrap();
    fs::write(small.join("A/odd.png"), png(30, 28, |_, _| 7)).unwrap();
    fs::write(small.join("B/empty.png"), "").unwrap();
    let after = load("notmnist", &options).unwrap();
    assert_eq!((&before.train, &before.test), (&after.train, &after.test));
    assert!(
        after.notes[0].ends_with(
            "2 image files could not be used and were left out: A/odd.png (it is 30x28, and the others are 28x28), \
             B/empty.png (it is empty)"
        ),
        "{:?}",
        after.notes
    );
    let files = verify("notmnist", &options).unwrap();
    assert!(files.iter().all(|file| file.state.is_right()));
    assert!(
        files[1]
            .to_string()
            .ends_with("A/odd.png: left out: it is 30x28, and the others are 28x28")
    );
}
