//! Scatter with constant indices: some of the values replaced, as a choice from the old and the new ones.

use doubleback::nn::layers::Concat;

use super::super::builder::{Builder, Translate};
use super::super::value::{Activation, Layout, Value};
use super::axes::{operand, product};
use super::gather::{MOST_PLACES, element_places, nd_places, picked};
use super::shape::attribute_axis;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Scatter", scatter_elements),
    ("ScatterElements", scatter_elements),
    ("ScatterND", scatter_nd),
];

fn scatter_elements(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (old, new) = operands(node, b)?;
    let axis = attribute_axis(node, 0, old.rank())?;
    let indices = b.constant(node, 1)?;
    let places = element_places(&indices, &old.shape, axis)?;
    replaced(node, b, old, new, &places)
}

fn scatter_nd(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (old, new) = operands(node, b)?;
    let indices = b.constant(node, 1)?;
    let (places, _) = nd_places(&indices, &old.shape, 0)?;
    replaced(node, b, old, new, &places)
}

/// What there is and what comes in its place, one of them perhaps constant.
fn operands(node: &Node, b: &mut Builder) -> Result<(Activation, Activation), Refusal> {
    let reduction = node.text("reduction", "none")?;
    if reduction != "none" {
        return Err(format!("its reduction `{reduction}` is not imported; `none` is").into());
    }
    match (b.input(node, 0)?, b.input(node, 2)?) {
        (Value::Activation(old), new) => {
            let new = operand(node, b, new, &old)?;
            Ok((old, new))
        }
        (old, Value::Activation(new)) => {
            let old = operand(node, b, old, &new)?;
            Ok((old, new))
        }
        _ => Err("it lacks an input that depends on the image".into()),
    }
}

/// The old values with new ones at these places.
fn replaced(node: &Node, b: &mut Builder, old: Activation, new: Activation, places: &[usize]) -> Result<(), Refusal> {
    let (count, shape, more) = (old.count(), old.shape.clone(), product(&new.shape));
    if more != places.len() {
        return Err(format!("{more} new values do not fit {} indices", places.len()).into());
    }
    if count > MOST_PLACES {
        return Err(format!("it replaces some of {count} values; at most {MOST_PLACES} can be told apart").into());
    }
    let [old, new] = [b.reshaped(old, vec![1, count])?, b.reshaped(new, vec![1, more])?];
    let both = b.layer(
        node,
        Concat { axis: 2 },
        &[&old, &new],
        vec![1, count + more],
        Layout::RowMajor,
    )?;
    let mut sources: Vec<usize> = (0..count).collect();
    for (new, &place) in places.iter().enumerate() {
        sources[place] = count + new;
    }
    let y = picked(node, b, both, sources, shape)?;
    b.set(node, 0, y)
}
