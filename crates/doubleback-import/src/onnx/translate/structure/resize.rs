//! Resize, and Upsample, which it once was.

use doubleback::nn::layers::{Coordinates, Interpolation, Resize, Rounding};

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use super::axes::{Along, axes, resized, size};
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("Resize", resize), ("Upsample", upsample)];

fn resize(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    if node.opset < 11 {
        let scales = floats(b.constant(node, 1)?)?;
        return simple(node, b, x, scales);
    }
    let along = match node.ints("axes")? {
        Some(given) => axes(given, x.rank())?,
        None => (0..x.rank()).collect(),
    };
    let listed = |constant: Option<Constant>| constant.filter(|constant| !constant.is_empty());
    let scales = listed(b.optional_constant(node, 2)?).map(floats).transpose()?;
    let sizes = listed(b.optional_constant(node, 3)?)
        .map(|sizes| sizes.ints())
        .transpose()?;
    let targets = match (scales, sizes) {
        (Some(scales), None) => scaled(&x.shape, &along, &scales)?,
        (None, Some(sizes)) => sized(node, &x.shape, &along, &sizes)?,
        _ => return Err("it must have either scales or sizes".into()),
    };
    let coordinates = match node.text("coordinate_transformation_mode", "half_pixel")? {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_half_pixel_for_nn" => Coordinates::HalfPixelForNearest,
        other => {
            return Err(format!(
                "its coordinate_transformation_mode `{other}` cannot be imported; half_pixel and the others without a crop can"
            )
            .into());
        }
    };
    let mode = match node.text("mode", "nearest")? {
        "nearest" => Interpolation::Nearest(match node.text("nearest_mode", "round_prefer_floor")? {
            "round_prefer_floor" => Rounding::PreferFloor,
            "round_prefer_ceil" => Rounding::PreferCeil,
            "floor" => Rounding::Floor,
            "ceil" => Rounding::Ceil,
            other => return Err(format!("its nearest_mode `{other}` is not known").into()),
        }),
        "linear" => Interpolation::Linear,
        "cubic" => Interpolation::Cubic {
            a: node.float("cubic_coeff_a", -0.75)?.into(),
        },
        other => return Err(format!("its mode `{other}` is not known; nearest, linear and cubic are").into()),
    };
    let kind = Resize {
        size: [1; 3],
        mode,
        coordinates,
        antialias: node.flag("antialias", false)?,
        exclude_outside: node.flag("exclude_outside", false)?,
        scales: None,
    };
    let y = along_axes(node, b, x, &targets, kind)?;
    b.set(node, 0, y)
}

fn upsample(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let scales = match node.floats("scales")? {
        Some(scales) => scales.to_vec(),
        None => floats(b.constant(node, 1)?)?,
    };
    simple(node, b, x, scales)
}

/// Before opset 11: places are quotients, and of the nearest pixels the one before, or the one after where an image becomes smaller.
fn simple(node: &Node, b: &mut Builder, x: Activation, scales: Vec<f32>) -> Result<(), Refusal> {
    let all: Vec<usize> = (0..x.rank()).collect();
    let targets = scaled(&x.shape, &all, &scales)?;
    let smaller = scales.iter().any(|&scale| scale < 1.0);
    let mode = match node.text("mode", "nearest")? {
        "nearest" => Interpolation::Nearest(if smaller { Rounding::Ceil } else { Rounding::Floor }),
        "linear" | "bilinear" => Interpolation::Linear,
        other => return Err(format!("its mode `{other}` is not known; nearest and linear are").into()),
    };
    let kind = Resize {
        size: [1; 3],
        mode,
        coordinates: Coordinates::Asymmetric,
        antialias: false,
        exclude_outside: false,
        scales: None,
    };
    let y = along_axes(node, b, x, &targets, kind)?;
    b.set(node, 0, y)
}

fn floats(constant: Constant) -> Result<Vec<f32>, Refusal> {
    constant.floats()
}

/// What an axis becomes: its size, and values of it per value before.
type Target = (usize, f64);

