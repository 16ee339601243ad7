//! Compares imported models with what their own framework computes of them.
//!
//! `compare MODEL.onnx CHECK.npz …`: of each pair the errors of the logits, relative to their largest, and of the input gradient, relative to its
//! largest and in the Euclidean norm. CHECK has `input`, `logits` (or `output`), `label`, and `gradient`, that of the sum of the cross-entropies
//! of all images; of `logits64` and `gradient64`, if they are there, too. `--output NAME`, `--image-size HxW` hold for the models after them.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use doubleback::nn::{Mode, one_hot, to_vec};
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
    let input: Vec<f32> = input.into_iter().map(|value| value as f32).collect();
    let images = match last {
        true => Tensor::<4>::from_data(TensorData::new(input, [n, shape[1], shape[2], shape[0]]), &device)
            .permute([0, 3, 1, 2]),
        false => Tensor::from_data(TensorData::new(input, dims), &device),
    };
    let start = Instant::now();
    let (logits, pullback) = imported
        .network
        .forward_with_pullback(images.clone(), Mode::Inference)?;
    let mut line = format!("opened in {:.1} s;", opened.as_secs_f64());
    let found = to_vec(logits.clone())?;
    for name in ["logits", "logits64", "output"] {
        if let Some((_, expected)) = array(check, name)? {
            let error = largest_error(&found, &expected);
            let of_probabilities = largest_error(&to_vec(softmax(logits.clone(), 1))?, &expected);
            line += &match of_probabilities < error {
                true => format!(" softmax {of_probabilities:.1e} of {name};"),
                false => format!(" {name} {error:.1e};"),
            };
        }
    }
    if let Some((_, labels)) = array(check, "label")? {
        let labels: Vec<usize> = labels.iter().map(|&label| label as usize).collect();
        let targets = one_hot(&labels, imported.network.architecture().classes, &images)?;
        let gradient = pullback.apply(softmax(logits, 1) - targets)?;
        let gradient = if last { gradient.permute([0, 2, 3, 1]) } else { gradient };
        let found = to_vec(gradient)?;
        for name in ["gradient", "gradient64"] {
            if let Some((_, expected)) = array(check, name)? {
                line += &format!(
                    " {name} {:.1e} (norm {:.1e});",
                    largest_error(&found, &expected),
                    norm_error(&found, &expected)
                );
            }
        }
    }
    Ok(line + &format!(" {:.2} s", start.elapsed().as_secs_f64()))
}

fn largest_error(found: &[f32], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let apart = found.iter().zip(expected).map(|(&a, b)| (f64::from(a) - b).abs());
    let largest = expected.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    apart.fold(0.0, f64::max) / largest
}

fn norm_error(found: &[f32], expected: &[f64]) -> f64 {
    let apart: f64 = found
        .iter()
        .zip(expected)
        .map(|(&a, b)| (f64::from(a) - b).powi(2))
        .sum();
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
