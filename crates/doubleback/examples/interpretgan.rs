//! Trains InterpretGAN for every layer of a model and tells how well an oracle, another model, reads its explanations:
//!
//!     cargo run --release -p doubleback --example interpretgan -- MODEL ORACLE DATASET FOLDER ['{"steps": 500}' [LAYER,LAYER]]
//!
//! MODEL and ORACLE are model files of `doubleback train`; the data set is looked for in $DOUBLEBACK_DATA. The folder gets the trained
//! generators, a checkpoint that an interrupted run goes on from, and a picture every hundred steps.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use doubleback::attack::{Goal, Pgd, run};
use doubleback::batch::Batch;
use doubleback::data::{self, LoadOptions};
use doubleback::diagnose::{GanFiles, GanOptions, InterpretGan, Subject, train_gan};
use doubleback::nn::{Classifier, Network, Staged, load, predictions, stage_indices};

/// Test images looked at, and how many at a time.
const COUNT: usize = 1000;
const BATCH: usize = 250;
const EPS: f64 = 0.1;

fn main() {
    if let Err(error) = explain() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn explain() -> doubleback::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, oracle, dataset, folder, options @ ..] = arguments.as_slice() else {
        eprintln!("Usage: interpretgan MODEL ORACLE DATASET FOLDER [OPTIONS_AS_JSON [LAYER,LAYER]]");
        std::process::exit(2);
    };
    let device = Device::flex();
    let mut load_options = LoadOptions::default();
    load_options.data_dir = std::env::var_os("DOUBLEBACK_DATA").map(Into::into);
    let dataset = data::load(dataset, &load_options)?;
    let options: GanOptions = match options.first().map(|json| serde_json::from_str(json)) {
        Some(Ok(options)) => options,
        None => GanOptions::default(),
        Some(Err(problem)) => {
            eprintln!("options: {problem}");
            std::process::exit(2);
        }
    };
    let (network, _) = load(Path::new(model), &device)?;
    let (oracle, _) = load(Path::new(oracle), &device)?;
    let folder = Path::new(folder);
    if let Err(problem) = std::fs::create_dir_all(folder) {
        eprintln!("{}: {problem}", folder.display());
        std::process::exit(1);
    }
    let stages = match arguments.get(5) {
        Some(names) => stage_indices(&network, &names.split(',').collect::<Vec<_>>())?,
        None => (0..network.stages().len()).collect(),
    };
    let checkpoint = folder.join("checkpoint.safetensors");
    let files = GanFiles {
        checkpoint: Some(&checkpoint),
        grids: Some(folder),
    };
    let mut watch = |progress: doubleback::progress::Progress| {
        if let Some(loss) = progress.loss.filter(|_| progress.step.is_multiple_of(100)) {
            println!("step {} of {}, D {loss:.3}", progress.step, progress.steps);
        }
        ControlFlow::Continue(())
    };
    let subject = Subject {
        model: &network,
        identity: model,
        stages: &stages,
    };
    let gan = train_gan(subject, &dataset, &options, files, &device, &mut watch)?;
    gan.save(&folder.join("interpretgan.safetensors"))?;
    for point in gan.losses() {
        println!(
            "step {}: D {:.3}, anchor {:.3}, G {:.2?}, class {:.2?}",
            point.step, point.discriminator, point.anchor, point.generator, point.class
        );
    }
    println!("{} steps in {:.0} s", options.steps, gan.seconds());

    let count = COUNT.min(dataset.test.len());
    // By stage: agreement of the oracle with f(x) on clean images, and with f(x_adv) and the true class on attacked ones.
    let mut agreed = vec![[0usize; 3]; stages.len()];
    let mut right = 0;
    for start in (0..count).step_by(BATCH) {
        let range = start..(start + BATCH).min(count);
        let batch = Batch::new(&dataset.test, dataset.shape, network.classes(), range, &device)?;
        let away = Goal::AwayFrom(batch.labels.clone());
        let attacked = run(&network, &Pgd::default(), batch.images(), &away, &[EPS])?;
        let attacked = attacked.by_eps[0].images.clone();
        let z = gan.noise(batch.len(), start as u64, &device);
        let see = |images: &Tensor<4>| predictions(&network.logits(images.clone())?);
        let (clean, wrong) = (see(batch.images())?, see(&attacked)?);
        right += matches(&wrong, &batch.labels);
        let of_clean = read(&gan, &network, &stages, &oracle, batch.images(), &z)?;
        let of_attacked = read(&gan, &network, &stages, &oracle, &attacked, &z)?;
        for (stage, agreed) in agreed.iter_mut().enumerate() {
            agreed[0] += matches(&of_clean[stage], &clean);
            agreed[1] += matches(&of_attacked[stage], &wrong);
            agreed[2] += matches(&of_attacked[stage], &batch.labels);
        }
    }
    let percent = |count_of: usize| 100.0 * count_of as f64 / count as f64;
    println!("accuracy under PGD at eps {EPS}: {:.1} %", percent(right));
    println!("layer: clean, with f(x) | attacked, with f(x_adv), with the true class");
    for (stage, agreed) in gan.stages().iter().zip(agreed) {
        let [clean, attacked, truth] = agreed.map(percent);
        println!("{:>8}: {clean:5.1} | {attacked:5.1} {truth:5.1}", stage.name);
    }
    Ok(())
}

/// What the oracle takes the explanations of some images for, by stage.
fn read(
    gan: &InterpretGan,
    network: &Network,
    stages: &[usize],
    oracle: &Network,
    images: &Tensor<4>,
    z: &Tensor<2>,
) -> doubleback::Result<Vec<Vec<usize>>> {
    let latents = network.latents(images.clone(), stages)?;
    let pairs = latents.into_iter().enumerate();
    pairs
        .map(|(stage, latents)| predictions(&oracle.logits(gan.explain(stage, latents, z.clone())?)?))
        .collect()
}

fn matches(a: &[usize], b: &[usize]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a == b).count()
}
