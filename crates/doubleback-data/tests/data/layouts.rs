//! Files are found where other programs put them and under the names that these give them; archives are read as they are.

use crate::support;
use crate::support::files;

use std::io::{Cursor, Write};
use std::path::Path;

use doubleback_data::fetch::check;
use doubleback_data::{Dataset, FileState, LoadOptions, Part, Presence, catalog, load, verify};
use support::{gzip, idx};
use zip::ZipWriter;
use zip::write::FileOptions;

/// A data folder with these files.
fn folder_of(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn read(name: &str, folder: &Path) -> Dataset {
    load(name, &LoadOptions::in_dir(folder)).unwrap()
}

fn message(name: &str, folder: &Path) -> String {
    let error = load(name, &LoadOptions::in_dir(folder)).unwrap_err().to_string();
    error.replace(&folder.display().to_string(), "DIR")
}

/// Images and labels of `count` images; pixel `at` of an image is its number plus `at`.
fn images_and_labels(count: usize, first: usize, classes: usize) -> [Vec<u8>; 2] {
    let pixels: Vec<u8> = (0..count)
        .flat_map(|image| (0..784).map(move |at| (image + at) as u8))
        .collect();
    let labels: Vec<u8> = (0..count).map(|image| (first + image % classes) as u8).collect();
    [idx(&[count, 28, 28], &pixels), idx(&[count], &labels)]
}

#[test]
fn mnist_is_found_where_torchvision_and_others_put_it() {
    let names = |dotted: bool| {
        [
            "train-images-idx3-ubyte",
            "train-labels-idx1-ubyte",
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ]
        .map(|name| {
            if dotted {
                name.replace("-idx", ".idx")
            } else {
                name.to_owned()
            }
        })
    };
    let [images, labels] = images_and_labels(5_010, 0, 10);
    let contents = [images, labels]
        .into_iter()
        .chain(images_and_labels(3, 0, 10))
        .collect::<Vec<_>>();
    let of = |place: &dyn Fn(&str) -> String, dotted: bool, packed: bool| {
        let files: Vec<(String, Vec<u8>)> = names(dotted)
            .iter()
            .zip(&contents)
            .map(|(name, bytes)| match packed {
                true => (place(&format!("{name}.gz")), gzip(bytes)),
                false => (place(name), bytes.clone()),
            })
            .collect();
        folder_of(
            &files
                .iter()
                .map(|(name, bytes)| (name.as_str(), bytes.clone()))
                .collect::<Vec<_>>(),
        )
    };
    let plain = read("mnist", of(&|name| format!("mnist/{name}"), false, false).path());
    let places: [&dyn Fn(&str) -> String; 5] = [
        &|name| format!("MNIST/raw/{name}"),
        &|name| format!("mnist/MNIST/raw/{name}"),
        &|name| format!("mnist/raw/{name}"),
        &|name| format!("mnist/{name}"),
        // A folder for each file.
        &|name| format!("mnist/{name}/{name}"),
    ];
    for place in places {
        for (dotted, packed) in [(false, false), (true, false), (true, true)] {
            let folder = of(place, dotted, packed);
            let found = read("mnist", folder.path());
            assert_eq!(
                [&found.train, &found.validation, &found.test],
                [&plain.train, &plain.validation, &plain.test]
            );
            let info = catalog().iter().find(|info| info.name == "mnist").unwrap();
            assert!(matches!(
                info.presence(&LoadOptions::in_dir(folder.path())).unwrap(),
                Presence::Present { .. }
            ));
            let files = verify("mnist", &LoadOptions::in_dir(folder.path())).unwrap();
            assert!(
                files
                    .iter()
                    .all(|file| matches!(file.state, FileState::NotOfficial { .. })),
                "{files:?}"
            );
        }
    }
    // Files of one set are not taken for those of the other.
    let fashion = of(&|name| format!("FashionMNIST/raw/{name}"), false, true);
    assert_eq!(read("fashion-mnist", fashion.path()).test, plain.test);
    assert!(message("mnist", fashion.path()).contains("not found"));
}

#[test]
fn svhn_is_found_where_torchvision_puts_it() {
    let labels: Vec<u8> = (1..=10).cycle().take(40).collect();
    let file = files::svhn(&labels, |image, at| (image * 31 + at * 7) as u8, true);
    let plain = folder_of(&[
        ("svhn/train_32x32.mat", file.clone()),
        ("svhn/test_32x32.mat", file.clone()),
    ]);
    let root = folder_of(&[("train_32x32.mat", file.clone()), ("test_32x32.mat", file)]);
    assert_eq!(read("svhn", root.path()), read("svhn", plain.path()));
}

/// A tar archive of these files, packed.
fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    gzip(&archive.into_inner().unwrap())
}

