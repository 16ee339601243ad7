//! Functions of every value.

use doubleback::nn::layers::{Elementwise, Function, HardSwish, LayerKind, LeakyRelu};

use super::builder::{Builder, Translate};
use crate::onnx::model::Node;
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("Abs", elementwise),
    ("Acos", elementwise),
    ("Acosh", elementwise),
    ("Asin", elementwise),
    ("Asinh", elementwise),
    ("Atan", elementwise),
    ("Atanh", elementwise),
    ("Ceil", elementwise),
    ("Celu", elementwise),
    ("Clip", elementwise),
    ("Cos", elementwise),
    ("Cosh", elementwise),
    ("Elu", elementwise),
    ("Erf", elementwise),
    ("Exp", elementwise),
    ("Floor", elementwise),
    ("Gelu", elementwise),
    ("HardSigmoid", elementwise),
    ("HardSwish", elementwise),
    ("LeakyRelu", elementwise),
    ("Log", elementwise),
    ("Mish", elementwise),
    ("Neg", elementwise),
    ("Reciprocal", elementwise),
    ("Round", elementwise),
    ("Selu", elementwise),
    ("Shrink", elementwise),
    ("Sigmoid", elementwise),
    ("Sign", elementwise),
    ("Sin", elementwise),
    ("Sinh", elementwise),
    ("Softplus", elementwise),
    ("Softsign", elementwise),
    ("Sqrt", elementwise),
    ("Swish", elementwise),
    ("Tan", elementwise),
    ("Tanh", elementwise),
    ("ThresholdedRelu", elementwise),
];

/// Bounds from here on are none: exporters write the greatest `f32` where there is none.
const NO_BOUND: f32 = 3.4e38;

fn elementwise(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let kind = kind(node, b)?;
    if let LayerKind::Elementwise(Elementwise { function }) = &kind {
        match function {
            Function::Clip { min: None, max: None } => return b.set(node, 0, x),
            function if function.is_flat() => b.note(format!(
                "`{}` has the derivative 0 wherever it has one: no gradient goes through it",
                node.op
            )),
            _ => {}
        }
    }
    let y = b.layer(node, kind, &[&x], x.shape.clone(), x.layout)?;
    b.set(node, 0, y)
}

/// The layer of a node, with the defaults of ONNX.
fn kind(node: &Node, b: &Builder) -> Result<LayerKind, Refusal> {
    use Function as F;
    let float = |name: &str, default: f32| node.float(name, default).map(f64::from);
    let function = match node.op.as_str() {
        "Abs" => F::Abs,
        "Acos" => F::Acos,
        "Acosh" => F::Acosh,
        "Asin" => F::Asin,
        "Asinh" => F::Asinh,
        "Atan" => F::Atan,
        "Atanh" => F::Atanh,
        "Ceil" => F::Ceil,
        "Celu" => F::Celu {
            alpha: float("alpha", 1.0)?,
        },
        "Clip" => clip(node, b)?,
        "Cos" => F::Cos,
        "Cosh" => F::Cosh,
        "Elu" => F::Elu {
            alpha: float("alpha", 1.0)?,
        },
        "Erf" => F::Erf,
        "Exp" => F::Exp,
        "Floor" => F::Floor,
        "Gelu" => F::Gelu {
            tanh: match node.text("approximate", "none")? {
                "none" => false,
                "tanh" => true,
                other => return Err(format!("its approximation `{other}` is neither `none` nor `tanh`").into()),
            },
        },
        "HardSigmoid" => F::HardSigmoid {
            alpha: float("alpha", 0.2)?,
            beta: float("beta", 0.5)?,
        },
        "HardSwish" => return Ok(HardSwish {}.into()),
        "LeakyRelu" => match float("alpha", 0.01)? {
            slope if (0.0..1.0).contains(&slope) => return Ok(LeakyRelu { slope }.into()),
            slope => F::Leaky { slope },
        },
        "Log" => F::Log,
        "Mish" => F::Mish,
        "Neg" => F::Neg,
        "Reciprocal" => F::Reciprocal,
        "Round" => F::Round,
        "Selu" => F::Selu {
            alpha: float("alpha", 1.673_263_2)?,
            gamma: float("gamma", 1.050_701)?,
        },
        "Shrink" => F::Shrink {
            bias: float("bias", 0.0)?,
            lambda: float("lambd", 0.5)?,
        },
        "Sigmoid" => F::Sigmoid,
        "Sign" => F::Sign,
        "Sin" => F::Sin,
        "Sinh" => F::Sinh,
        "Softplus" => F::Softplus { beta: 1.0 },
        "Softsign" => F::Softsign,
        "Sqrt" => F::Sqrt,
        "Swish" => match float("alpha", 1.0)? {
            1.0 => F::Silu,
            alpha => F::Swish { alpha },
        },
        "Tan" => F::Tan,
        "Tanh" => F::Tanh,
        "ThresholdedRelu" => F::ThresholdedRelu {
            alpha: float("alpha", 1.0)?,
        },
        other => return Err(format!("`{other}` is no function of every value: a mistake of this program").into()),
    };
    Ok(Elementwise { function }.into())
}

/// Bounds are attributes before opset 11, inputs since. ReLU6 and `hardtanh` of PyTorch are exported as this too; their derivative at the bounds
/// is 0 where that of its `clamp` is 1, and they are told apart by their usual bounds.
fn clip(node: &Node, b: &Builder) -> Result<Function, Refusal> {
    let [min, max] = match node.opset {
        ..11 => [node.optional_float("min")?, node.optional_float("max")?],
        _ => {
            let bound = |i: usize| -> Result<Option<f32>, Refusal> {
                let Some(bound) = b.optional_constant(node, i)? else {
                    return Ok(None);
                };
                match bound.numbers().as_slice() {
                    &[bound] => Ok(Some(bound)),
                    _ => Err(format!("its bound of shape {:?} must be one number", bound.shape()).into()),
                }
            };
            [bound(1)?, bound(2)?]
        }
    };
    let is_bound = |bound: &f32| bound.abs() < NO_BOUND || bound.is_nan();
    let [min, max] = [min, max].map(|bound| bound.filter(is_bound).map(f64::from));
    Ok(match (min, max) {
        (Some(min), Some(max)) if [[0.0, 6.0], [-1.0, 1.0]].contains(&[min, max]) => Function::HardTanh { min, max },
        _ => Function::Clip { min, max },
    })
}
