//! Layers: each computes its output and the pullback of that output, as forward ops on the same tape.
//!
//! Activations are `[n, height, width, channels]` throughout; vectors have height and width 1.
//!
//! A new layer is a file beside these, which implements [`UnaryLayer`] (one input) or [`Layer`] (any number), and here its `mod`, its `pub use`
//! and its place in the list of [`LayerKind`].
mod activation;
mod adaptive_avg_pool;
mod add;
mod axis;
mod batch_norm;
mod bias;
mod binary;
mod broadcast;
mod compare;
mod concat;
mod constant;
mod conv;
mod conv_transpose;
mod dense;
mod dropout;
mod elementwise;
mod epilogue;
mod expand;
mod fake_quantize;
mod finiteness;
mod gather;
mod group_norm;
mod hard_swish;
mod interpolation;
mod layer;
mod layer_norm;
mod local_contrast;
mod lp_normalize;
mod lp_pool;
mod lrn;
mod mat_mul;
mod noise;
mod pad;
mod permute;
mod pool;
mod pool_windows;
mod prelu;
mod product;
mod reduce;
mod resize;
mod slice;
mod softmax;
mod standardize;
mod standardized;
mod where_;
mod window;
mod window_options;

use serde::{Deserialize, Serialize};

pub use activation::{Flatten, LeakyRelu, Relu, Unflatten};
pub use adaptive_avg_pool::AdaptiveAvgPool;
pub use add::Add;
pub use batch_norm::BatchNorm;
pub use binary::{Binary, BinaryFunction, Operand, Side};
pub use compare::{Compare, CompareFunction};
pub use concat::Concat;
pub use constant::Constant;
pub use conv::Conv2d;
pub use conv_transpose::ConvTranspose2d;
pub use dense::Dense;
pub use dropout::Dropout;
pub use elementwise::{Elementwise, Function};
pub use epilogue::{Absorbs, Epilogue, Role};
pub use expand::Expand;
pub use fake_quantize::FakeQuantize;
pub use finiteness::{Finiteness, Unfinite};
pub use gather::Gather;
pub use group_norm::GroupNorm;
pub use hard_swish::HardSwish;
pub use interpolation::{Coordinates, Interpolation, Rounding};
pub(crate) use layer::LARGEST;
pub use layer::{Context, Layer, LayerPullback, Size, TensorSpec, UnaryLayer, UnaryPullback};
pub use layer_norm::{LayerNorm, RmsNorm};
pub use local_contrast::{Floor, LocalContrast};
pub use lp_normalize::LpNormalize;
pub use lp_pool::LpPool;
pub use lrn::Lrn;
pub use mat_mul::MatMul;
pub use noise::{Distribution, Noise};
pub use pad::{Pad, PadMode};
pub use permute::Permute;
pub use pool::{AvgPool, GlobalAvgPool, MaxPool};
pub use prelu::PRelu;
pub use reduce::{Reduce, Reduction};
pub use resize::Resize;
pub use slice::Slice;
pub use softmax::Softmax;
pub use standardize::Standardize;
pub use where_::Where;

macro_rules! layer_kinds {
    ($($layer:ident),+ $(,)?) => {
        /// The layers there are, as they stand in a model file: `type` is the name in kebab case.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
        #[allow(missing_docs)]
        pub enum LayerKind {
            $($layer($layer)),+
        }

        impl LayerKind {
            /// The layer behind the kind.
            pub fn layer(&self) -> &dyn Layer {
                match self {
                    $(Self::$layer(layer) => layer),+
                }
            }
        }

        $(impl From<$layer> for LayerKind {
            fn from(layer: $layer) -> Self {
                Self::$layer(layer)
            }
        })+
    };
}

layer_kinds! {
    AdaptiveAvgPool,
    Add,
    AvgPool,
    BatchNorm,
    Binary,
    Compare,
    Concat,
    Constant,
    Conv2d,
    ConvTranspose2d,
    Dense,
    Dropout,
    Elementwise,
    Expand,
    FakeQuantize,
    Finiteness,
    Flatten,
    Gather,
    GlobalAvgPool,
    GroupNorm,
    HardSwish,
    LayerNorm,
    LeakyRelu,
    LocalContrast,
    LpNormalize,
    LpPool,
    Lrn,
    MatMul,
    MaxPool,
    Noise,
    PRelu,
    Pad,
    Permute,
    Reduce,
    Relu,
    Resize,
    RmsNorm,
    Slice,
    Softmax,
    Standardize,
    Unflatten,
    Where,
}
