//! Layers that are computed together with the ones that follow them, in one pass over memory at every order of differentiation.

use doubleback_ops::FusedActivation;

use super::layers::{Absorbs, Epilogue, Layer, Role};

/// The layers after number `index` that it can compute with itself. `next` gives the layer after a number, if it is the only one that looks at
/// the output of that number.
pub(crate) fn epilogue<'a>(index: usize, layer: &dyn Layer, next: impl Fn(usize) -> Option<&'a dyn Layer>) -> Epilogue {
    let role = |index| next(index).map(Layer::role);
    let mut epilogue = Epilogue::default();
    match layer.absorbs() {
        Absorbs::Nothing => {}
        Absorbs::Statistics => epilogue.statistics = role(index) == Some(Role::BatchNorm),
        Absorbs::Relu | Absorbs::ReluAndPool | Absorbs::ActivationAndPool => {
            let activation = match role(index) {
                Some(Role::Activation(activation)) => Some(activation),
                _ => None,
            };
            let any = layer.absorbs() == Absorbs::ActivationAndPool;
            epilogue.activation = activation.filter(|&activation| any || activation == FusedActivation::Relu);
            epilogue.layers += usize::from(epilogue.activation.is_some());
            if layer.absorbs() == Absorbs::Relu {
                return epilogue;
            }
            if let Some(Role::Pool(kind)) = role(index + epilogue.layers) {
                epilogue.pool = Some(kind);
                epilogue.layers += 1;
            }
        }
    }
    epilogue
}
