//! The first Ctrl-C ends every command within about a second, wherever it is.
#![cfg(unix)]

use crate::support;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn, save};
use support::sweeps::{end, signal, start};
use support::{Run, files};

/// Long enough for a command to be amid its work, even where many others are.
const START: Duration = Duration::from_secs(6);
/// About a second, and what a busy machine adds.
const SOON: Duration = Duration::from_secs(4);

/// A file that is never read to its end.
fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Pictures that take a minute to read and little memory: one large picture under many names.
fn write_pictures(folder: &Path) {
    let picture = image::GrayImage::from_pixel(4096, 4096, image::Luma([7]));
    std::fs::create_dir_all(folder.join("a")).unwrap();
    let first = folder.join("a/first.png");
    picture.save(&first).unwrap();
    for class in ["a", "b"] {
        std::fs::create_dir_all(folder.join(class)).unwrap();
        for number in 0..1_000 {
            std::fs::hard_link(&first, folder.join(class).join(format!("{number}.png"))).unwrap();
        }
    }
}

fn write_model(path: &Path) {
    let shape = ImageShape {
        channels: 1,
        height: 28,
        width: 28,
    };
    let device = DeviceName::Cpu.open().unwrap();
    let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
    save(&network, &ModelCard::new(), path).unwrap();
}

/// Sends Ctrl-C to a command that is amid its work.
fn interrupt(words: &str, child: Child) -> Run {
    let sent = Instant::now();
    signal("-INT", child.id());
    let run = end(child);
    let took = sent.elapsed();
    assert_eq!(run.status, 130, "doubleback {words}\n{}{}", run.stdout, run.stderr);
    assert!(took < SOON, "doubleback {words} took {took:?}");
    let said: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(said.len(), 1, "doubleback {words}\n{}", run.stderr);
    assert!(
        said[0].starts_with("error: interrupted. "),
        "doubleback {words}\n{}",
        run.stderr
    );
    run
}

#[test]
fn every_command_answers_the_first_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_pictures(&here.join("large"));
    for file in ["model.safetensors", "plan.toml", "gradients.npy"] {
        fifo(&here.join(file));
    }
    std::fs::create_dir(here.join("run")).unwrap();
    fifo(&here.join("run/results.json"));
    write_model(&here.join("normal.safetensors"));
    // A server that never answers.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}", server.local_addr().unwrap());

    // Each of them waits in another place: in reading a model, a data set, a plan, results, an answer; in the middle of a batch.
    let cases = [
        "train --dataset folder:large --image-size 28x28 --threads 1 --defense normal --out out.safetensors".to_owned(),
        "attack --model model.safetensors --dataset mnist-mini --attack fgsm --eps 0.1".into(),
        "attack --model normal.safetensors --dataset mnist-mini --attack jsma --threads 1".into(),
        "transfer --models normal.safetensors,model.safetensors --dataset mnist-mini --attack fgsm --eps 0.1".into(),
        "diagnose --model model.safetensors --dataset mnist-mini --attack fgsm".into(),
        "pooling --dataset folder:large --image-size 28x28 --threads 1".into(),
        "reproduce --dataset folder:large --image-size 28x28 --threads 1".into(),
        "reproduce --published-gradients gradients.npy".into(),
        "sweep plan.toml".into(),
        "report run".into(),
        "data verify folder:large --image-size 28x28 --threads 1".into(),
        "data duplicates folder:large --image-size 28x28 --threads 1".into(),
        "data show folder:large --image-size 28x28 --threads 1 --out show.png".into(),
        format!("data fetch mnist --data-dir fetched --mirror {mirror}"),
        "bench attack --model model.safetensors".into(),
        "bench step --runs 1000000 --batch 8 --threads 1".into(),
        "bench gan --runs 1000000 --batch 8 --threads 1".into(),
    ];
    let children: Vec<Child> = cases.iter().map(|words| start(here, words)).collect();
    std::thread::sleep(START);
    for (words, child) in cases.iter().zip(children) {
        let run = interrupt(words, child);
        let kept = run.stderr.contains("What was done is kept");
        let keeps = ["train", "diagnose", "pooling", "reproduce", "sweep", "data fetch"];
        let keeps = keeps.iter().any(|command| words.starts_with(command));
        // A download says where what it has is kept.
        assert!(
            kept == keeps || words.starts_with("data fetch"),
            "doubleback {words}\n{}",
            run.stderr
        );
    }
    let left = files(here);
    assert!(!left.iter().any(|name| name.starts_with(".doubleback-")), "{left:?}");
}
