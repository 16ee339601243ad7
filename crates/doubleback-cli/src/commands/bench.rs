use doubleback::batch::tensor_of;
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Architecture, Network, architecture};
use doubleback_experiments::bench::{
    AttackBench, GanBench, Step, StepBench, TimedAttack, agreement, measure_peaks, time_kernels,
};
use serde::Serialize;

use super::models;
use crate::args::{BenchArgs, BenchAttackArgs, BenchCommand, BenchGanArgs, BenchGradientsArgs, BenchStepArgs};
use crate::context::Context;
use crate::exit::{Failure, Result};
use crate::output;

/// Classes of a network where nothing says how many.
const CLASSES: usize = 10;

/// Times something.
pub fn run(command: &BenchCommand, context: &Context) -> Result<()> {
    match command {
        BenchCommand::Step(args) => step(args, context),
        BenchCommand::Attack(args) => attack(args, context),
        BenchCommand::Kernels(args) => kernels(args, context),
        BenchCommand::Gradients(args) => gradients(args, context),
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
    let BenchStepArgs {
        bench: args,
        only,
        inference,
    } = args;
    if let Some(only) = only.filter(|only| *inference && only.trains()) {
        return Err(Failure::Input(format!(
            "`--inference`: `{}` trains the network. Leave one of them out, or time forward or input_gradient",
            only.name()
        )));
    }
    let mut bench = StepBench::new(network(args, context)?, args.batch, &context.device)?;
    if *inference {
        bench = bench.in_inference();
    }
    let asked_for = |step: &Step| match only {
        Some(only) => step == only,
        None => !(*inference && step.trains()),
    };
    for step in Step::ALL.into_iter().filter(asked_for) {
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

/// The line of `bench gradients`.
#[derive(Serialize)]
struct GradientsLine {
    engine: String,
    device: String,
    input_gradient: f64,
    second_order: f64,
    parameter: String,
}

fn gradients(args: &BenchGradientsArgs, context: &Context) -> Result<()> {
    let shape = image_shape(&args.arch, context);
    let architecture =
        architecture(&args.arch, shape, Bounds::UNIT, CLASSES, args.pool)?.with_activation(args.activation);
    let found = agreement(&architecture, args.batch, &context.device)?;
    print(&GradientsLine {
        engine: engine(),
        device: context.device_name.to_string(),
        input_gradient: found.input_gradient,
        second_order: found.second_order,
        parameter: found.parameter,
    })
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

/// One line of `bench attack`.
#[derive(Serialize)]
struct AttackLine {
    engine: String,
    attack: &'static str,
    images_per_second: f64,
    median_ms: f64,
    min_ms: f64,
    success: f64,
    accuracy: f64,
    mean_changed: f64,
}

fn attack(args: &BenchAttackArgs, context: &Context) -> Result<()> {
    let count = args.count.unwrap_or(args.bench.batch);
    let bench = attack_bench(args, count, context)?.in_batches(args.bench.batch);
    let attacks = if args.only.is_empty() {
        &TimedAttack::SHORT[..]
    } else {
        &args.only
    };
    for &attack in attacks {
        let found = bench.time(attack, args.eps.value, args.bench.runs)?;
        let speed = count as f64 / found.times.median * 1e3;
        print(&AttackLine {
            engine: engine(),
            attack: attack.name(),
            images_per_second: if speed < 100.0 { rounded(speed) } else { speed.round() },
            median_ms: rounded(found.times.median),
            min_ms: rounded(found.times.min),
            success: found.success,
            accuracy: found.accuracy,
            mean_changed: rounded(found.mean_changed),
        })?;
    }
    Ok(())
}

fn attack_bench(args: &BenchAttackArgs, count: usize, context: &Context) -> Result<AttackBench> {
    let (Some(path), Some(name)) = (&args.bench.model, &args.dataset) else {
        let network = network(&args.bench, context)?;
        return Ok(AttackBench::random(network, count, &context.device)?);
    };
    let data = context.load_test(name)?;
    let (model, dataset) = models::load(path, &args.bench.model_options(), data, context)?;
    let test = &dataset.test;
    if count > test.len() {
        let (option, all) = (if args.count.is_some() { "count" } else { "batch" }, test.len());
        return Err(Failure::Input(format!(
            "{option}: {count} is more than the {all} test images of {name}. Give at most {all}"
        )));
    }
    let images = tensor_of(test, dataset.shape, 0..count, &context.device);
    let labels = test.labels()[..count].iter().map(|&label| label as usize).collect();
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
    flops: f64,
    bytes: f64,
}

/// The first line of `bench kernels`.
#[derive(Serialize)]
struct PeaksLine {
    kernel: &'static str,
    gflops: f64,
    gigabytes: f64,
}

fn kernels(args: &BenchArgs, context: &Context) -> Result<()> {
    let architecture = match &args.model {
        Some(_) => network(args, context)?.architecture().clone(),
        None => built_in(args, context)?,
    };
    let peaks = measure_peaks(args.runs)?;
    print(&PeaksLine {
        kernel: "peaks",
        gflops: peaks.gflops.round(),
        gigabytes: rounded(peaks.gigabytes),
    })?;
    time_kernels(&architecture, args.batch, args.runs)?
        .into_iter()
        .try_for_each(|k| {
            print(&KernelLine {
                layer: k.layer,
                kernel: k.kernel,
                median_ms: rounded(k.times.median),
                min_ms: rounded(k.times.min),
                gflops: (k.flops / k.times.median / 1e6).round(),
                flops: k.flops,
                bytes: k.bytes,
            })
        })
}

fn engine() -> String {
    format!("doubleback {}", env!("CARGO_PKG_VERSION"))
}

/// The model, or a network with random weights.
fn network(args: &BenchArgs, context: &Context) -> Result<Network> {
    let Some(path) = &args.model else {
        return Ok(Network::new(built_in(args, context)?, 0, &context.device)?);
    };
    let model = models::open(path, &args.model_options(), context.data.image_size, context)?;
    Ok(model.network)
}

/// The network that `--arch` names.
fn built_in(args: &BenchArgs, context: &Context) -> Result<Architecture> {
    if let Some(option) = args.import.options(None).given().first() {
        return Err(Failure::Input(format!(
            "`{option}` is for a model: give `--model`, or leave it out"
        )));
    }
    let name = args.arch.as_deref().unwrap_or("paper-cnn");
    Ok(
        architecture(name, image_shape(name, context), Bounds::UNIT, args.classes, args.pool)?
            .with_activation(args.activation),
    )
}

/// What a network is for, MNIST's images or CIFAR-10's, unless another size is asked for.
fn image_shape(architecture: &str, context: &Context) -> ImageShape {
    let (channels, size) = match architecture {
        "vgg-small" | "resnet-small" | "resnet18" | "wrn-28-2" => (3, 32),
        _ => (1, 28),
    };
    let [height, width] = context.data.image_size.unwrap_or([size; 2]);
    ImageShape {
        channels,
        height,
        width,
    }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn print(line: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(line).map_err(|e| Failure::Ours(format!("cannot write JSON: {e}")))?;
    output::print(&format!("{json}\n"))
}
