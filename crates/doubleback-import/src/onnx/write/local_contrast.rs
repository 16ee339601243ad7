//! Local contrast normalization as convolutions, means and a division.

use doubleback::nn::layers::{Floor, LocalContrast};

use super::attribute::{int, ints, sizes};
use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::Value;

/// As in the layer: pixels that the window reaches to each side, its deviation, the least deviation that a pixel is divided by, and the variance
/// below which there is none.
const REACH: usize = 3;
const SIGMA: f64 = 3.0;
const LEAST: f64 = 1e-4;
const NO_VARIANCE: f64 = 1e-24;

pub(super) fn local_contrast(contrast: &LocalContrast, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    if contrast.floor == Floor::Batch {
        return Err("has one floor for all images of a batch: what an image becomes would depend on the others".into());
    }
    let x = out.first(layer.input()?);
    let side = 2 * REACH + 1;
    let window = out.floats("window", &[1, 1, side, side], &window());
    let mean = |out: &mut Out, name: &str, axes: &[i64]| {
        let attributes = vec![ints("axes", axes), int("keepdims", 1)];
        out.node("ReduceMean", &[name], attributes)
    };
    let channels = x.size[2];
    let blurred = |out: &mut Out, name: &str| {
        let of_channels = match channels {
            1 => name.to_owned(),
            _ => mean(out, name, &[1]),
        };
        let attributes = vec![sizes("kernel_shape", &[side; 2]), sizes("pads", &[REACH; 4])];
        out.node("Conv", &[&of_channels, &window], attributes)
    };
    let around = blurred(out, &x.name);
    let centered = out.node("Sub", &[&x.name, &around], Vec::new());
    let square = out.node("Mul", &[&centered, &centered], Vec::new());
    let variance = blurred(out, &square);
    let no_variance = out.number("no_variance", NO_VARIANCE);
    let variance = out.node("Max", &[&variance, &no_variance], Vec::new());
    let deviation = out.node("Sqrt", &[&variance], Vec::new());
    let floor = mean(out, &deviation, &[2, 3]);
    let least = out.number("least", LEAST);
    let divisor = out.node("Max", &[&deviation, &floor, &least], Vec::new());
    Ok(x.renamed(out.node("Div", &[&centered, &divisor], Vec::new())))
}

/// The Gaussian window, of sum 1.
fn window() -> Vec<f32> {
    let weight = |distance: usize| (-0.5 * (distance as f64 / SIGMA).powi(2)).exp();
    let line: Vec<f64> = (0..=2 * REACH).map(|place| weight(place.abs_diff(REACH))).collect();
    let sum: f64 = line.iter().sum();
    let row = |a: &f64| {
        line.iter()
            .map(move |b| (a * b / (sum * sum)) as f32)
            .collect::<Vec<_>>()
    };
    line.iter().flat_map(row).collect()
}
