//! Measures how far to believe maps that any program has made of images, for a model of any file that doubleback reads:
//!
//!     cargo run --release -p doubleback-import --example measure_explanations -- MODEL ARRAYS.npz '{"arch": "small-cnn", "metrics": [{"metric": "deletion"}]}'
//!
//! ARRAYS has `images` (n, channels, height, width), in the model's own bounds, `maps`, of the same shape or with one channel, and `targets` (n), the class that
//! each is explained for, as fractions. A metric is its name with options of its own; the others have their defaults. Where one asks the method again, that is
//! the gradient. Prints one JSON object a metric: its options, the value of each image, mean and interval, and the seconds it took; of metrics with curves or
//! layers these too.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::arrays::{Array, of_npz};
use doubleback::explain::Gradient;
use doubleback::faithfulness::{Explained, MetricSpec};
use doubleback_import::{Options, open};
use serde_json::{Map, Value, json};

type Failure = Box<dyn Error>;

fn main() {
    if let Err(error) = measure() {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn measure() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, arrays, request] = arguments.as_slice() else {
        return Err("usage: measure_explanations MODEL ARRAYS.npz REQUEST_AS_JSON".into());
    };
    let request: Value = serde_json::from_str(request)?;
    let options = Options {
        arch: request["arch"].as_str().map(str::to_owned),
        ..Options::default()
    };
    let device = Device::flex();
    let network = open(Path::new(model), &options, &device)?.network;

    let arrays = of_npz(std::fs::read(arrays)?, &[&["images"], &["maps"], &["targets"]])?;
    let [images, maps, targets] = arrays.as_slice() else {
        return Err("images, maps and targets are needed".into());
    };
    let targets: Vec<usize> = targets.values.iter().map(|&target| target as usize).collect();
    let (images, maps) = (tensor(images, &device)?, tensor(maps, &device)?);
    let explained = Explained::new(&network, &images, &targets, maps.into())?;
    let explained = explained.with_explainer(&Gradient).with_network(&network);

    for wanted in request["metrics"].as_array().ok_or("`metrics` is a list")? {
        let mut options: Map<String, Value> = wanted.as_object().ok_or("a metric is an object")?.clone();
        let name = options.remove("metric").ok_or("a metric has a name: `metric`")?;
        let spec = MetricSpec::with_options(name.as_str().unwrap_or_default(), &options)?;
        let start = Instant::now();
        let measured = spec.metric().measure(&explained)?;
        let seconds = start.elapsed().as_secs_f64();
        let summary = measured.summary().ok_or("there are no images")?;
        println!(
            "{}",
            json!({
                "metric": spec,
                "better": spec.direction().in_words(),
                "values": measured.values,
                "mean": summary.mean,
                "interval": summary.interval,
                "seconds": seconds,
                "details": details(&spec, &explained, request["details"].as_bool() == Some(true))?,
            })
        );
    }
    Ok(())
}

/// Curves, and correlations by layer, if they are wanted.
fn details(spec: &MetricSpec, explained: &Explained<'_>, wanted: bool) -> doubleback::Result<Value> {
    let curves = match spec {
        _ if !wanted => return Ok(Value::Null),
        MetricSpec::Deletion(metric) => metric.curves(explained)?,
        MetricSpec::Insertion(metric) => metric.curves(explained)?,
        MetricSpec::PixelFlipping(metric) => metric.curves(explained)?,
        MetricSpec::Road(metric) => metric.curves(explained)?,
        MetricSpec::Randomization(metric) => {
            let layers = metric.by_layer(explained)?;
            let layers = layers
                .into_iter()
                .map(|layer| (layer.layer, json!(layer.correlations.values)));
            return Ok(layers.collect::<Map<_, _>>().into());
        }
        _ => return Ok(Value::Null),
    };
    Ok(json!({ "shares": curves.shares, "answers": curves.answers }))
}

fn tensor(array: &Array, device: &Device) -> Result<Tensor<4>, Failure> {
    let dims: [usize; 4] = array
        .shape
        .clone()
        .try_into()
        .map_err(|shape| format!("{}: {shape:?} is not (n, channels, height, width)", array.name))?;
    Ok(Tensor::from_data(TensorData::new(array.values.clone(), dims), device))
}
