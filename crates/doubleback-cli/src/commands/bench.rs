use doubleback::bench::{AttackBench, Step, StepBench, TimedAttack, time_kernels};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Architecture, architecture};
use serde::Serialize;

use crate::args::{BenchArgs, BenchCommand, BenchStepArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Times something.
pub fn run(command: &BenchCommand, context: &Context) -> Result<()> {
    match command {
        BenchCommand::Step(args) => step(args, context),
        BenchCommand::Attack(args) => attack(args, context),
        BenchCommand::Kernels(args) => kernels(args),
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

/// One line of `bench attack`.
#[derive(Serialize)]
struct AttackLine {
    engine: String,
    attack: &'static str,
    images_per_second: f64,
    median_ms: f64,
    min_ms: f64,
}

fn attack(args: &BenchArgs, context: &Context) -> Result<()> {
    let bench = AttackBench::new(network(args)?, args.batch, &context.device)?;
    for attack in TimedAttack::ALL {
        let times = bench.time(attack, args.runs)?;
        print(&AttackLine {
            engine: engine(),
            attack: attack.name(),
            images_per_second: (args.batch as f64 / times.median * 1e3).round(),
            median_ms: rounded(times.median),
            min_ms: rounded(times.min),
        })?;
    }
    Ok(())
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

fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 100.0).round() / 100.0
}

fn print(line: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(line).map_err(|e| Failure::Ours(format!("cannot write JSON: {e}")))?;
    output::print(&format!("{json}\n"))
}
