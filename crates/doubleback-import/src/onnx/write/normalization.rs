//! Layers that subtract a mean and divide by a deviation, of whatever values.

use doubleback::nn::layers::{BatchNorm, GroupNorm, LayerNorm, LpNormalize, Lrn, RmsNorm, Size};

use super::attribute::{float, int, ints, whole};
use super::layer::{Layer, Problem};
use super::out::Out;
use super::places::along;
use super::value::{Layout, Value};
use crate::orders;

/// In inference, with its statistics; where it has no gain, ones.
pub(super) fn batch_norm(norm: &BatchNorm, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = match layer.input()? {
        x if x.layout == Layout::Last => out.first(x),
        x => x.clone(),
    };
    let channels = x.size[2];
    let ones = vec![1.0; channels];
    let gain = if norm.gain { layer.tensor("gain")? } else { &ones };
    let tensors = [
        ("weight", gain),
        ("bias", layer.tensor("shift")?),
        ("running_mean", layer.tensor("moving_mean")?),
        ("running_var", layer.tensor("moving_variance")?),
    ];
    let mut inputs = vec![x.name.clone()];
    for (role, values) in tensors {
        inputs.push(match x.layout {
            Layout::Flat(image) => out.floats(role, &[channels], &orders::image(values, image)),
            _ => out.floats(role, &[channels], values),
        });
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let attributes = vec![float("epsilon", norm.epsilon), float("momentum", norm.decay)];
    Ok(x.renamed(out.node("BatchNormalization", &inputs, attributes)))
}

/// A subtraction and a division, as exporters write it, and people look for.
pub(super) fn standardize(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let size = [1, 1, x.size[2]];
    let deviation: Vec<f32> = layer.tensor("variance")?.iter().map(|value| value.sqrt()).collect();
    let mean = out.operand("mean", layer.tensor("mean")?, size, x.layout);
    let deviation = out.operand("std", &deviation, size, x.layout);
    let centered = out.node("Sub", &[&x.name, &mean], Vec::new());
    Ok(x.renamed(out.node("Div", &[&centered, &deviation], Vec::new())))
}

/// Instance normalization of the groups, as the channels of an image of one row.
pub(super) fn group_norm(norm: &GroupNorm, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, channels] = x.size;
    let epsilon = || vec![float("epsilon", norm.epsilon)];
    let plain = |out: &mut Out, count: usize| {
        let ones = out.floats("ones", &[count], &vec![1.0; count]);
        let zeros = out.floats("zeros", &[count], &vec![0.0; count]);
        [ones, zeros]
    };
    if norm.groups == channels {
        let [gain, shift] = match norm.affine {
            true => [
                out.floats("weight", &[channels], layer.tensor("gain")?),
                out.floats("bias", &[channels], layer.tensor("shift")?),
            ],
            false => plain(out, channels),
        };
        return Ok(x.renamed(out.node("InstanceNormalization", &[&x.name, &gain, &shift], epsilon())));
    }
    let groups = whole(&[norm.groups])[0];
    let rows = out.reshaped(&x.name, &[0, groups, -1]);
    let [ones, zeros] = plain(out, norm.groups);
    let normed = out.node("InstanceNormalization", &[&rows, &ones, &zeros], epsilon());
    let mut name = out.reshaped(&normed, &whole(&[0, channels, height, width]));
    if norm.affine {
        let gain = out.floats("weight", &[channels, 1, 1], layer.tensor("gain")?);
        let shift = out.floats("bias", &[channels, 1, 1], layer.tensor("shift")?);
        name = out.node("Mul", &[&name, &gain], Vec::new());
        name = out.node("Add", &[&name, &shift], Vec::new());
    }
    Ok(x.renamed(name))
}

pub(super) fn layer_norm(norm: &LayerNorm, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let input = layer.input()?;
    let size = along_axes(&norm.axes, input.size);
    let ones = vec![1.0; size.iter().product()];
    let zeros = vec![0.0; size.iter().product()];
    let gain = if norm.gain { layer.tensor("gain")? } else { &ones };
    let shift = if norm.shift { layer.tensor("shift")? } else { &zeros };
    // The operator is over the last axes: of vectors and of values with channels last the network's own.
    let x = match norm.axes.as_slice() {
        [2] if input.is_one_pixel() => out.vector(input),
        [2] | [1, 2] | [0, 1, 2] => out.last(input),
        _ => return composed(true, norm.epsilon, &norm.axes, [Some(gain), Some(shift)], layer, out),
    };
    let dims: Vec<usize> = norm.axes.iter().map(|&axis| input.size[axis]).collect();
    let gain = out.floats("weight", &dims, gain);
    let shift = out.floats("bias", &dims, shift);
    let axis = if x.is_vector() { 1 } else { norm.axes[0] + 1 };
    let attributes = vec![int("axis", whole(&[axis])[0]), float("epsilon", norm.epsilon)];
    Ok(x.renamed(out.node("LayerNormalization", &[&x.name, &gain, &shift], attributes)))
}

pub(super) fn rms_norm(norm: &RmsNorm, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let gain = norm.gain.then(|| layer.tensor("gain")).transpose()?;
    composed(false, norm.epsilon, &norm.axes, [gain, None], layer, out)
}

/// The size of a value for each place along some axes.
fn along_axes(axes: &[usize], size: Size) -> Size {
    [0, 1, 2].map(|axis| if axes.contains(&axis) { size[axis] } else { 1 })
}

/// Mean, deviation, gain and shift, each with a node of its own.
fn composed(
    centered: bool,
    epsilon: f64,
    axes: &[usize],
    [gain, shift]: [Option<&[f32]>; 2],
    layer: &Layer<'_>,
    out: &mut Out,
) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let size = along_axes(axes, x.size);
    let places: Vec<i64> = axes.iter().map(|&axis| along(&x, axis)).collect();
    let mean = |out: &mut Out, name: &str| {
        let attributes = vec![ints("axes", &places), int("keepdims", 1)];
        out.node("ReduceMean", &[name], attributes)
    };
    let mut name = x.name.clone();
    if centered {
        let average = mean(out, &name);
        name = out.node("Sub", &[&name, &average], Vec::new());
    }
    let square = out.node("Mul", &[&name, &name], Vec::new());
    let variance = mean(out, &square);
    let epsilon = out.number("epsilon", epsilon);
    let variance = out.node("Add", &[&variance, &epsilon], Vec::new());
    let deviation = out.node("Sqrt", &[&variance], Vec::new());
    name = out.node("Div", &[&name, &deviation], Vec::new());
    for (op, role, values) in [("Mul", "weight", gain), ("Add", "bias", shift)] {
        if let Some(values) = values {
            let operand = out.operand(role, values, size, x.layout);
            name = out.node(op, &[&name, &operand], Vec::new());
        }
    }
    Ok(x.renamed(name))
}

pub(super) fn lrn(norm: &Lrn, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    if norm.size.is_multiple_of(2) {
        let size = norm.size;
        return Err(format!(
            "is over {size} channels, an even number, which onnxruntime does not compute"
        ));
    }
    let x = out.first(layer.input()?);
    let attributes = vec![
        int("size", whole(&[norm.size])[0]),
        float("alpha", norm.alpha),
        float("beta", norm.beta),
        float("bias", norm.bias),
    ];
    Ok(out.same("LRN", &x, attributes))
}

pub(super) fn lp_normalize(norm: &LpNormalize, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let attributes = vec![int("axis", along(&x, norm.axis)), int("p", i64::from(norm.p))];
    Ok(out.same("LpNormalization", &x, attributes))
}
