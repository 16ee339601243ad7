//! Functions of two values or more, place by place, and questions about them.

use doubleback::nn::layers::{Binary, BinaryFunction, Compare, CompareFunction, Finiteness, Operand, Side, Unfinite};

use super::attribute::int;
use super::layer::{Layer, Problem};
use super::out::{BOOL, FLOAT, Out};
use super::value::{Layout, Value};

/// The values in a layout that all of them have.
fn common(values: &[Value], out: &mut Out) -> Vec<Value> {
    let Some(first) = values.first() else {
        return Vec::new();
    };
    let one_layout = values.iter().all(|value| value.layout == first.layout);
    let one_size = values.iter().all(|value| value.size == first.size);
    if one_layout && (one_size || !matches!(first.layout, Layout::Flat(_))) {
        return values.to_vec();
    }
    let vectors = values.iter().all(Value::is_one_pixel);
    values
        .iter()
        .map(|value| if vectors { out.vector(value) } else { out.first(value) })
        .collect()
}

/// Two operands by name, in order: both inputs, or one of them a tensor of the layer.
fn operands(constant: Option<Operand>, layer: &Layer<'_>, out: &mut Out) -> Result<([String; 2], Value), Problem> {
    let given = |value: &Value, name: String| Value {
        name,
        size: layer.output,
        layout: value.layout,
    };
    let Some(Operand { size, side }) = constant else {
        let both = common(&layer.inputs, out);
        let [a, b] = both.as_slice() else {
            return Err(format!("has {} inputs, not two", both.len()));
        };
        return Ok(([a.name.clone(), b.name.clone()], given(a, String::new())));
    };
    let x = layer.input()?;
    let count: usize = size.iter().product();
    // What does not fit a flat value meets an image.
    let x = match x.layout {
        Layout::Flat(image) if count != 1 && count != image.iter().product::<usize>() => out.vector(x),
        _ if x.is_vector() && (layer.output[0] * layer.output[1] != 1 || size[0] * size[1] != 1) => out.first(x),
        _ => x.clone(),
    };
    let value = out.operand("value", layer.tensor("value")?, size, x.layout);
    let names = match side {
        Side::Left => [value, x.name.clone()],
        Side::Right => [x.name.clone(), value],
    };
    Ok((names, given(&x, String::new())))
}

/// The sum of all inputs, from the first on.
pub(super) fn add(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let all = common(&layer.inputs, out);
    let [first, others @ ..] = all.as_slice() else {
        return Err("has no input".into());
    };
    let sum = others.iter().fold(first.name.clone(), |sum, other| {
        out.node("Add", &[&sum, &other.name], Vec::new())
    });
    Ok(first.renamed(sum))
}

pub(super) fn binary(binary: &Binary, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let ([a, b], given) = operands(binary.constant, layer, out)?;
    let (op, attributes) = match binary.function {
        BinaryFunction::Add => ("Add", Vec::new()),
        BinaryFunction::Sub => ("Sub", Vec::new()),
        BinaryFunction::Mul => ("Mul", Vec::new()),
        BinaryFunction::Div => ("Div", Vec::new()),
        BinaryFunction::Pow => ("Pow", Vec::new()),
        BinaryFunction::Max => ("Max", Vec::new()),
        BinaryFunction::Min => ("Min", Vec::new()),
        BinaryFunction::Mod => ("Mod", vec![int("fmod", 1)]),
    };
    Ok(given.renamed(out.node(op, &[&a, &b], attributes)))
}

/// Truth values as 0 and 1, the way the network has them.
fn as_numbers(name: &str, out: &mut Out) -> String {
    out.node("Cast", &[name], vec![int("to", i64::from(FLOAT))])
}

/// What is not 0 is true.
fn as_truth(name: &str, out: &mut Out) -> String {
    out.node("Cast", &[name], vec![int("to", BOOL)])
}

pub(super) fn compare(compare: &Compare, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    use CompareFunction as C;
    let ([mut a, mut b], given) = operands(compare.constant, layer, out)?;
    if matches!(compare.function, C::And | C::Or | C::Xor) {
        (a, b) = (as_truth(&a, out), as_truth(&b, out));
    }
    let op = match compare.function {
        C::Equal | C::NotEqual => "Equal",
        C::Less => "Less",
        C::LessOrEqual => "LessOrEqual",
        C::Greater => "Greater",
        C::GreaterOrEqual => "GreaterOrEqual",
        C::And => "And",
        C::Or => "Or",
        C::Xor => "Xor",
    };
    let mut answer = out.node(op, &[&a, &b], Vec::new());
    if compare.function == C::NotEqual {
        answer = out.node("Not", &[&answer], Vec::new());
    }
    Ok(given.renamed(as_numbers(&answer, out)))
}

pub(super) fn choice(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let all = common(&layer.inputs, out);
    let [condition, a, b] = all.as_slice() else {
        return Err(format!("has {} inputs, not three", all.len()));
    };
    let condition = as_truth(&condition.name, out);
    Ok(Value {
        name: out.node("Where", &[&condition, &a.name, &b.name], Vec::new()),
        size: layer.output,
        layout: a.layout,
    })
}

pub(super) fn finiteness(finiteness: &Finiteness, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = layer.input()?;
    let signs = |positive: i64, negative: i64| vec![int("detect_positive", positive), int("detect_negative", negative)];
    let (op, attributes) = match finiteness.kind {
        Unfinite::Nan => ("IsNaN", Vec::new()),
        Unfinite::Infinite => ("IsInf", signs(1, 1)),
        Unfinite::PositiveInfinite => ("IsInf", signs(1, 0)),
        Unfinite::NegativeInfinite => ("IsInf", signs(0, 1)),
    };
    let answer = out.node(op, &[&x.name], attributes);
    Ok(x.renamed(as_numbers(&answer, out)))
}