fn scaled(shape: &[usize], along: &[usize], scales: &[f32]) -> Result<Vec<Target>, Refusal> {
    let mut targets: Vec<Target> = shape.iter().map(|&size| (size, 1.0)).collect();
    if scales.len() != along.len() {
        return Err(format!("{} scales for {} axes", scales.len(), along.len()).into());
    }
    for (&axis, &scale) in along.iter().zip(scales) {
        // In the precision of the file: 0.6 of 5 is 3.
        let to = (shape[axis] as f32 * scale).floor();
        if !(scale > 0.0 && (1.0..1e9).contains(&to)) {
            return Err(format!("a scale of {scale} makes no size of {}", shape[axis]).into());
        }
        targets[axis] = (to as usize, scale.into());
    }
    Ok(targets)
}

fn sized(node: &Node, shape: &[usize], along: &[usize], sizes: &[i64]) -> Result<Vec<Target>, Refusal> {
    let mut targets: Vec<Target> = shape.iter().map(|&size| (size, 1.0)).collect();
    if sizes.len() != along.len() {
        return Err(format!("{} sizes for {} axes", sizes.len(), along.len()).into());
    }
    for (&axis, &to) in along.iter().zip(sizes) {
        let to = size(to)?;
        targets[axis] = (to, to as f64 / shape[axis] as f64);
    }
    let ratios = along.iter().map(|&axis| targets[axis].1);
    let same = match node.text("keep_aspect_ratio_policy", "stretch")? {
        "stretch" => return Ok(targets),
        "not_larger" => ratios.fold(f64::INFINITY, f64::min),
        "not_smaller" => ratios.fold(0.0, f64::max),
        other => return Err(format!("its keep_aspect_ratio_policy `{other}` is not known").into()),
    };
    for &axis in along {
        let to = (shape[axis] as f64 * same + 0.5).floor();
        targets[axis] = (to as usize, same);
    }
    Ok(targets)
}

/// One layer, where every axis that changes is stored as one; else one an axis.
fn along_axes(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    targets: &[Target],
    kind: Resize,
) -> Result<Activation, Refusal> {
    let from = x.shape.clone();
    let shape: Vec<usize> = targets.iter().map(|&(to, _)| to).collect();
    // A quotient of sizes as a file writes it is that quotient.
    let exact = |axis: usize| {
        let quotient = shape[axis] as f64 / from[axis] as f64;
        let scale = targets[axis].1;
        if scale as f32 == quotient as f32 {
            None
        } else {
            Some(scale)
        }
    };
    let changes = |axis: &usize| shape[*axis] != from[*axis] || exact(*axis).is_some();
    let changed: Vec<usize> = (0..from.len()).filter(changes).collect();
    if changed.is_empty() && kind.coordinates != Coordinates::HalfPixelForNearest {
        return Ok(x);
    }
    if let Some(size) = resized(&x, &shape) {
        let places: Option<Vec<_>> = changed.iter().map(|&axis| Some((axis, x.stored_axis(axis)?))).collect();
        if let Some(places) = places {
            let quotients = [0, 1, 2].map(|axis| size[axis] as f64 / x.stored()[axis] as f64);
            let mut scales = quotients;
            for (axis, stored) in places {
                scales[stored] = exact(axis).unwrap_or(quotients[stored]);
            }
            let scales = (scales != quotients).then_some(scales);
            let (kind, layout) = (Resize { size, scales, ..kind }, x.layout);
            return b.layer(node, kind, &[&x], shape, layout);
        }
    }
    let mut y = x;
    for axis in changed {
        let along = Along::new(b, y, axis)?;
        let mut size = along.sizes();
        let mut scales = [1.0; 3];
        scales[along.stored] = exact(axis).unwrap_or(shape[axis] as f64 / from[axis] as f64);
        size[along.stored] = shape[axis];
        let scales = exact(axis).map(|_| scales);
        y = along.layer(node, b, Resize { size, scales, ..kind }, shape[axis])?;
    }
    Ok(y)
}
