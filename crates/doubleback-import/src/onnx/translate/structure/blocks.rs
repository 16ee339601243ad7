//! DepthToSpace and SpaceToDepth: one order of the values each.

use super::super::builder::{Builder, Translate};
use super::super::value::Activation;
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[("DepthToSpace", depth_to_space), ("SpaceToDepth", space_to_depth)];

/// Images, and the side of a block of pixels.
fn images(node: &Node, b: &Builder) -> Result<(Activation, [usize; 4], usize), Refusal> {
    let x = b.activation(node, 0)?;
    let block = node.required_int("blocksize")?;
    let block = usize::try_from(block)
        .ok()
        .filter(|&block| (1..=1 << 12).contains(&block));
    let block = block.ok_or("its blocksize must be positive")?;
    let &[n, c, h, w] = x.shape.as_slice() else {
        return Err(format!(
            "it needs images `[n, channels, height, width]`, not values of shape {:?}",
            x.shape
        )
        .into());
    };
    Ok((x, [n, c, h, w], block))
}

fn depth_to_space(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (x, [n, c, h, w], s) = images(node, b)?;
    if c % (s * s) != 0 {
        return Err(format!("{c} channels do not make blocks of {s} x {s}").into());
    }
    let channels = c / (s * s);
    let (seen, order) = match node.text("mode", "DCR")? {
        "DCR" => ([n, s, s, channels, h, w], [0, 3, 4, 1, 5, 2]),
        "CRD" => ([n, channels, s, s, h, w], [0, 1, 4, 2, 5, 3]),
        other => return Err(format!("its mode `{other}` is not known; DCR and CRD are").into()),
    };
    let view = b.reshaped(x, seen.to_vec())?;
    let turned = b.transposed(view, &order)?;
    let y = b.reshaped(turned, vec![n, channels, h * s, w * s])?;
    b.set(node, 0, y)
}

fn space_to_depth(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (x, [n, c, h, w], s) = images(node, b)?;
    if h % s != 0 || w % s != 0 {
        return Err(format!("{h} x {w} pixels do not make blocks of {s} x {s}").into());
    }
    let view = b.reshaped(x, vec![n, c, h / s, s, w / s, s])?;
    let turned = b.transposed(view, &[0, 3, 5, 1, 2, 4])?;
    let y = b.reshaped(turned, vec![n, c * s * s, h / s, w / s])?;
    b.set(node, 0, y)
}
