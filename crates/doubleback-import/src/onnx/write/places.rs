//! Values in other places: reshaped, reordered, joined, cut, repeated; and one number for several.

use doubleback::nn::layers::{
    Concat, Constant, Expand, Gather, Pad, PadMode, Permute, Reduce, Reduction, Slice, Softmax, Unflatten,
};

use super::attribute::{int, ints, text, whole};
use super::layer::{Layer, Problem};
use super::out::Out;
use super::value::{Layout, Value};

/// Which axis of the graph's value an axis of the network's is.
pub(super) fn along(x: &Value, axis: usize) -> i64 {
    match (x.layout, axis) {
        (Layout::First, 0) => 2,
        (Layout::First, 1) => 3,
        (Layout::First | Layout::Vector | Layout::Flat(_), _) => 1,
        (Layout::Last, axis) => whole(&[axis + 1])[0],
    }
}

/// The value in a layout that has this axis, and each place along it where the network has it.
fn with_axis(x: &Value, axis: usize, out: &mut Out) -> Value {
    match x.layout {
        Layout::Vector if axis == 2 => x.clone(),
        Layout::Flat(_) if axis == 2 => out.vector(x),
        Layout::Last => x.clone(),
        _ => out.first(x),
    }
}

/// Values by channel, row and column, if the network's own order is not cheaper.
pub(super) fn flatten(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let layout = match x.layout {
        Layout::Vector | Layout::Flat(_) => return Ok(x.clone()),
        Layout::First if !x.is_one_pixel() && x.size[2] != 1 => Layout::Flat(x.size),
        Layout::First | Layout::Last => return Ok(out.vector(x)),
    };
    Ok(Value {
        name: out.flattened(&x.name),
        size: layer.output,
        layout,
    })
}

pub(super) fn unflatten(unflatten: &Unflatten, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let [height, width, channels] = unflatten.size;
    if x.layout == Layout::Flat(unflatten.size) {
        return Ok(Value {
            name: out.reshaped(&x.name, &whole(&[0, channels, height, width])),
            size: unflatten.size,
            layout: Layout::First,
        });
    }
    Ok(viewed(x, unflatten.size, out))
}

/// The values in the network's order as an image of another size.
fn viewed(x: &Value, size: [usize; 3], out: &mut Out) -> Value {
    if size == x.size {
        return x.clone();
    }
    let [height, width, channels] = size;
    if height * width == 1 {
        return out.vector(x);
    }
    let x = match x.layout {
        Layout::First | Layout::Flat(_) => out.vector(x),
        _ => x.clone(),
    };
    Value {
        name: out.reshaped(&x.name, &whole(&[0, height, width, channels])),
        size,
        layout: Layout::Last,
    }
}

pub(super) fn permute(permute: &Permute, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let (from, to) = (permute.from.as_slice(), permute.to);
    let [height, width, channels] = x.size;
    let [rows, columns, depth] = to;
    let shape = whole(&[0, rows, columns, depth]);
    let order = permute.order.as_slice();
    // Channels first is what the graph has anyway.
    let to_first = (from == [height * width, channels] && order == [1, 0])
        || (from == [height, width, channels] && order == [2, 0, 1]);
    if x.layout == Layout::First && to_first {
        return Ok(match rows * columns {
            1 => Value {
                name: out.flattened(&x.name),
                size: to,
                layout: Layout::Vector,
            },
            _ => Value {
                name: out.reshaped(&x.name, &shape),
                size: to,
                layout: Layout::Last,
            },
        });
    }
    let from_first =
        (from == [depth, rows * columns] && order == [1, 0]) || (from == [depth, rows, columns] && order == [1, 2, 0]);
    let x = out.last(x);
    if from_first {
        return Ok(Value {
            name: out.reshaped(&x.name, &whole(&[0, depth, rows, columns])),
            size: to,
            layout: Layout::First,
        });
    }
    let name = out.reshaped(&x.name, &whole(&[&[0], from].concat()));
    let moved: Vec<usize> = order.iter().map(|axis| axis + 1).collect();
    let name = out.transposed(&name, &whole(&[&[0], moved.as_slice()].concat()));
    Ok(Value {
        name: out.reshaped(&name, &shape),
        size: to,
        layout: Layout::Last,
    })
}

pub(super) fn concat(concat: &Concat, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let vectors = concat.axis == 2 && layer.inputs.iter().all(Value::is_one_pixel);
    let last = layer.inputs.iter().all(|input| input.layout == Layout::Last);
    let mut parts = Vec::with_capacity(layer.inputs.len());
    for input in &layer.inputs {
        parts.push(match (vectors, last) {
            (true, _) => out.vector(input),
            (false, true) => input.clone(),
            (false, false) => out.first(input),
        });
    }
    let first = parts.first().ok_or("has no input")?.clone();
    let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
    let name = out.node("Concat", &names, vec![int("axis", along(&first, concat.axis))]);
    Ok(Value {
        name,
        size: layer.output,
        layout: first.layout,
    })
}

