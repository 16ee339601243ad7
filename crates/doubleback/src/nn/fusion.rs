//! Layers that are computed together with the ones that follow them, in one pass over memory at every order of differentiation.

use super::layers::{Absorbs, Epilogue, Layer, Role};

/// The layers after number `index` that it can compute with itself. `next` gives the layer after a number, if it is the only one that looks at
/// the output of that number.
pub(crate) fn epilogue<'a>(index: usize, layer: &dyn Layer, next: impl Fn(usize) -> Option<&'a dyn Layer>) -> Epilogue {
    let role = |index| next(index).map(Layer::role);
    let mut epilogue = Epilogue::default();
    match layer.absorbs() {
        Absorbs::Nothing => {}
        Absorbs::Statistics => epilogue.statistics = role(index) == Some(Role::BatchNorm),
        Absorbs::Relu if role(index) == Some(Role::Relu) => {
            epilogue.relu = true;
            epilogue.layers += 1;
        }
        Absorbs::Relu => {}
        Absorbs::ReluAndPool => {
            if role(index) == Some(Role::Relu) {
                epilogue.relu = true;
                epilogue.layers += 1;
            }
            if let Some(Role::Pool(kind)) = role(index + epilogue.layers) {
                epilogue.pool = Some(kind);
                epilogue.layers += 1;
            }
        }
    }
    epilogue
}
