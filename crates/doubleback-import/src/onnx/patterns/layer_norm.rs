//! Layer normalization, written out.

use super::Found;
use super::view::View;
use crate::onnx::model::{Attribute, Node};

/// `(x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias` over the last axes, with constants for scale and bias.
pub(super) fn find(view: &View, last: usize) -> Option<Found> {
    let add = Some(view.node(last)).filter(|node| node.is("Add"))?;
    let (bias, scaled) = with_constant(view, add)?;
    let (multiplied, mul) = view.giver(scaled, "Mul")?;
    let (scale, normed) = with_constant(view, mul)?;
    let (divided, div) = view.giver(normed, "Div")?;
    let (root, sqrt) = view.giver(div.input(1)?, "Sqrt")?;
    let (summed, sum) = view.giver(sqrt.input(0)?, "Add")?;
    let (epsilon, variance) = view.with_number(sum)?;
    let (averaged, mean_of_squares) = view.giver(variance, "ReduceMean")?;
    let (squared, square) = square_of(view, mean_of_squares.input(0)?)?;
    // Exporters may write the difference twice.
    let (first, sub) = view.giver(div.input(0)?, "Sub")?;
    let (second, other) = view.giver(square, "Sub")?;
    let (meaned, mean) = view.giver(sub.input(1)?, "ReduceMean")?;
    let (again, other_mean) = view.giver(other.input(1)?, "ReduceMean")?;
    let x = sub.input(0)?;
    let same = other.input(0)? == x && mean.input(0)? == x && other_mean.input(0)? == x;
    let axes = axes(view, mean)?;
    let all_axes = [mean_of_squares, other_mean]
        .iter()
        .all(|mean| self::axes(view, mean).as_ref() == Some(&axes));
    let count = i64::try_from(axes.len()).ok()?;
    let trailing = (1..=count).all(|behind| axes.contains(&-behind));
    // Constants of the shape of the axes that are normalized, not of others that happen to fit.
    let shape = view.constant(scale)?.shape();
    let fits = shape.len() == axes.len() && view.constant(bias)?.shape() == shape;
    if !(same && all_axes && trailing && fits && epsilon >= 0.0) {
        return None;
    }
    let mut inner = vec![
        multiplied, divided, root, summed, averaged, squared, first, second, meaned, again,
    ];
    inner.sort_unstable();
    let found = Found {
        inputs: vec![x.to_owned(), scale.to_owned(), bias.to_owned()],
        ..Found::of("LayerNormalization", 17, x, inner)
    };
    Some(
        found
            .with("axis", Attribute::Int(-count))
            .with("epsilon", Attribute::Float(epsilon)),
    )
}

/// The inputs of a node of two: the constant among them, and the other.
fn with_constant<'a>(view: &View<'a>, node: &'a Node) -> Option<(&'a str, &'a str)> {
    let (a, b) = (node.input(0)?, node.input(1)?);
    match (view.constant(a), view.constant(b)) {
        (Some(_), None) => Some((a, b)),
        (None, Some(_)) => Some((b, a)),
        _ => None,
    }
}

/// What is squared, by a power or by itself.
fn square_of<'a>(view: &View<'a>, name: &str) -> Option<(usize, &'a str)> {
    if let Some((place, pow)) = view.giver(name, "Pow") {
        return (view.number(pow.input(1)?)? == 2.0).then_some((place, pow.input(0)?));
    }
    let (place, mul) = view.giver(name, "Mul")?;
    (mul.input(0) == mul.input(1)).then_some((place, mul.input(0)?))
}

/// The axes that a mean is taken over, sorted, counted from behind; nothing if they go.
fn axes(view: &View, mean: &Node) -> Option<Vec<i64>> {
    let mut axes = match mean.input(1) {
        Some(name) => view.constant(name)?.ints().ok()?,
        None => mean.ints("axes").ok()??.to_vec(),
    };
    axes.sort_unstable();
    axes.dedup();
    let keeps = mean.flag("keepdims", true).ok()?;
    (keeps && !axes.is_empty() && axes.iter().all(|axis| *axis < 0)).then_some(axes)
}
