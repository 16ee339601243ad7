//! Functions of two or more values: activations with each other and with constants.

use doubleback::nn::layers::{Add, Binary, BinaryFunction, Elementwise, Function, Operand as Trained, PRelu, Side};

use super::broadcast::{Aligned, Operand, Pair, align, broadcast};
use super::builder::{Builder, Translate};
use super::value::{Activation, Value};
use crate::onnx::model::{Constant, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Add", pair),
    ("Sub", pair),
    ("Mul", pair),
    ("Div", pair),
    ("Pow", pair),
    ("Mod", pair),
    ("Max", several),
    ("Min", several),
    ("Sum", several),
    ("Mean", several),
    ("PRelu", prelu),
];

fn function(op: &str) -> Result<BinaryFunction, Refusal> {
    Ok(match op {
        "Add" | "Sum" | "Mean" => BinaryFunction::Add,
        "Sub" => BinaryFunction::Sub,
        "Mul" => BinaryFunction::Mul,
        "Div" => BinaryFunction::Div,
        "Pow" => BinaryFunction::Pow,
        "Mod" => BinaryFunction::Mod,
        "Max" => BinaryFunction::Max,
        "Min" => BinaryFunction::Min,
        other => return Err(format!("`{other}` is no function of two values: a mistake of this program").into()),
    })
}

/// A value as what is combined with another.
pub(super) fn operand(value: Value) -> Result<Operand, Refusal> {
    Ok(match value {
        Value::Activation(activation) => Operand::Activation(activation),
        Value::Constant(Constant::Float(values)) => Operand::Constant(values),
        // Exponents may be integers.
        Value::Constant(constant) => {
            let shape = ndarray::IxDyn(constant.shape());
            let values = ndarray::ArrayD::from_shape_vec(shape, constant.numbers());
            Operand::Constant(values.map_err(|_| Refusal("a constant has not the values of its shape".into()))?)
        }
    })
}

fn pair(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let function = function(&node.op)?;
    if function == BinaryFunction::Mod && !node.flag("fmod", false)? {
        return Err("it has the sign of the divisor, which is for integers; of floats it must say `fmod = 1`".into());
    }
    let [x, y] = [operand(b.input(node, 0)?)?, operand(b.input(node, 1)?)?];
    let y = combined(node, b, function, x, y)?;
    b.set(node, 0, y)
}

/// One after another, from the left.
fn several(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let function = function(&node.op)?;
    let count = node.inputs.len();
    let operands = (0..count).map(|i| operand(b.input(node, i)?));
    let mut operands = operands.collect::<Result<Vec<_>, _>>()?;
    // Constants last: they are combined with what is there then.
    operands.sort_by_key(|operand| matches!(operand, Operand::Constant(_)));
    let alike = |operand: &Operand| match (operand, operands.first()) {
        (Operand::Activation(a), Some(Operand::Activation(first))) => {
            (&a.shape, a.layout) == (&first.shape, first.layout)
        }
        _ => false,
    };
    let y = if function == BinaryFunction::Add && count > 1 && operands.iter().all(alike) {
        sum(node, b, operands)?
    } else {
        let mut operands = operands.into_iter();
        let Some(Operand::Activation(mut y)) = operands.next() else {
            return Err("none of its inputs depends on the image".into());
        };
        for operand in operands {
            y = combined(node, b, function, Operand::Activation(y), operand)?;
        }
        y
    };
    let y = match node.op.as_str() {
        "Mean" if count > 1 => affine(node, b, y, [1.0 / count as f64, 0.0])?,
        _ => y,
    };
    b.set(node, 0, y)
}

fn sum(node: &Node, b: &mut Builder, operands: Vec<Operand>) -> Result<Activation, Refusal> {
    let activations: Vec<&Activation> = operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Activation(activation) => Some(activation),
            Operand::Constant(_) => None,
        })
        .collect();
    let first = activations[0];
    b.layer(node, Add {}, &activations, first.shape.clone(), first.layout)
}

/// The function of two operands, at least one of which depends on the image.
fn combined(
    node: &Node,
    b: &mut Builder,
    function: BinaryFunction,
    x: Operand,
    y: Operand,
) -> Result<Activation, Refusal> {
    if let Some(result) = with_number(node, b, function, &x, &y)? {
        return Ok(result);
    }
    let Pair {
        operands,
        shape,
        layout,
        result,
    } = align(node, b, [x, y])?;
    let constant = |size, side| Some(Trained { size, side });
    let y = match operands {
        [Aligned::Activation(x), Aligned::Activation(y)] => match function {
            BinaryFunction::Add if x.stored() == y.stored() => b.layer(node, Add {}, &[&x, &y], shape, layout)?,
            _ => {
                let constant = None;
                b.layer(node, Binary { function, constant }, &[&x, &y], shape, layout)?
            }
        },
        [Aligned::Activation(x), Aligned::Constant(size, values)] => {
            let constant = constant(size, Side::Right);
            let tensors = vec![("value", values)];
            b.layer_with(node, Binary { function, constant }, &[&x], shape, layout, tensors)?
        }
        [Aligned::Constant(size, values), Aligned::Activation(y)] => {
            let constant = constant(size, Side::Left);
            let tensors = vec![("value", values)];
            b.layer_with(node, Binary { function, constant }, &[&y], shape, layout, tensors)?
        }
        [Aligned::Constant(..), Aligned::Constant(..)] => {
            return Err("neither of its inputs depends on the image".into());
        }
    };
    match y.shape == result {
        true => Ok(y),
        false => b.reshaped(y, result),
    }
}

