use crate::nn::LayerPass;
use crate::nn::layers::{BinaryFunction, LayerKind, Reduction};
use crate::{Error, Result};

/// How relevance goes through a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By a rule for weights.
    Weights(Weights),
    /// By each input's share in the output: linear layers without weights, and batch norm.
    Shares,
    /// To where the values came from: the layer's own pullback.
    Back,
    /// As it is: every value of the output comes from one of the input.
    Same,
}

/// Layers with weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weights {
    Convolution,
    Dense,
}

impl Way {
    /// Through this layer.
    ///
    /// # Errors
    /// Names the layer if there is no rule for its kind.
    pub fn through(layer: &LayerPass<'_>) -> Result<Self> {
        Ok(match layer.kind() {
            LayerKind::Conv2d(_) | LayerKind::ConvTranspose2d(_) => Self::Weights(Weights::Convolution),
            LayerKind::Dense(_) => Self::Weights(Weights::Dense),
            LayerKind::BatchNorm(_)
            | LayerKind::Add(_)
            | LayerKind::AvgPool(_)
            | LayerKind::GlobalAvgPool(_)
            | LayerKind::AdaptiveAvgPool(_)
            | LayerKind::Resize(_) => Self::Shares,
            LayerKind::Reduce(reduce) if matches!(reduce.function, Reduction::Mean | Reduction::Sum) => Self::Shares,
            LayerKind::MaxPool(_)
            | LayerKind::Flatten(_)
            | LayerKind::Unflatten(_)
            | LayerKind::Permute(_)
            | LayerKind::Slice(_)
            | LayerKind::Gather(_)
            | LayerKind::Concat(_)
            | LayerKind::Expand(_)
            | LayerKind::Pad(_) => Self::Back,
            LayerKind::Relu(_)
            | LayerKind::LeakyRelu(_)
            | LayerKind::PRelu(_)
            | LayerKind::HardSwish(_)
            | LayerKind::Elementwise(_)
            | LayerKind::FakeQuantize(_)
            | LayerKind::Dropout(_)
            | LayerKind::Standardize(_) => Self::Same,
            LayerKind::Binary(binary) if binary.constant.is_some() && keeps_sizes(layer) && affine(binary.function) => {
                Self::Same
            }
            _ => return Err(unknown(layer)),
        })
    }

    /// Whether what a layer gives of pixels between two bounds lies between what it gives of the bounds: up to here the rule for pixels can wait.
    pub fn keeps_bounds(layer: &LayerPass<'_>) -> bool {
        matches!(
            layer.kind(),
            LayerKind::Standardize(_)
                | LayerKind::Dropout(_)
                | LayerKind::Flatten(_)
                | LayerKind::Unflatten(_)
                | LayerKind::Permute(_)
                | LayerKind::Slice(_)
                | LayerKind::Gather(_)
                | LayerKind::Binary(_)
        )
    }
}

fn keeps_sizes(layer: &LayerPass<'_>) -> bool {
    layer.inputs().iter().all(|input| input.dims() == layer.output().dims())
}

fn affine(function: BinaryFunction) -> bool {
    matches!(
        function,
        BinaryFunction::Add | BinaryFunction::Sub | BinaryFunction::Mul | BinaryFunction::Div
    )
}

/// The error that relevance does not go through a layer.
fn unknown(layer: &LayerPass<'_>) -> Error {
    let kind = serde_json::to_value(layer.kind()).ok();
    let kind = kind
        .as_ref()
        .and_then(|kind| kind.get("type")?.as_str())
        .unwrap_or("layer");
    Error::Architecture {
        layer: layer.name().to_owned(),
        problem: format!(
            "LRP has no rule for a layer of type `{kind}`: it knows convolutions, dense layers, batch norm, sums, pooling, activations that look at one value \
             at a time, and layers that move values. Explain with another method, such as `integrated-gradients`"
        ),
    }
}
