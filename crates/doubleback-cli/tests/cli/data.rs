//! `doubleback data` fetches, counts and shows data sets.
#[path = "../../../doubleback-data/tests/data/support/server.rs"]
mod server;
use crate::support;

use std::path::Path;
use std::process::Command;

use server::{Server, reply, whole};
use support::{Run, command, doubleback, expect_done, files};

/// Runs it without the proxies of this machine.
fn run(folder: &Path, words: &str) -> Run {
    let args: Vec<&str> = words.split_whitespace().collect();
    without_proxies(&mut command(folder, &args)).output().unwrap().into()
}

fn without_proxies(command: &mut Command) -> &mut Command {
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
}

#[test]
fn what_a_server_does_not_have_is_bad_input_that_says_what_to_do() {
    let server = Server::start(|_, _| reply("404 Not Found", &[("Content-Length", "0")], b""));
    let folder = tempfile::tempdir().unwrap();
    let words = format!("data fetch mnist --data-dir data --quiet --mirror {}", server.url);
    let run = run(folder.path(), &words);
    assert_eq!((run.status, run.stdout.as_str()), (2, ""));
    assert_eq!(
        run.stderr.replace(&server.url, "http://server"),
        "error: train-images-idx3-ubyte.gz: http://server/train-images-idx3-ubyte.gz answered with status 404. Run the same \
         command again to go on, name another server with `--mirror URL`, or put the file into data/mnist yourself\n"
    );
    assert_eq!(files(&folder.path().join("data/mnist")), [""; 0]);
}

#[test]
fn a_data_set_within_the_program_is_not_fetched() {
    let run = expect_done(Path::new("."), "data fetch mnist-mini");
    assert_eq!(run.stdout, "mnist-mini: within the program, nothing to fetch\n");
}

#[test]
fn a_proxy_that_cannot_be_used_is_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(folder.path(), &["data", "fetch", "mnist", "--data-dir", "data"]);
    let run: Run = without_proxies(&mut command)
        .env("HTTPS_PROXY", "gopher://proxy")
        .output()
        .unwrap()
        .into();
    assert_eq!(run.status, 2);
    assert!(
        run.stderr
            .contains("HTTPS_PROXY=gopher://proxy: is not a proxy that can be used"),
        "{}",
        run.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_what_came_is_kept() {
    // Of the size of the published file.
    let server = Server::start(|_, _| whole(&vec![7; 9_912_422]));
    let folder = tempfile::tempdir().unwrap();
    // No file may grow beyond 512 KiB.
    let script = format!(
        "trap '' XFSZ; ulimit -f 512; exec {} data fetch mnist --data-dir data --quiet --mirror {}",
        env!("CARGO_BIN_EXE_doubleback"),
        server.url
    );
    let mut shell = Command::new("bash");
    shell.args(["-c", &script]).current_dir(folder.path());
    let run: Run = without_proxies(&mut shell).output().unwrap().into();
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("train-images-idx3-ubyte.gz.part: File too large")
            && run.stderr.contains("Free some space"),
        "{}",
        run.stderr
    );
    let here = files(&folder.path().join("data/mnist"));
    assert_eq!(
        here,
        [
            "train-images-idx3-ubyte.gz.part",
            "train-images-idx3-ubyte.gz.part.from"
        ]
    );
}

#[test]
fn duplicates_are_counted_and_folders_are_data_sets_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    for (class, first) in [("a", 0), ("b", 100)] {
        std::fs::create_dir_all(here.join("set").join(class)).unwrap();
        for image in 0..20_u8 {
            let pixel = first + image.min(18);
            let picture = image::GrayImage::from_pixel(12, 12, image::Luma([pixel]));
            picture
                .save(here.join("set").join(class).join(format!("{image}.png")))
                .unwrap();
        }
    }
    let run = expect_done(here, "data duplicates folder:set --duplicates remove");
    let train = run
        .stdout
        .lines()
        .find(|line| line.trim_start().starts_with("train"))
        .unwrap();
    let cells: Vec<&str> = train.split_whitespace().collect();
    assert_eq!(cells[1], cells[2], "{}", run.stdout);
    assert!(run.stdout.contains("left out"), "{}", run.stdout);
    assert_eq!(doubleback(here, "data verify folder:set").status, 0);
    expect_done(here, "data show folder:set --part train --out set.png");
    expect_done(
        here,
        "train --dataset folder:set --defense normal --steps 1 --batch 4 --out set.safetensors",
    );
}

/// `count` gray images a class.
fn write_folder(folder: &Path, classes: usize, count: u8) {
    for class in 0..classes {
        let path = folder.join(format!("c{class:03}"));
        std::fs::create_dir_all(&path).unwrap();
        for image in 0..count {
            let picture = image::GrayImage::from_pixel(12, 12, image::Luma([image]));
            picture.save(path.join(format!("{image}.png"))).unwrap();
        }
    }
}

#[test]
fn what_is_wrong_in_a_folder_is_counted_in_images_and_nobody_is_told_to_get_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_folder(&here.join("set"), 12, 10);
    let mut cut = Vec::new();
    let picture = image::RgbImage::from_pixel(12, 12, image::Rgb([200, 10, 10]));
    let mut encoder = image::codecs::jpeg::JpegEncoder::new(&mut cut);
    encoder.encode_image(&picture).unwrap();
    std::fs::write(here.join("set/c003/cut.jpg"), &cut[..cut.len() - 10]).unwrap();
    let run = doubleback(here, "data verify folder:set");
    assert_eq!(run.status, 2);
    assert!(
        run.stdout.starts_with("set/: 120 images, sound, nothing published"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("set/c003/cut.jpg: damaged: set/c003/cut.jpg: the file ends before its picture does"),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr
            .ends_with("folder:set: 1 of 121 files is not what it should be. Correct or remove it\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn rows_of_a_contact_sheet_are_named_and_not_more_than_one_can_look_at() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_folder(&here.join("set"), 120, 3);
    let run = expect_done(here, "data show folder:set --per-class 2 --out set.png");
    assert!(
        run.stdout
            .starts_with("Picture: set.png\nRows from the top: c000 (0), c001 (1), "),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.ends_with("c099 (99); 20 more with `--classes`\n"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        run.stdout
    );
    let run = expect_done(here, "data show folder:set --classes c119,3 --out two.png");
    assert_eq!(
        run.stdout,
        "Picture: two.png\nRows from the top: c119 (119), c003 (3)\n"
    );
    let run = doubleback(here, "data show folder:set --classes c200 --out none.png");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("unknown class `c200`"), "{}", run.stderr);
}

#[test]
fn channels_and_backgrounds_are_names_of_what_there_is() {
    let run = doubleback(Path::new("."), "data show folder:x --out x.png --channels 2");
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("expected 1 (gray) or 3 (color)"), "{}", run.stderr);
    let run = doubleback(Path::new("."), "data show folder:x --out x.png --background pink");
    assert_eq!(run.status, 2);
    assert!(
        run.stderr.contains("expected white, black or a color such as #ff8000"),
        "{}",
        run.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_data_set_whose_name_is_not_utf_8_is_refused_by_its_name() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"folder:caf\xe9");
    let mut command = command(Path::new("."), &["data", "verify"]);
    let run: Run = command.arg(name).output().unwrap().into();
    assert_eq!(run.status, 2);
    assert!(
        run.stderr
            .contains(r"`folder:caf\xe9` is not UTF-8. Rename it, or give a link to it"),
        "{}",
        run.stderr
    );
}
