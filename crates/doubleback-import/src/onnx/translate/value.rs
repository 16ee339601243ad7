//! What a name of the graph stands for while it is translated.

use doubleback::nn::layers::Size;

use crate::onnx::model::Constant;

/// How an activation of the graph is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Of shape `[1, C, H, W]`, stored `[n, H, W, C]`.
    ChannelsLast,
    /// In the order of the shape: see [`Activation::stored`].
    RowMajor,
}

/// What a layer gives, as the graph sees it: of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activation {
    /// Name of the layer that gives it, or [`IMAGES`](doubleback::nn::IMAGES).
    pub layer: String,
    /// As ONNX has it; the batch axis, if there is one, is 1.
    pub shape: Vec<usize>,
    /// How the layer gives it.
    pub layout: Layout,
}

impl Activation {
    /// Height, width and channels of what the layer gives. Row-major shapes have leading ones added up to rank 3, then all but the last two sizes
    /// multiplied: `[1, F]` is `[1, 1, F]`, `[1, H, W, C]` is `[H, W, C]`.
    pub fn stored(&self) -> Size {
        stored(&self.shape, self.layout)
    }

    /// Number of axes of the shape.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Values of one image.
    pub fn count(&self) -> usize {
        self.stored().into_iter().fold(1, usize::saturating_mul)
    }

    /// Which axis of what is stored (height 0, width 1, channels 2) an axis of the shape is, if it is one: among several leading axes of a
    /// row-major shape, only one that is the whole product is.
    pub fn stored_axis(&self, axis: usize) -> Option<usize> {
        let rank = self.rank();
        match self.layout {
            Layout::ChannelsLast => [None, Some(2), Some(0), Some(1)].get(axis).copied().flatten(),
            Layout::RowMajor => match rank.checked_sub(axis)? {
                0 => None,
                1 => Some(2),
                2 => Some(1),
                _ => (self.shape[axis] == self.stored()[0]).then_some(0),
            },
        }
    }
}

/// See [`Activation::stored`].
pub(crate) fn stored(shape: &[usize], layout: Layout) -> Size {
    match (layout, shape) {
        (Layout::ChannelsLast, &[_, channels, height, width]) => [height, width, channels],
        (_, &[.., before, last]) => {
            let leading = &shape[..shape.len() - 2];
            [leading.iter().copied().fold(1, usize::saturating_mul), before, last]
        }
        (_, &[last]) => [1, 1, last],
        (_, []) => [1, 1, 1],
    }
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// The same for every image.
    Constant(Constant),
    /// What a layer gives.
    Activation(Activation),
}

impl From<Constant> for Value {
    fn from(constant: Constant) -> Self {
        Self::Constant(constant)
    }
}

impl From<Activation> for Value {
    fn from(activation: Activation) -> Self {
        Self::Activation(activation)
    }
}
