//! Compares imported models with what their own framework computes of them.
//!
//! `compare MODEL.onnx CHECK.npz …`: of each pair the errors of the logits, relative to their largest, and of the input gradient, relative to its
//! largest and in the Euclidean norm. CHECK has `input`, `logits` (or `output`), `label`, and `gradient`, that of the sum of the cross-entropies
//! of all images; of `logits64` and `gradient64`, if they are there, too. `--output NAME`, `--image-size HxW` hold for the models after them.
//! With the environment variable F64 the network is computed in f64 too, with VERBOSE its layers are listed.

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{DType, Device, Tensor, TensorData};
use doubleback::nn::{Mode, Module, Network, one_hot};
use doubleback_import::{Options, open};
use npyz::NpyFile;
use npyz::npz::NpzArchive;

type Failure = Box<dyn Error>;

/// Sizes and values.
type Array = (Vec<usize>, Vec<f64>);

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut options = Options::default();
    let verbose = std::env::var_os("VERBOSE").is_some();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or("a value is missing");
        match argument.as_str() {
            "--output" => options.output = Some(value()?),
            "--image-size" => {
                let size = value()?;
                let (height, width) = size.split_once('x').ok_or("HxW")?;
                options.size = Some([height.parse()?, width.parse()?]);
            }
            model => {
                let check = value()?;
                match compared(Path::new(model), Path::new(&check), &options, verbose) {
                    Ok(line) => println!("{model}: {line}"),
                    Err(problem) => println!("{model}: FAILED {problem}"),
                }
            }
        }
    }
    Ok(())
}

fn compared(model: &Path, check: &Path, options: &Options, verbose: bool) -> Result<String, Failure> {
    let device = Device::flex();
    let start = Instant::now();
    let imported = open(model, options, &device)?;
    let opened = start.elapsed();
    if let Some(source) = imported.source.as_ref().filter(|_| verbose) {
        for note in &source.notes {
            println!("  {note}");
        }
        println!("  {:?}", source.nodes);
        for layer in &imported.network.architecture().layers {
            println!("  {} {:?} {:?}", layer.name, layer.inputs, layer.kind);
        }
    }
    let (sizes, input) = array(check, "input")?.ok_or("no input")?;
    let shape = imported.network.architecture().input;
    let n = sizes.first().copied().unwrap_or(1);
    // Of models with channels last, arrays have them last too.
    let last = sizes.len() == 4 && sizes[1..] != shape && sizes[1..] == [shape[1], shape[2], shape[0]];
    let dims = [n, shape[0], shape[1], shape[2]];
    if input.len() != dims.iter().product::<usize>() {
        return Err(format!("input {sizes:?} for images {shape:?}").into());
    }
    let mut line = format!("opened in {:.1} s;", opened.as_secs_f64());
    let place = if last { [n, shape[1], shape[2], shape[0]] } else { dims };
    for double in [false, true] {
        if double && std::env::var_os("F64").is_none() {
            break;
        }
        let images = match double {
            true => Tensor::<4>::from_data(TensorData::new(input.clone(), place), (&device, DType::F64)),
            false => Tensor::from_data(TensorData::new(input.clone(), place).convert::<f32>(), &device),
        };
        let images = if last { images.permute([0, 3, 1, 2]) } else { images };
        let start = Instant::now();
        let network = match double {
            true => as_double(&imported.network, &device)?,
            false => imported.network.clone(),
        };
        line += if double { " in f64:" } else { "" };
        line += &errors(&network, images, check, last)?;
        line += &format!(" {:.2} s", start.elapsed().as_secs_f64());
    }
    Ok(line)
}

/// The errors of a network's logits and gradients.
fn errors(network: &Network, images: Tensor<4>, check: &Path, last: bool) -> Result<String, Failure> {
    let mut line = String::new();
    let (logits, pullback) = network.forward_with_pullback(images.clone(), Mode::Inference)?;
    let found = doubles(logits.clone())?;
    for name in ["logits", "logits64", "output"] {
        if let Some((_, expected)) = array(check, name)? {
            let squashed = [
                ("softmax of the logits", softmax(logits.clone(), 1)),
                ("log-softmax of the logits", log_softmax(logits.clone(), 1)),
            ];
            let mut best = (name, largest_error(&found, &expected));
            for (what, values) in squashed {
                let error = largest_error(&doubles(values)?, &expected);
                best = if error < best.1 { (what, error) } else { best };
            }
            line += &format!(" {} {:.1e};", best.0, best.1);
        }
    }
    if let Some((_, labels)) = array(check, "label")? {
        let labels: Vec<usize> = labels.iter().map(|&label| label as usize).collect();
        let targets = one_hot(&labels, network.architecture().classes, &images)?;
        let gradient = pullback.apply(softmax(logits, 1) - targets)?;
        let gradient = if last { gradient.permute([0, 2, 3, 1]) } else { gradient };
        let found = doubles(gradient)?;
        for name in ["gradient", "gradient64"] {
            if let Some((_, expected)) = array(check, name)? {
                let (largest, norm) = (largest_error(&found, &expected), norm_error(&found, &expected));
                line += &format!(" {name} {largest:.1e} (norm {norm:.1e});");
            }
        }
    }
    Ok(line)
}

/// The same network in f64.
fn as_double(network: &Network, device: &Device) -> Result<Network, Failure> {
    let tensors: HashMap<&str, &Tensor<1>> = network
        .tensors()
        .map(|tensor| (tensor.name(), tensor.value()))
        .collect();
    let value = |_: &_, name: &str| Ok(tensors[name].clone().cast(DType::F64));
    Ok(Network::build(network.architecture().clone(), device, value)?)
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f64>, Failure> {
    Ok(tensor.try_into_vec_as::<f64>().map_err(|e| format!("{e:?}"))?)
}

fn largest_error(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let apart = found.iter().zip(expected).map(|(&a, b)| (a - b).abs());
    let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    apart.fold(0.0, f64::max) / largest
}

fn norm_error(found: &[f64], expected: &[f64]) -> f64 {
    let apart: f64 = found.iter().zip(expected).map(|(&a, b)| (a - b).powi(2)).sum();
    let all: f64 = expected.iter().map(|b| b * b).sum();
    (apart / all).sqrt()
}

/// Sizes and values of an array, if it is there.
fn array(path: &Path, name: &str) -> Result<Option<Array>, Failure> {
    let mut archive = NpzArchive::open(path)?;
    let Some(file) = archive.by_name(name)? else {
        return Ok(None);
    };
    let sizes = file.shape().iter().map(|&size| size as usize).collect();
    Ok(Some((sizes, values(file)?)))
}

fn values<R: std::io::Read>(file: NpyFile<R>) -> Result<Vec<f64>, Failure> {
    let descr = file.header().dtype().descr();
    Ok(match descr.trim_matches(|c| "'<|=".contains(c)) {
        "f8" => file.into_vec::<f64>()?,
        "f4" => file.into_vec::<f32>()?.into_iter().map(f64::from).collect(),
        "i8" => file.into_vec::<i64>()?.into_iter().map(|value| value as f64).collect(),
        "i4" => file.into_vec::<i32>()?.into_iter().map(f64::from).collect(),
        "u1" => file.into_vec::<u8>()?.into_iter().map(f64::from).collect(),
        other => return Err(format!("values of type {other}").into()),
    })
}
