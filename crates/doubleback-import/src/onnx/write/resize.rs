//! Images made larger or smaller.

use doubleback::nn::layers::{Coordinates, Interpolation, Resize, Rounding};

use super::attribute::{float, int, text};
use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::{Layout, Value};

pub(super) fn resize(resize: &Resize, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, channels] = resize.size;
    if resize.antialias && !matches!(resize.mode, Interpolation::Nearest(_)) {
        return Err("has antialiasing, for which version 17 has no operator".into());
    }
    if channels != x.size[2] {
        return Err("resizes the channels, which onnxruntime does not compute".into());
    }
    let coordinates = match resize.coordinates {
        Coordinates::HalfPixel => "half_pixel",
        Coordinates::PytorchHalfPixel => "pytorch_half_pixel",
        Coordinates::AlignCorners => "align_corners",
        Coordinates::Asymmetric => "asymmetric",
        Coordinates::HalfPixelSymmetric | Coordinates::HalfPixelForNearest => {
            let found = resize.coordinates;
            return Err(format!(
                "has the coordinates {found:?}, for which version 17 has no operator"
            ));
        }
    };
    let mut attributes = vec![text("coordinate_transformation_mode", coordinates)];
    match resize.mode {
        Interpolation::Nearest(rounding) => {
            let rounding = match rounding {
                Rounding::PreferFloor => "round_prefer_floor",
                Rounding::PreferCeil => "round_prefer_ceil",
                Rounding::Floor => "floor",
                Rounding::Ceil => "ceil",
            };
            attributes.extend([text("mode", "nearest"), text("nearest_mode", rounding)]);
        }
        Interpolation::Linear => attributes.push(text("mode", "linear")),
        Interpolation::Cubic { a } => attributes.extend([
            text("mode", "cubic"),
            float("cubic_coeff_a", a),
            int("exclude_outside", i64::from(resize.exclude_outside)),
        ]),
    }
    let given = |axis: usize| resize.scales.map(|scales| scales[axis]);
    let scales = [
        1.0,
        1.0,
        scale(given(0), x.size[0], height)?,
        scale(given(1), x.size[1], width)?,
    ];
    let scales = out.floats("scales", &[4], &scales);
    Ok(Value {
        name: out.node("Resize", &[&x.name, "", &scales], attributes),
        size: layer.output,
        layout: Layout::First,
    })
}

/// Pixels of the output for one of the input, whose product with those of the input programs round down to those of the output.
fn scale(given: Option<f64>, from: usize, to: usize) -> Result<f32, Problem> {
    let near = given.unwrap_or(to as f64 / from as f64) as f32;
    let gives = |scale: f32| (scale * from as f32).floor() == to as f32;
    let fitting = [near, near.next_up()].into_iter().find(|&scale| gives(scale));
    fitting
        .ok_or_else(|| format!("makes {to} pixels of {from} by the scale {near}, which programs round down to fewer"))
}
