//! How PyTorch has a tensor of a layer: its name, its sizes, and the order of its values.

use doubleback::nn::LayerSpec;
use doubleback::nn::layers::{LayerKind, Size, TensorSpec};

use crate::orders;
use crate::original::{Layout, Place};

/// What PyTorch calls a tensor of a layer, and how it has it.
pub(super) fn usual(spec: &LayerSpec, tensor: &TensorSpec, image: Size) -> Place {
    let dims = &tensor.dims;
    let all = |size: Size| size.iter().product::<usize>();
    let three = || [0, 1, 2].map(|axis| dims.get(axis).copied().unwrap_or(1));
    let (role, layout) = match (&spec.kind, tensor.name) {
        (LayerKind::Dense(_), "weight") => {
            let fits = all(image) == dims[0];
            ("weight", Layout::Matrix(if fits { image } else { [1, 1, dims[0]] }))
        }
        (_, "weight") => ("weight", Layout::Kernel),
        (_, "gain" | "slope") => ("weight", Layout::Same),
        (_, "shift") => ("bias", Layout::Same),
        (_, "moving_mean") => ("running_mean", Layout::Same),
        (_, "moving_variance") => ("running_var", Layout::Same),
        (LayerKind::Standardize(_), "variance") => ("std", Layout::Deviation),
        (_, other) => (other, Layout::Same),
    };
    let layout = if layout == Layout::Same && dims.len() == 3 {
        Layout::Image(three())
    } else {
        layout
    };
    let shape = natural(layout, dims);
    // One slope a channel is a vector there.
    let shape = match (tensor.name, shape.as_slice()) {
        ("slope", [channels, 1, 1]) => vec![*channels],
        _ => shape,
    };
    Place {
        name: format!("{}.{role}", spec.name),
        shape,
        layout,
    }
}

/// The sizes that a tensor of these sizes has in a layout.
fn natural(layout: Layout, dims: &[usize]) -> Vec<usize> {
    match (layout, dims) {
        (Layout::Kernel, &[height, width, inputs, outputs]) => vec![outputs, inputs, height, width],
        (Layout::Matrix(_), &[inputs, outputs]) => vec![outputs, inputs],
        (Layout::Image([height, width, channels]), _) => vec![channels, height, width],
        _ => dims.to_vec(),
    }
}

/// Sizes and values as the file has them.
pub(super) fn arranged(
    values: Vec<f32>,
    dims: &[usize],
    place: &Place,
) -> std::result::Result<(Vec<usize>, Vec<f32>), String> {
    let unfit = || format!("sizes {dims:?} are not those of {:?}", place.layout);
    let of_image = |size: Size, count: usize| size.iter().product::<usize>() == count;
    let values = match (place.layout, dims) {
        (Layout::Same, _) => values,
        (Layout::Deviation, _) => values.iter().map(|value| value.sqrt()).collect(),
        (Layout::Kernel, &[height, width, inputs, outputs]) => {
            orders::kernel(&values, [height, width, inputs, outputs])
        }
        (Layout::Matrix(image), &[inputs, outputs]) if of_image(image, inputs) => {
            orders::matrix(&values, outputs, image)
        }
        (Layout::Rows(image), &[inputs, outputs]) if of_image(image, inputs) => {
            let rows = orders::matrix(&values, outputs, image);
            orders::matrix(&rows, inputs, [1, 1, outputs])
        }
        (Layout::Image(size), _) if of_image(size, values.len()) => orders::image(&values, size),
        _ => return Err(unfit()),
    };
    let count: usize = place.shape.iter().product();
    Ok(match values.as_slice() {
        // One value for all channels.
        [first, others @ ..] if count == 1 && others.iter().all(|other| other == first) => {
            (place.shape.clone(), vec![*first])
        }
        all if all.len() == count => (place.shape.clone(), values),
        _ => (natural(place.layout, dims), values),
    })
}
