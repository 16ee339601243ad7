//! Layers that are computed together with the ones that follow them, in one pass over memory at every order of differentiation.

use doubleback_ops::PoolKind;

use super::architecture::LayerSpec;
use super::graph::Graph;
use super::layers::{BatchNorm, LayerKind};

/// What follows a layer and is computed with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tail {
    /// A ReLU.
    pub relu: bool,
    /// 2x2 pooling, after the ReLU.
    pub pool: Option<PoolKind>,
    /// The statistics of the output, for a batch norm that comes next and is not part of this.
    pub statistics: bool,
    /// Layers that this stands for.
    pub layers: usize,
}

impl Tail {
    /// The layers after `index` that nothing else looks at and that its own kind can take along. The values in `kept` are looked at.
    pub fn after(index: usize, layers: &[LayerSpec], graph: &Graph, kept: &[usize]) -> Self {
        let next = |after: usize| {
            let only = graph.feeds_only(after, after + 1) && !kept.contains(&(after + 1));
            layers.get(after + 1).filter(|_| only).map(|spec| &spec.kind)
        };
        let takes_relu = match &layers[index].kind {
            LayerKind::BatchNorm(BatchNorm { relu: true, .. }) => false,
            LayerKind::BatchNorm(_) => true,
            LayerKind::Conv2d(layer) if layer.bias => true,
            LayerKind::Dense(layer) if layer.bias => true,
            LayerKind::Conv2d(_) => {
                return Self {
                    statistics: matches!(next(index), Some(LayerKind::BatchNorm(_))),
                    ..Self::default()
                };
            }
            _ => return Self::default(),
        };
        let mut tail = Self::default();
        if takes_relu && matches!(next(index), Some(LayerKind::Relu(_))) {
            tail.relu = true;
            tail.layers += 1;
        }
        tail.pool = match next(index + tail.layers) {
            Some(LayerKind::MaxPool(pool)) if pool.size == 2 => Some(PoolKind::Max),
            Some(LayerKind::AvgPool(pool)) if pool.size == 2 => Some(PoolKind::Avg),
            _ => None,
        };
        tail.layers += usize::from(tail.pool.is_some());
        tail
    }
}