/// With a constant that does nothing, or that is a number of the program and not a tensor that was trained: one without axes, and any single
/// exponent. None if it is neither.
fn with_number(
    node: &Node,
    b: &mut Builder,
    function: BinaryFunction,
    x: &Operand,
    y: &Operand,
) -> Result<Option<Activation>, Refusal> {
    let (activation, constant, side) = match (x, y) {
        (Operand::Activation(a), Operand::Constant(c)) => (a, c, Side::Right),
        (Operand::Constant(c), Operand::Activation(a)) => (a, c, Side::Left),
        _ => return Ok(None),
    };
    if broadcast(&activation.shape, constant.shape())? != activation.shape {
        return Ok(None);
    }
    use BinaryFunction as F;
    let all = |number: f32| !constant.is_empty() && constant.iter().all(|&value| value == number);
    let nothing = match (function, side) {
        (F::Add, _) | (F::Sub, Side::Right) => all(0.0),
        (F::Mul, _) | (F::Div | F::Pow, Side::Right) => all(1.0),
        _ => false,
    };
    if nothing {
        b.note(format!("`{}` that changes nothing is left out", node.op));
        return Ok(Some(activation.clone()));
    }
    let exponent = function == F::Pow && side == Side::Right;
    let number = constant
        .first()
        .filter(|_| constant.len() == 1 && (constant.ndim() == 0 || exponent));
    let Some(number) = number.map(|&number| f64::from(number)) else {
        return Ok(None);
    };
    let a = activation.clone();
    let function = match (function, side) {
        (F::Add, _) => return affine(node, b, a, [1.0, number]).map(Some),
        (F::Sub, Side::Right) => return affine(node, b, a, [1.0, -number]).map(Some),
        (F::Sub, Side::Left) => return affine(node, b, a, [-1.0, number]).map(Some),
        (F::Mul, _) => return affine(node, b, a, [number, 0.0]).map(Some),
        (F::Div, Side::Right) => return affine(node, b, a, [number.recip(), 0.0]).map(Some),
        (F::Div, Side::Left) => {
            let reciprocal = elementwise(node, b, a, Function::Reciprocal)?;
            return match number {
                1.0 => Ok(Some(reciprocal)),
                _ => affine(node, b, reciprocal, [number, 0.0]).map(Some),
            };
        }
        (F::Pow, Side::Left) if number > 0.0 => {
            let scaled = affine(node, b, a, [number.ln(), 0.0])?;
            return elementwise(node, b, scaled, Function::Exp).map(Some);
        }
        (F::Pow, Side::Right) => match number {
            2.0 => Function::Square,
            0.5 => Function::Sqrt,
            -1.0 => Function::Reciprocal,
            exponent => Function::Pow { exponent },
        },
        (F::Max, _) => Function::Max { with: number },
        (F::Min, _) => Function::Min { with: number },
        (F::Pow, Side::Left) | (F::Mod, _) => return Ok(None),
    };
    elementwise(node, b, a, function).map(Some)
}

fn affine(node: &Node, b: &mut Builder, a: Activation, [scale, shift]: [f64; 2]) -> Result<Activation, Refusal> {
    elementwise(node, b, a, Function::Affine { scale, shift })
}

fn elementwise(node: &Node, b: &mut Builder, a: Activation, function: Function) -> Result<Activation, Refusal> {
    b.layer(node, Elementwise { function }, &[&a], a.shape.clone(), a.layout)
}

fn prelu(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let Operand::Constant(slope) = operand(b.constant(node, 1)?.into())? else {
        return Err("its slope must be constant".into());
    };
    let slope = match slope.shape() {
        // Before opset 7 there was one slope, or one for each channel, whatever the axes behind.
        &[channels] if node.opset < 7 && x.rank() > 2 && channels == x.shape[1] => {
            let mut shape = vec![1; x.rank() - 1];
            shape[0] = channels;
            slope.into_shape_with_order(shape).map_err(|e| Refusal(e.to_string()))?
        }
        _ => slope,
    };
    if broadcast(&x.shape, slope.shape())? != x.shape {
        let (x, slope) = (&x.shape, slope.shape());
        return Err(format!("its slopes of shape {slope:?} are more than its values of shape {x:?}").into());
    }
    let pair = align(node, b, [Operand::Activation(x), Operand::Constant(slope)])?;
    let [Aligned::Activation(x), Aligned::Constant(size, values)] = pair.operands else {
        return Err("its slope must be constant".into());
    };
    let y = b.layer_with(
        node,
        PRelu { size },
        &[&x],
        pair.shape,
        pair.layout,
        vec![("slope", values)],
    )?;
    let y = match y.shape == pair.result {
        true => y,
        false => b.reshaped(y, pair.result)?,
    };
    b.set(node, 0, y)
}

#[cfg(test)]
mod tests;
