//! Wrong use and bad input end with status 2 and one line that says what to do; nothing is written.

use crate::support;

use std::fmt::Write;
use std::path::Path;

use doubleback::data::{Bounds, ImageShape};
use doubleback::device::DeviceName;
use doubleback::nn::{ModelCard, Network, Pool, paper_cnn, save};
use support::{command, doubleback, fake_mnist, files, idx};

/// Models: one of ours without training, one of 8x8 images, one cut off, one that is no model.
fn write_models(folder: &Path) {
    let device = DeviceName::Cpu.open().unwrap();
    for (name, side) in [("fits", 28), ("small", 8)] {
        let shape = ImageShape {
            channels: 1,
            height: side,
            width: side,
        };
        let network = Network::new(paper_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &device).unwrap();
        save(&network, &ModelCard::new(), &folder.join(format!("{name}.safetensors"))).unwrap();
    }
    let whole = std::fs::read(folder.join("fits.safetensors")).unwrap();
    std::fs::write(folder.join("cut.safetensors"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.join("text.safetensors"), "not a model").unwrap();
}

#[test]
fn messages_are_as_reviewed_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_models(here);
    std::fs::write(here.join("file"), "").unwrap();
    fake_mnist(&here.join("unequal"), 12, 11);
    fake_mnist(&here.join("few"), 12, 12);
    fake_mnist(&here.join("corrupt"), 12, 12);
    std::fs::write(
        here.join("corrupt/mnist/train-images-idx3-ubyte"),
        idx(&[12, 28, 28], &[0; 99]),
    )
    .unwrap();
    std::fs::write(here.join("wrong.npy"), "not an array").unwrap();
    let before = files(here);

    let train = "train --dataset mnist-mini --defense normal";
    let attack = "attack --dataset mnist-mini --attack fgsm";
    let diagnose = "diagnose --dataset mnist-mini --attack fgsm";
    let cases = [
        "tarin".to_owned(),
        "train --dataset mnist-mini".into(),
        "train --dataset mnist-mimi --defense normal --out a.safetensors".into(),
        "train --dataset mnist-mini --defense dubleback --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --pool mean --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --activation slu --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --activation softplus:-2 --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --arch paper-cn --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --arch resnet-small --pool avg --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --profile quik --out a.safetensors".into(),
        "train --dataset mnist-mini --defense normal --lambda 1 --out a.safetensors".into(),
        "train --dataset mnist-mini --defense advtrain --paper-lambda 1 --out a.safetensors".into(),
        "train --dataset mnist-mini --defense doubleback --temperature 2 --out a.safetensors".into(),
        "train --dataset mnist-mini --defense doubleback --lambda 1 --paper-lambda 1 --out a.safetensors".into(),
        "train --dataset mnist-mini --defense doubleback --lambda -1 --out a.safetensors".into(),
        format!("{train} --steps 0 --out a.safetensors"),
        format!("{train} --learning-rate -1 --out a.safetensors"),
        format!("{train} --out a.pt"),
        format!("{train} --out file/below/a.safetensors"),
        format!("{train} --out a.safetensors --json ."),
        format!("{train} --out a.safetensors --device gpu"),
        format!("{train} --out a.safetensors --device cuda:1"),
        format!("{train} --out a.safetensors --data-dir"),
        "train --dataset mnist --defense normal --out a.safetensors --data-dir nowhere".into(),
        "train --dataset mnist --defense normal --out a.safetensors --data-dir unequal".into(),
        "train --dataset mnist --defense normal --out a.safetensors --data-dir few".into(),
        "train --dataset mnist --defense normal --out a.safetensors --data-dir corrupt".into(),
        format!("{attack} --eps 0.1 --model missing.safetensors"),
        format!("{attack} --eps 0.1 --model cut.safetensors"),
        format!("{attack} --eps 0.1 --model text.safetensors"),
        format!("{attack} --eps 0.1 --model small.safetensors"),
        format!("{attack} --eps -0.1 --model fits.safetensors"),
        format!("{attack} --eps 0.1,1.5 --model fits.safetensors"),
        format!("{attack} --eps nan --model fits.safetensors"),
        format!("{attack} --eps 0.1,0.10 --model fits.safetensors"),
        format!("{attack} --eps 0.1,x --model fits.safetensors"),
        format!("{attack} --eps 0.1 --model fits.safetensors --count 0"),
        format!("{attack} --eps 0.1 --model fits.safetensors --count 2001"),
        format!("{attack} --eps 0.1 --model fits.safetensors --out examples.zip"),
        format!("{attack} --eps 0.1 --model fits.safetensors --out file/examples.npz"),
        format!("{attack} --eps 0.1 --model fits.safetensors --steps 3"),
        format!("{attack} --eps 0.1 --model fits.safetensors --no-random-start"),
        format!("{attack} --model fits.safetensors"),
        format!("{attack} --eps 0.1 --model fits.safetensors --target 3"),
        format!("{attack} --eps 0.1 --model fits.safetensors --theta 1"),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --eps 0.1".into(),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --steps 3".into(),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --theta 0".into(),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --gamma 1.5".into(),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --gamma 0.001".into(),
        "attack --dataset mnist-mini --attack jsma --model fits.safetensors --target last".into(),
        "attack --dataset mnist-mini --attack itgsm --eps 0.1 --model fits.safetensors --target 10".into(),
        "attack --dataset mnist-mini --attack ifgsm --eps 0.1 --model fits.safetensors --step-size 0.1".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradent".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient,gradient".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method saliency --steps 5".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method integrated-gradients --rule gauss"
            .into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method smoothgrad --of vargrad".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method vargrad --draws 1".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method rise --keep 2".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method occlusion --window 29".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method occlusion --window 4 --stride 5"
            .into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --target 10".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --internal-batch 0".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --out maps.npy".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --out fits.safetensors"
            .into(),
        "explain --dataset mnist-mini --model fits.safetensors --method gradient --index 2000".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --index 1".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method itgsm --step-size 2".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --metric deletoin".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --metric road,road".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --report unequal".into(),
        "explain --dataset mnist-mini --model fits.safetensors --count 2 --method gradient --report new --png new".into(),
        "explain --dataset mnist-mini --model fits.safetensors --model fits.safetensors --method gradient".into(),
        "explain --dataset mnist-mini --model m=fits.safetensors --model m=small.safetensors --method gradient".into(),
        "explain --dataset mnist-mini --model m=fits.safetensors --model m-guided=small.safetensors --method grad-cam,guided-grad-cam"
            .into(),
        "bench attack --dataset mnist-mini".into(),
        "bench attack --model missing.safetensors".into(),
        "bench attack --model fits.safetensors --dataset mnist-mini --batch 2001".into(),
        "attack --dataset mnist-mini --attack pgd --eps 0.1 --model fits.safetensors --step-size 0".into(),
        "attack --dataset mnist-mini --attack pgd --eps 0.1 --model fits.safetensors --seed 1 --no-random-start".into(),
        "attack --dataset mnist-mini --attack pgd --eps 0.1 --model fits.safetensors --norm l3".into(),
        "attack --dataset mnist-mini --attack pgd --eps 28.5 --norm l2 --model fits.safetensors".into(),
        "attack --dataset mnist-mini --attack pgd --eps 0.1 --model fits.safetensors --restarts 2 --no-random-start"
            .into(),
        "attack --dataset mnist-mini --attack pgd --eps 0.1 --model fits.safetensors --loss cw".into(),
        format!("{attack} --eps 0.1 --model fits.safetensors --norm l2"),
        "attack --dataset mnist-mini --attack tgsm --eps 0.1 --model fits.safetensors --loss margin".into(),
        "train --dataset mnist-mini --defense advtrain --adversarial-norm l2 --out a.safetensors".into(),
        "pooling --seeds 0".into(),
        "pooling --profile paper".into(),
        "pooling --dataset mnist-mini --out file/below".into(),
        "attack --dataset mnist-mini --attack fgms --eps 0.1 --model fits.safetensors".into(),
        format!("{diagnose} --model missing.safetensors"),
        format!("{diagnose} --model small.safetensors"),
        format!("{diagnose} --model fits.safetensors --model fits.safetensors"),
        format!("{diagnose} --model fits.safetensors --oracle fits.safetensors"),
        format!("{diagnose} --model fits.safetensors --eps many"),
        format!("{diagnose} --model fits.safetensors --eps 1.5"),
        format!("{diagnose} --model fits.safetensors --eps 0"),
        format!("{diagnose} --model fits.safetensors --layers pool3"),
        format!("{diagnose} --model fits.safetensors --count 2001"),
        format!("{diagnose} --model fits.safetensors --steps 0"),
        format!("{diagnose} --model fits.safetensors --profile paper"),
        format!("{diagnose} --model fits.safetensors --out file/below"),
        "diagnose --dataset mnist-mini --attack jsma --eps 0.1 --model fits.safetensors".into(),
        "transfer --dataset mnist-mini --attack fgsm --eps 0.1 --models fits.safetensors,fits.safetensors".into(),
        "transfer --dataset mnist-mini --attack fgsm --eps 0.1 --models fits.safetensors,small.safetensors".into(),
        "data".into(),
        "data verify mnits".into(),
        "data verify mnist --data-dir few".into(),
        "data fetch mnits".into(),
        "data fetch mnist folder:file".into(),
        "data fetch mnist --mirror mirror.example".into(),
        "data fetch mnist --timeout 0".into(),
        "data duplicates folder:file".into(),
        "data duplicates folder:nowhere".into(),
        "data duplicates mnist-mini --duplicates delete".into(),
        "train --dataset notmnist --defense normal --out a.safetensors --data-dir nowhere".into(),
        "data show folder:few --image-size 28 --out a.png".into(),
        "data show mnist-mini --image-size 14x14 --out a.png".into(),
        "data show mnist-mini --out a.jpg".into(),
        "data show mnist-mini --part tets --out a.png".into(),
        "data show mnist-mini --per-class 0 --out a.png".into(),
        "reproduce --dataset svhm".into(),
        "reproduce --out file/reproduction".into(),
        "reproduce --published-gradients wrong.npy".into(),
        "report nowhere".into(),
        "report file".into(),
        "report few".into(),
    ];
    let mut text = String::new();
    for words in &cases {
        let run = doubleback(here, words);
        assert_eq!(run.status, 2, "doubleback {words}\n{}{}", run.stdout, run.stderr);
        let errors = run.stderr.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, 1, "doubleback {words}\n{}", run.stderr);
        write!(text, "$ doubleback {words}\n{}\n", run.stderr).unwrap();
        assert_eq!(files(here), before, "doubleback {words} wrote something");
    }
    insta::assert_snapshot!("messages", text);
}

