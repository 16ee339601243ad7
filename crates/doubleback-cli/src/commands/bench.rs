use doubleback::bench::{Step, StepBench};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::architecture;
use serde::Serialize;

use crate::args::{BenchCommand, BenchStepArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Times something.
pub fn run(command: &BenchCommand, context: &Context) -> Result<()> {
    match command {
        BenchCommand::Step(args) => step(args, context),
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

fn step(args: &BenchStepArgs, context: &Context) -> Result<()> {
    let shape = image_shape(&args.arch);
    let architecture = architecture(&args.arch, shape, Bounds::UNIT, 10, args.pool)?;
    let mut bench = StepBench::new(architecture, args.batch, &context.device)?;
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
