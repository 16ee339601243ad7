//! Nodes of before opset 7, as today's are written.

use super::super::model::{Attribute, Node};
use super::super::refusal::Refusal;

/// Operators of two values that said themselves how one is repeated for the other.
const BROADCASTING: [&str; 12] = [
    "Add", "And", "Div", "Equal", "Gemm", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor",
];

/// Takes out what has no meaning since, and refuses what had another one.
pub(super) fn renew(node: &mut Node) -> Result<(), Refusal> {
    if !node.domain.is_empty() || node.opset >= 7 {
        return Ok(());
    }
    // A hint for memory of the first version.
    node.attributes.remove("consumed_inputs");
    if BROADCASTING.contains(&node.op.as_str()) {
        let broadcasts = node.flag("broadcast", false)?;
        // Without an axis it is the last ones that fit, as ever since.
        if broadcasts && let Some(Attribute::Int(axis)) = node.attributes.get("axis") {
            return Err(Refusal(format!(
                "repeats values from axis {axis} on, as before opset 7. Convert the model: onnx.version_converter.convert_version(model, 13)"
            )));
        }
        node.attributes.remove("broadcast");
        node.attributes.remove("axis");
    }
    Ok(())
}