#[test]
fn errors_are_json_where_the_log_is() {
    let folder = tempfile::tempdir().unwrap();
    let run = doubleback(folder.path(), "data verify mnist --log-format json --data-dir nowhere");
    assert_eq!(run.status, 2);
    let line: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!((&line["level"], &line["status"]), (&"ERROR".into(), &2.into()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_bad_input_and_leaves_files_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write_models(here);
    let attack = "attack --dataset mnist-mini --attack fgsm --eps 0.1 --count 8 --model fits.safetensors";
    let run = doubleback(here, &format!("{attack} --json /dev/full"));
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.contains("/dev/full: writing: No space left"),
        "{}",
        run.stderr
    );
    assert!(!std::fs::metadata("/dev/full").unwrap().is_file());

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let args: Vec<&str> = attack.split(' ').collect();
    let status = command(here, &args)
        .stdout(full)
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));

    // No file may grow beyond 32 KiB: the disk is full for everything larger.
    let earlier = std::fs::read(here.join("fits.safetensors")).unwrap();
    std::fs::write(here.join("a.safetensors"), &earlier).unwrap();
    let before = files(here);
    let train = "train --quiet --dataset mnist-mini --defense normal --steps 1 --batch 8 --out a.safetensors";
    let script = format!(
        "trap '' XFSZ; ulimit -f 32; exec {} {train}",
        env!("CARGO_BIN_EXE_doubleback")
    );
    let run: support::Run = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(here)
        .output()
        .unwrap()
        .into();
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(
        run.stderr.starts_with("error: a.work/model.safetensors: writing: "),
        "{}",
        run.stderr
    );
    assert!(std::fs::read(here.join("a.safetensors")).unwrap() == earlier);
    let mut after = files(here);
    after.retain(|name| name != "a.work");
    assert_eq!(after, before);
}
