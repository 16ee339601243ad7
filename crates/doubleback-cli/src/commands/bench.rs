use doubleback::bench::{Step, StepBench, time_kernels};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Architecture, architecture};
use serde::Serialize;

use crate::args::{BenchArgs, BenchCommand};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Times something.
pub fn run(command: &BenchCommand, context: &Context) -> Result<()> {
    match command {
        BenchCommand::Step(args) => step(args, context),
        BenchCommand::Kernels(args) => kernels(args),
    }
}

/// One line of output.
#[derive(Serialize)]
struct Line {
    engine: String,
    step: &'static str,
    median_ms: f64,
    min_ms: f64,
}

fn network(args: &BenchArgs) -> Result<Architecture> {
    let shape = image_shape(&args.arch);
    Ok(architecture(&args.arch, shape, Bounds::UNIT, 10, args.pool)?)
}

fn step(args: &BenchArgs, context: &Context) -> Result<()> {
    let mut bench = StepBench::new(network(args)?, args.batch, &context.device)?;
    for step in Step::ALL {
        let times = bench.time(step, args.runs)?;
        print(&Line {
            engine: format!("doubleback {}", env!("CARGO_PKG_VERSION")),
            step: step.name(),
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
    let mut lines = Vec::new();
    time_kernels(&network(args)?, args.batch, args.runs, &mut |k| {
        lines.push(KernelLine {
            layer: k.layer,
            kernel: k.kernel,
            median_ms: rounded(k.times.median),
            min_ms: rounded(k.times.min),
            gflops: (k.flops / k.times.median / 1e6).round(),
        });
        Ok(())
    })?;
    lines.iter().try_for_each(print)
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