#[test]
fn cifar10_is_read_from_unpacked_folders_and_from_archives_as_they_are() {
    let labels: Vec<u8> = (0..20).map(|image| image % 10).collect();
    let pickled = || files::cifar_pickle(&labels, false);
    let plain = folder_of(&[("cifar10/data_batch_1", pickled()), ("cifar10/test_batch", pickled())]);
    let expected = read("cifar10", plain.path());
    for place in ["cifar10/cifar-10-batches-py", "cifar-10-batches-py"] {
        let [train, test] = ["data_batch_1", "test_batch"].map(|name| format!("{place}/{name}"));
        let folder = folder_of(&[(&train, pickled()), (&test, pickled())]);
        assert_eq!(read("cifar10", folder.path()), expected, "{place}");
    }
    let python = archive(&[
        ("cifar-10-batches-py/batches.meta", b"not read".to_vec()),
        ("cifar-10-batches-py/test_batch", pickled()),
        ("cifar-10-batches-py/data_batch_1", pickled()),
    ]);
    let binary = archive(&[
        ("cifar-10-batches-bin/data_batch_1.bin", files::cifar(&labels)),
        ("cifar-10-batches-bin/test_batch.bin", files::cifar(&labels)),
    ]);
    for (place, bytes) in [
        ("cifar10/cifar-10-python.tar.gz", python.clone()),
        ("cifar-10-python.tar.gz", python.clone()),
        ("cifar10/cifar-10-binary.tar.gz", binary),
    ] {
        let folder = folder_of(&[(place, bytes)]);
        let found = read("cifar10", folder.path());
        assert_eq!(
            [&found.train, &found.validation, &found.test],
            [&expected.train, &expected.validation, &expected.test]
        );
        assert_eq!(
            (found.sources.len(), place.ends_with(&found.sources[0].file)),
            (1, true)
        );
        let states = verify("cifar10", &LoadOptions::in_dir(folder.path())).unwrap();
        assert!(
            matches!(&states[..], [one] if matches!(one.state, FileState::NotOfficial { .. })),
            "{states:?}"
        );
        let info = catalog().iter().find(|info| info.name == "cifar10").unwrap();
        assert!(matches!(
            info.presence(&LoadOptions::in_dir(folder.path())).unwrap(),
            Presence::Present { .. }
        ));
    }
    let wrong = archive(&[
        ("data_batch_1.bin", vec![0; 3072]),
        ("test_batch.bin", files::cifar(&labels)),
    ]);
    let error = message(
        "cifar10",
        folder_of(&[("cifar10/cifar-10-binary.tar.gz", wrong)]).path(),
    );
    assert!(
        error.starts_with("DIR/cifar10/cifar-10-binary.tar.gz: data_batch_1.bin: it has 3,072 bytes"),
        "{error}"
    );
    let cut = folder_of(&[("cifar10/cifar-10-python.tar.gz", python[..python.len() / 2].to_vec())]);
    assert!(message("cifar10", cut.path()).contains("cifar-10-python.tar.gz: it is damaged"));
    let empty = folder_of(&[("cifar10/cifar-10-python.tar.gz", archive(&[("readme.html", vec![1])]))]);
    assert!(message("cifar10", empty.path()).contains("data_batch_1.bin.gz"));
}

/// A file of CIFAR-100 in binary form.
fn cifar100(labels: &[[u8; 2]]) -> Vec<u8> {
    let record = |(index, labels): (usize, &[u8; 2])| [&labels[..], &[index as u8; 3072]].concat();
    labels.iter().enumerate().flat_map(record).collect()
}

#[test]
fn cifar100_has_fine_classes_and_coarse_ones() {
    let labels: Vec<[u8; 2]> = (0..100).map(|fine| [fine % 20, fine]).collect();
    let files = || {
        [
            ("train.bin", cifar100(&labels)),
            ("test.bin", cifar100(&[[4, 0], [19, 99]])),
        ]
    };
    let [train, test] = files();
    let folder = folder_of(&[
        ("cifar100/train.bin", train.1.clone()),
        ("cifar100/test.bin.gz", gzip(&test.1)),
    ]);
    let fine = read("cifar100", folder.path());
    assert_eq!(Part::ALL.map(|part| fine.split(part).len()), [90, 10, 2]);
    assert_eq!(
        (fine.classes.len(), fine.classes[0].as_str(), fine.classes[99].as_str()),
        (100, "apple", "worm")
    );
    assert_eq!(fine.test.labels(), [0, 99]);
    let coarse = read("cifar100:coarse", folder.path());
    assert_eq!(
        (coarse.classes.len(), coarse.classes[4].as_str(), coarse.name.as_str()),
        (20, "fruit_and_vegetables", "cifar100:coarse")
    );
    assert_eq!(coarse.test.labels(), [4, 19]);
    assert_eq!(coarse.train.images(), fine.train.images());
    // Images keep their labels.
    for (index, &label) in fine.train.labels().iter().enumerate() {
        assert_eq!((fine.train.image(index)[0] * 255.0).round() as u32, label);
    }
    let packed = archive(&[
        ("cifar-100-binary/train.bin", train.1),
        ("cifar-100-binary/test.bin", test.1),
    ]);
    let folder = folder_of(&[("cifar100/cifar-100-binary.tar.gz", packed)]);
    assert_eq!(read("cifar100", folder.path()).train, fine.train);
    let exchanged = folder_of(&[
        ("cifar100/train.bin", files::cifar(&[1, 2])),
        ("cifar100/test.bin", files::cifar(&[1])),
    ]);
    assert!(message("cifar100", exchanged.path()).contains("It looks like a file of CIFAR-10: take `cifar10`"));
    assert!(
        message("cifar100:coarse", tempfile::tempdir().unwrap().path()).contains("`doubleback data fetch cifar100 ")
    );
    assert!(check("cifar100:coarse").is_ok());
}

