//! `doubleback data` fetches, counts and shows data sets.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

#[path = "../../doubleback-data/tests/support/server.rs"]
mod server;
mod support;

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
