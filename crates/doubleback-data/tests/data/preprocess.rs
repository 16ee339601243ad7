//! Pictures become what torchvision makes of them, to the byte, and labels of a folder those of a file of class names.

use std::fs;
use std::path::{Path, PathBuf};

use doubleback_data::{Dataset, LoadOptions, Part, Picture, load, verify};

/// Made by `scripts/make-preprocess-fixtures.py`.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/preprocess")
}

/// A folder of classes of one picture each, and a file of class names.
fn folder(classes: &[&str], picture: &str, names: &str) -> (tempfile::TempDir, LoadOptions) {
    let folder = tempfile::tempdir().unwrap();
    for class in classes {
        let class = folder.path().join("images").join(class);
        fs::create_dir_all(&class).unwrap();
        fs::copy(fixtures().join(picture).join("picture.png"), class.join("a.png")).unwrap();
    }
    let file = folder.path().join("names.txt");
    fs::write(&file, names).unwrap();
    let mut options = LoadOptions::default();
    options.class_names = Some(file);
    (folder, options)
}

fn read(folder: &tempfile::TempDir, options: &LoadOptions) -> Result<Dataset, doubleback_data::DataError> {
    load(&format!("folder:{}", folder.path().join("images").display()), options)
}

fn message(folder: &tempfile::TempDir, options: &LoadOptions) -> String {
    let text = read(folder, options).unwrap_err().to_string();
    text.replace(&folder.path().display().to_string(), "DIR")
}

#[test]
fn pictures_are_what_torchvision_makes_of_them() {
    let mut checked = 0;
    for entry in fs::read_dir(fixtures().join("expected")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (picture, steps) = name.split_once(',').unwrap();
        let (folder, mut options) = folder(&["a"], picture, "a\nb");
        options.preprocess = Some(steps.parse().unwrap());
        let found = read(&folder, &options).unwrap();
        let expected = Picture::decode(&fs::read(&path).unwrap(), None, None).unwrap();
        assert_eq!(found.shape, expected.shape, "{name}");
        let bytes: Vec<u8> = found
            .test
            .image(0)
            .iter()
            .map(|value| (value * 255.0).round() as u8)
            .collect();
        assert_eq!(bytes, expected.pixels, "{name}");
        assert_eq!(found.preparation.to_string(), format!("preprocess {steps}"));
        checked += 1;
    }
    assert_eq!(checked, 7);
}

#[test]
fn labels_are_places_in_the_file_and_a_folder_may_have_a_few_of_its_classes() {
    let names = "n00000001 ant\nn00000002 bee\nn00000003 cow\nn00000004 dog";
    let (folder, options) = folder(&["n00000004", "n00000002"], "wide", names);
    let found = read(&folder, &options).unwrap();
    assert_eq!(found.classes, ["ant", "bee", "cow", "dog"]);
    assert_eq!(Part::ALL.map(|part| found.split(part).len()), [0, 0, 2]);
    assert_eq!(found.class_counts(Part::Test), [0, 1, 0, 1]);
    let note = found.notes.last().unwrap();
    assert_eq!(
        note,
        "all images are for testing, of 2 of the 4 classes that `--class-names` has"
    );
    let name = format!("folder:{}", folder.path().join("images").display());
    assert_eq!(verify(&name, &options).unwrap().len(), 1);
    // By name, and by number where no class is called so.
    for (folders, counts) in [(["bee", "dog"], [0, 1, 0, 1]), (["0", "2"], [1, 0, 1, 0])] {
        let (folder, options) = self::folder(&folders, "wide", names);
        assert_eq!(read(&folder, &options).unwrap().class_counts(Part::Test), counts);
    }
}

#[test]
fn parts_stay_parts_and_lack_classes() {
    let (folder, options) = folder(&["train/a", "train/c", "test/c"], "tall", "a\nb\nc");
    let class = folder.path().join("images/train");
    for name in ["a", "c"] {
        for copy in 0..9_u8 {
            // Other files with other checksums: pictures of one pixel would be of another size.
            let mut file = fs::read(fixtures().join("tall/picture.png")).unwrap();
            file.push(copy);
            fs::write(class.join(name).join(format!("{copy}.png")), file).unwrap();
        }
    }
    let found = read(&folder, &options).unwrap();
    assert_eq!(found.class_counts(Part::Test), [0, 0, 1]);
    assert_eq!(found.class_counts(Part::Train)[1], 0);
    assert!(found.class_counts(Part::Train)[0] > 0 && found.class_counts(Part::Validation)[2] > 0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (one, options) = folder(&["ant", "elk"], "wide", "ant\nbee");
    assert_eq!(
        message(&one, &options),
        "DIR/images: its sub-folder `elk` is none of the classes of DIR/names.txt. Rename or remove it, or correct `--class-names`"
    );
    let (two, options) = folder(&["ant", "x"], "wide", "x\tant\ny\tbee");
    assert_eq!(
        message(&two, &options),
        "DIR/images: its sub-folders `ant` and `x` are both of one class. Merge them, or move one away"
    );
    let mut missing = options.clone();
    missing.class_names = Some(two.path().join("nowhere"));
    assert!(
        message(&two, &missing).starts_with("DIR/nowhere: "),
        "{}",
        message(&two, &missing)
    );
    let mut both = options;
    (both.image_size, both.preprocess) = (Some([4, 4]), Some("imagenet".parse().unwrap()));
    assert!(message(&two, &both).contains("Give one of them"));
    let arrays = load("mnist-mini", &both).unwrap_err().to_string();
    assert!(arrays.contains("`--image-size` is for `folder:PATH`"), "{arrays}");
}