/// EMNIST's four files of a split, with labels from `first`.
fn emnist(split: &str, first: usize, classes: usize) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (part, count) in [("train", 60), ("test", 3)] {
        let [images, labels] = images_and_labels(count, first, classes);
        files.push((format!("emnist-{split}-{part}-images-idx3-ubyte.gz"), gzip(&images)));
        files.push((format!("emnist-{split}-{part}-labels-idx1-ubyte.gz"), gzip(&labels)));
    }
    files
}

fn in_folder(folder: &str, files: Vec<(String, Vec<u8>)>) -> tempfile::TempDir {
    let files: Vec<(String, Vec<u8>)> = files
        .into_iter()
        .map(|(name, bytes)| (format!("{folder}/{name}"), bytes))
        .collect();
    folder_of(
        &files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone()))
            .collect::<Vec<_>>(),
    )
}

#[test]
fn images_of_emnist_stand_and_its_letters_begin_at_0() {
    for (name, split, first, classes) in [
        ("emnist", "balanced", 0, 47),
        ("emnist:letters", "letters", 1, 26),
        ("emnist:digits", "digits", 0, 10),
        ("emnist:mnist", "mnist", 0, 10),
        ("emnist:byclass", "byclass", 0, 62),
        ("emnist:bymerge", "bymerge", 0, 47),
    ] {
        let folder = in_folder("emnist", emnist(split, first, classes));
        let found = read(name, folder.path());
        assert_eq!(found.classes.len(), classes, "{name}");
        assert_eq!(Part::ALL.map(|part| found.split(part).len()), [54, 6, 3]);
        assert_eq!(found.test.labels(), [0, 1, 2]);
        // In the file the next column is 1 brighter, and the next row 28; here it is the other way around.
        let image = found.test.image(0);
        assert_eq!(
            [image[0], image[1], image[28]],
            [0, 28, 1].map(|byte: u8| f32::from(byte) / 255.0)
        );
        assert!(
            found.notes.iter().any(|note| note.contains("upright")),
            "{:?}",
            found.notes
        );
        let states = verify(name, &LoadOptions::in_dir(folder.path())).unwrap();
        assert!(
            states
                .iter()
                .all(|file| matches!(file.state, FileState::Unpublished { .. })),
            "{states:?}"
        );
    }
    let wrong = in_folder("emnist", emnist("letters", 0, 26));
    assert!(
        message("emnist:letters", wrong.path()).contains("label 0 of image 0 is not one of the 26 classes (1 to 26)")
    );
    assert!(message("emnist:digit", wrong.path()).contains("Did you mean `emnist:digits`?"));
}

#[test]
fn emnist_is_read_from_its_archive_as_it_is() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [emnist("letters", 1, 26), emnist("balanced", 0, 47)].concat() {
        archive
            .start_file(format!("gzip/{name}"), FileOptions::default())
            .unwrap();
        archive.write_all(&bytes).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    let plain = in_folder("EMNIST/raw", emnist("letters", 1, 26));
    let packed = folder_of(&[("emnist/gzip.zip", bytes.clone())]);
    let (found, expected) = (
        read("emnist:letters", packed.path()),
        read("emnist:letters", plain.path()),
    );
    assert_eq!(
        [&found.train, &found.validation, &found.test],
        [&expected.train, &expected.validation, &expected.test]
    );
    assert_eq!(
        (
            found.sources.len(),
            found.sources[0].file.as_str(),
            found.sources[0].official
        ),
        (1, "gzip.zip", false)
    );
    let states = verify("emnist:letters", &LoadOptions::in_dir(packed.path())).unwrap();
    assert!(
        states.len() == 5 && matches!(states[0].state, FileState::NotOfficial { .. }),
        "{states:?}"
    );
    assert_eq!(
        message("emnist:digits", packed.path()),
        "DIR/emnist/gzip.zip: it holds no emnist-digits-train-images-idx3-ubyte.gz. Remove it and get it again with `doubleback data fetch emnist`"
    );
    let cut = folder_of(&[("emnist/gzip.zip", bytes[..bytes.len() / 2].to_vec())]);
    assert!(message("emnist", cut.path()).contains("gzip.zip: "));
}