/// The same values for each image, as many times as there are images.
pub(super) fn constant(constant: &Constant, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let [height, width, channels] = constant.size;
    let batch = out.node("Shape", &[&x.name], vec![int("start", 0), int("end", 1)]);
    let sizes = out.list("size", &whole(&constant.size));
    let shape = out.node("Concat", &[&batch, &sizes], vec![int("axis", 0)]);
    let value = out.floats("value", &[1, height, width, channels], layer.tensor("value")?);
    Ok(Value {
        name: out.node("Expand", &[&value, &shape], Vec::new()),
        size: layer.output,
        layout: Layout::Last,
    })
}

pub(super) fn expand(expand: &Expand, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, channels] = expand.size;
    let shape = out.list("shape", &whole(&[1, channels, height, width]));
    Ok(Value {
        name: out.node("Expand", &[&x.name, &shape], Vec::new()),
        size: layer.output,
        layout: Layout::First,
    })
}

pub(super) fn gather(gather: &Gather, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = with_axis(layer.input()?, gather.axis, out);
    let indices = out.list("indices", &whole(&gather.indices));
    let attributes = vec![int("axis", along(&x, gather.axis))];
    Ok(Value {
        name: out.node("Gather", &[&x.name, &indices], attributes),
        size: layer.output,
        ..x
    })
}

pub(super) fn slice(slice: &Slice, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = with_axis(layer.input()?, slice.axis, out);
    let [start, end] = [whole(&[slice.start])[0], whole(&[slice.end])[0]];
    // Backwards from the last place of the range to before its first.
    let (start, end) = match slice.step < 0 {
        false => (start, end),
        true if start == 0 => (end - 1, i64::MIN),
        true => (end - 1, start - 1),
    };
    let axis = along(&x, slice.axis);
    let step = i64::try_from(slice.step).unwrap_or(i64::MAX);
    let lists = [("starts", start), ("ends", end), ("axes", axis), ("steps", step)];
    let lists = lists.map(|(role, value)| out.list(role, &[value]));
    let [starts, ends, axes, steps] = lists;
    Ok(Value {
        name: out.node("Slice", &[&x.name, &starts, &ends, &axes, &steps], Vec::new()),
        size: layer.output,
        ..x
    })
}

pub(super) fn pad(pad: &Pad, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let mode = match pad.mode {
        PadMode::Constant { .. } => "constant",
        PadMode::Reflect => "reflect",
        PadMode::Edge => "edge",
        PadMode::Wrap => return Err("wraps around, for which version 17 has no operator".into()),
    };
    let x = layer.input()?;
    let vector = x.is_vector() && pad.before[..2] == [0, 0] && pad.after[..2] == [0, 0];
    let x = if vector { x.clone() } else { out.first(x) };
    let sides = |[height, width, channels]: [usize; 3]| match vector {
        true => vec![0, channels],
        false => vec![0, channels, height, width],
    };
    let sides = out.list("pads", &whole(&[sides(pad.before), sides(pad.after)].concat()));
    let mut inputs = vec![x.name.clone(), sides];
    if let PadMode::Constant { value } = pad.mode {
        inputs.push(out.number("fill", value));
    }
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    Ok(Value {
        name: out.node("Pad", &inputs, vec![text("mode", mode)]),
        size: layer.output,
        ..x
    })
}

pub(super) fn reduce(reduce: &Reduce, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = match layer.input()? {
        x if x.is_vector() && reduce.axes == [2] => x.clone(),
        x => out.first(x),
    };
    let axes: Vec<i64> = reduce.axes.iter().map(|&axis| along(&x, axis)).collect();
    let given = |name: String| Value {
        name,
        size: layer.output,
        ..x
    };
    let op = match reduce.function {
        Reduction::Sum => {
            let axes = out.list("axes", &axes);
            let name = out.node("ReduceSum", &[&x.name, &axes], vec![int("keepdims", 1)]);
            return Ok(given(name));
        }
        Reduction::Mean => "ReduceMean",
        Reduction::Max => "ReduceMax",
        Reduction::Min => "ReduceMin",
        Reduction::Prod => "ReduceProd",
        Reduction::L1 => "ReduceL1",
        Reduction::L2 => "ReduceL2",
        Reduction::SumSquare => "ReduceSumSquare",
        Reduction::LogSum => "ReduceLogSum",
        Reduction::LogSumExp => "ReduceLogSumExp",
    };
    let attributes = vec![ints("axes", &axes), int("keepdims", 1)];
    Ok(given(out.node(op, &[&x.name], attributes)))
}

pub(super) fn softmax(softmax: &Softmax, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = with_axis(layer.input()?, softmax.axis, out);
    let op = if softmax.log { "LogSoftmax" } else { "Softmax" };
    Ok(out.same(op, &x, vec![int("axis", along(&x, softmax.axis))]))
}
