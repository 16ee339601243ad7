//! Operators that move values, join and cut them, resize and reduce: what they do along the axes of a shape as layers on what is stored.
mod axes;
mod blocks;
mod einsum;
mod gather;
mod join;
mod padding;
mod product;
mod reduce;
pub(super) mod repeat;
mod resize;
mod scatter;
mod shape;
mod slice;
mod softmax;

use super::builder::Translate;

pub(super) const FAMILIES: &[&[(&str, Translate)]] = &[
    blocks::OPS,
    einsum::OPS,
    gather::OPS,
    join::OPS,
    padding::OPS,
    product::OPS,
    reduce::OPS,
    repeat::OPS,
    resize::OPS,
    scatter::OPS,
    shape::OPS,
    slice::OPS,
    softmax::OPS,
];
