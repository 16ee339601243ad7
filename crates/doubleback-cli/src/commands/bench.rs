use doubleback::batch::tensor_of;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Architecture, architecture};
use doubleback_experiments::bench::{AttackBench, GanBench, Step, StepBench, TimedAttack, time_kernels};
use serde::Serialize;

use super::models;
use crate::args::{BenchArgs, BenchAttackArgs, BenchCommand, BenchGanArgs, BenchStepArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Times something.
pub fn run(command: &BenchCommand, context: &Context) -> Result<()> {
    match command {
        BenchCommand::Step(args) => step(args, context),
        BenchCommand::Attack(args) => attack(args, context),
        BenchCommand::Kernels(args) => kernels(args),
        BenchCommand::Gan(args) => gan(args, context),
    }
}

/// One line of `bench step`.
#[derive(Serialize)]
struct StepLine {
    engine: String,
    step: &'static str,
    median_ms: f64,
    min_ms: f64,
}

fn step(args: &BenchStepArgs, context: &Context) -> Result<()> {
    let BenchStepArgs { bench: args, only } = args;
    let mut bench = StepBench::new(network(args)?, args.batch, &context.device)?;
    for step in Step::ALL
        .into_iter()
        .filter(|step| only.is_none_or(|only| only == *step))
    {
        let times = bench.time(step, args.runs)?;
        print(&StepLine {
            engine: engine(),
            step: step.name(),
            median_ms: rounded(times.median),
            min_ms: rounded(times.min),
        })?;
    }
    Ok(())
}

fn gan(args: &BenchGanArgs, context: &Context) -> Result<()> {
    let times = GanBench::new(args.batch, &context.device)?.time(args.runs)?;
    print(&StepLine {
        engine: engine(),
        step: "generator",
        median_ms: rounded(times.median),
        min_ms: rounded(times.min),
    })
}

/// Runs of JSMA before the clock starts; other attacks are short enough for two.
const WARM_UP_OF_JSMA: usize = 1;

/// One line of `bench attack`.
#[derive(Serialize)]
struct AttackLine {
    engine: String,
    attack: &'static str,
    images_per_second: f64,
    median_ms: f64,
    min_ms: f64,
    success: f64,
    mean_changed: f64,
}

fn attack(args: &BenchAttackArgs, context: &Context) -> Result<()> {
    let bench = attack_bench(args, context)?;
    let (batch, runs) = (args.bench.batch, args.bench.runs);
    let asked_for = |attack: &TimedAttack| match args.only {
        Some(only) => *attack == only,
        None => *attack != TimedAttack::Jsma,
    };
    for attack in TimedAttack::ALL.into_iter().filter(asked_for) {
        let warm_up = match attack {
            TimedAttack::Jsma => WARM_UP_OF_JSMA,
            _ => 2,
        };
        let found = bench.time(attack, warm_up, runs)?;
        let speed = batch as f64 / found.times.median * 1e3;
        print(&AttackLine {
            engine: engine(),
            attack: attack.name(),
            images_per_second: if speed < 100.0 { rounded(speed) } else { speed.round() },
            median_ms: rounded(found.times.median),
            min_ms: rounded(found.times.min),
            success: found.success,
            mean_changed: rounded(found.mean_changed),
        })?;
    }
    Ok(())
}

fn attack_bench(args: &BenchAttackArgs, context: &Context) -> Result<AttackBench> {
    let (batch, device) = (args.bench.batch, &context.device);
    let Some(path) = &args.model else {
        if let Some(option) = args.import.options(None).given().first() {
            return Err(Failure::Input(format!(
                "`{option}` is for a model: give `--model`, or leave it out"
            )));
        }
        return Ok(AttackBench::new(network(&args.bench)?, batch, device)?);
    };
    let Some(name) = &args.dataset else {
        let model = models::open_import(path, &args.import, context.data.image_size, context)?;
        return Ok(AttackBench::random(model.network, batch, device)?);
    };
    let (model, dataset) = models::load_import(path, &args.import, context.load_test(name)?, context)?;
    let test = &dataset.test;
    if batch > test.len() {
        return Err(Failure::Input(format!(
            "batch: {batch} is more than the {} test images of {name}. Give at most {}",
            test.len(),
            test.len()
        )));
    }
    let images = tensor_of(test, dataset.shape, 0..batch, device);
    let labels = test.labels()[..batch].iter().map(|&label| label as usize).collect();
    Ok(AttackBench::of(model.network, images, labels))
}

/// One line of `bench kernels`.
#[derive(Serialize)]
struct KernelLine {
    layer: String,
    kernel: &'static str,
    median_ms: f64,
    min_ms: f64,
    gflops: f64,
}

fn kernels(args: &BenchArgs) -> Result<()> {
    time_kernels(&network(args)?, args.batch, args.runs)?
        .into_iter()
        .try_for_each(|k| {
            print(&KernelLine {
                layer: k.layer,
                kernel: k.kernel,
                median_ms: rounded(k.times.median),
                min_ms: rounded(k.times.min),
                gflops: (k.flops / k.times.median / 1e6).round(),
            })
        })
}

fn engine() -> String {
    format!("doubleback {}", env!("CARGO_PKG_VERSION"))
}

fn network(args: &BenchArgs) -> Result<Architecture> {
    let shape = image_shape(&args.arch);
    Ok(architecture(&args.arch, shape, Bounds::UNIT, 10, args.pool)?)
}

/// What the network is for: MNIST's images or CIFAR-10's.
fn image_shape(architecture: &str) -> ImageShape {
    let (channels, size) = match architecture {
        "vgg-small" | "resnet-small" => (3, 32),
        _ => (1, 28),
    };
    ImageShape {
        channels,
        height: size,
        width: size,
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn print(line: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(line).map_err(|e| Failure::Ours(format!("cannot write JSON: {e}")))?;
    output::print(&format!("{json}\n"))
}
