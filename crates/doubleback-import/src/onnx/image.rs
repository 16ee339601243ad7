//! Which input of a graph is the image, and how its axes are meant.

use doubleback::data::ImageShape;
use doubleback::nn::IMAGES;

use super::model::{Attribute, Constant, Dim, Graph, Node, Port};
use super::refusal::Refusal;
use super::translate::{Activation, Builder, Layout};
use super::walk::{givers, needed};

/// Most operators between the image and a Transpose that says that channels come last.
const NEAR: usize = 12;

/// Most values of an image, as layers have it.
const LARGEST: usize = 1 << 27;

/// The input that takes the images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageInput {
    pub name: String,
    pub shape: ImageShape,
    axes: Axes,
    /// The batch that the file is fixed at, if it is.
    pub batch: Option<usize>,
    /// Whether it takes whole numbers, such as bytes.
    pub integers: bool,
    /// What was guessed, in sentences.
    pub notes: Vec<String>,
}

/// What the axes of the input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axes {
    /// `[n, channels, height, width]`.
    ChannelsFirst,
    /// `[n, height, width, channels]`.
    ChannelsLast,
    /// `[n, height, width]` of one channel.
    Rows,
    /// `[n, values]`, in the order of channels, rows and columns.
    Flat,
}

impl ImageInput {
    /// The only input that the outputs of these names need. `size`: rows and columns where the file leaves them free. `first`: channels are known to
    /// come first.
    pub fn find(graph: &Graph, outputs: &[&str], size: Option<[usize; 2]>, first: bool) -> Result<Self, Refusal> {
        let givers = givers(&graph.nodes);
        let nodes = needed(&graph.nodes, &givers, outputs.iter().copied());
        let taken = |port: &&Port| {
            let takes = |&place: &usize| {
                graph.nodes[place]
                    .inputs
                    .iter()
                    .flatten()
                    .any(|name| *name == port.name)
            };
            outputs.contains(&port.name.as_str()) || nodes.iter().any(takes)
        };
        let inputs: Vec<&Port> = graph.inputs.iter().filter(taken).collect();
        let names = || {
            inputs
                .iter()
                .map(|port| format!("`{}`", port.name))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match inputs.as_slice() {
            [port] => Self::of(port, graph, size, first),
            [] => {
                let names: Vec<_> = outputs.iter().map(|name| format!("`{name}`")).collect();
                let names = names.join(", ");
                Err(format!("no path leads from an input to the output {names}: nothing depends on the image").into())
            }
            many => Err(format!(
                "it needs {} inputs ({}), and one image is all that a classifier is given here. If `--output` names one that needs the image \
                 alone, that can be imported; else export the model with the other inputs as constants",
                many.len(),
                names()
            )
            .into()),
        }
    }

    fn of(port: &Port, graph: &Graph, size: Option<[usize; 2]>, known_first: bool) -> Result<Self, Refusal> {
        let Port { name, shape, element } = port;
        let integers = match element.as_str() {
            "float" | "float16" | "bfloat16" | "double" | "" => false,
            "uint8" | "int8" | "int16" | "uint16" | "int32" | "int64" => true,
            other => return Err(format!("its input `{name}` is of type {other}, which no image is").into()),
        };
        let unknown = vec![Dim::Free(None); 4];
        let dims = shape.as_ref().unwrap_or(&unknown);
        let mut notes = Vec::new();
        let (axes, shape) = match dims.as_slice() {
            [_, first, second, third] => {
                let last = !known_first && channels_come_last([first, second, third], graph, name);
                let [channels, height, width] = match last {
                    true => [third, first, second],
                    false => [first, second, third],
                };
                let axes = if last { Axes::ChannelsLast } else { Axes::ChannelsFirst };
                (axes, sized(port, [channels, height, width], size)?)
            }
            [_, height, width] => (Axes::Rows, sized(port, [&Dim::Known(1), height, width], size)?),
            [_, Dim::Known(values)] => {
                let (shape, note) = of_flat(*values, size);
                notes.push(format!("the input `{name}` takes {values} values in a row: {note}"));
                (Axes::Flat, shape)
            }
            _ => {
                return Err(format!(
                    "its input `{name}` has the shape {}, which no batch of images has: [n, channels, height, width], \
                     [n, height, width, channels], [n, height, width] and [n, values] can be imported",
                    described(port)
                )
                .into());
            }
        };
        match shape.len() {
            0 => return Err(format!("its input `{name}` {} has no values", described(port)).into()),
            count if count > LARGEST => {
                return Err(format!("its images have {count} values each, more than {LARGEST}").into());
            }
            _ => (),
        }
        if axes == Axes::ChannelsLast {
            notes.push(format!(
                "the input `{name}` has its channels last; images stay [n, channels, height, width]"
            ));
        }
        let batch = match dims.first() {
            Some(Dim::Known(batch)) => Some(*batch),
            _ => None,
        };
        if let Some(batch) = batch {
            notes.push(format!(
                "the file is for batches of {batch}: what it does with one image is done with each of a batch of any size"
            ));
        }
        Ok(Self {
            name: name.clone(),
            shape,
            axes,
            batch,
            integers,
            notes,
        })
    }

    /// What the graph sees of images that a layer gives, or of the images as they are.
    pub fn seen(&self, layer: Option<String>, b: &mut Builder) -> Result<Activation, Refusal> {
        let ImageShape {
            channels,
            height,
            width,
        } = self.shape;
        let images = Activation {
            layer: layer.unwrap_or_else(|| IMAGES.to_owned()),
            shape: vec![1, channels, height, width],
            layout: Layout::ChannelsLast,
        };
        match self.axes {
            Axes::ChannelsFirst => Ok(images),
            Axes::ChannelsLast => b.transposed(images, &[0, 2, 3, 1]),
            Axes::Rows => b.reshaped(images, vec![1, height, width]),
            Axes::Flat => b.reshaped(images, vec![1, channels * height * width]),
        }
    }
}

/// `[batch, 3, height, width]`, as the file declares it.
pub(super) fn described(port: &Port) -> String {
    let Some(shape) = &port.shape else {
        return "of any shape".into();
    };
    let dim = |dim: &Dim| match dim {
        Dim::Known(size) => size.to_string(),
        Dim::Free(Some(name)) => name.clone(),
        Dim::Free(None) => "?".into(),
    };
    format!("[{}]", shape.iter().map(dim).collect::<Vec<_>>().join(", "))
}

/// Channels, height and width; those that the file leaves free from what the user says.
fn sized(port: &Port, dims: [&Dim; 3], size: Option<[usize; 2]>) -> Result<ImageShape, Refusal> {
    let Port { name, .. } = port;
    let [channels, height, width] = dims;
    let channels = match channels {
        Dim::Known(channels) => *channels,
        // Networks of color images are by far the most.
        Dim::Free(_) => 3,
    };
    let side = |dim: &Dim, axis: usize| {
        match dim {
        Dim::Known(side) => Ok(*side),
        Dim::Free(_) => size.map(|size| size[axis]).ok_or_else(|| {
            Refusal(format!(
                "its input `{name}` {} leaves the size of images free: say it with `--image-size HxW`, such as `--image-size 224x224`",
                described(port)
            ))
        }),
    }
    };
    Ok(ImageShape {
        channels,
        height: side(height, 0)?,
        width: side(width, 1)?,
    })
}

/// The images that rows of so many values most probably are.
fn of_flat(values: usize, size: Option<[usize; 2]>) -> (ImageShape, String) {
    let shape = |channels: usize, [height, width]: [usize; 2]| {
        let shape = ImageShape {
            channels,
            height,
            width,
        };
        let note = format!(
            "taken as images of {channels} x {height} x {width} (channels, rows, columns), in this order; `--image-size` says otherwise"
        );
        (shape, note)
    };
    if let Some(size) = size {
        let pixels = size[0].saturating_mul(size[1]);
        if pixels > 0 && values > 0 && values.is_multiple_of(pixels) {
            return shape(values / pixels, size);
        }
    }
    let square = |pixels: usize| {
        let side = pixels.isqrt();
        (side > 0 && side * side == pixels).then_some([side; 2])
    };
    match (square(values), square(values / 3).filter(|_| values.is_multiple_of(3))) {
        (Some(size), _) => shape(1, size),
        (None, Some(size)) => shape(3, size),
        (None, None) => shape(1, [1, values]),
    }
}

/// Whether the axes behind the batch are height, width and channels.
fn channels_come_last([first, _, third]: [&Dim; 3], graph: &Graph, input: &str) -> bool {
    let channels = |dim: &Dim| matches!(dim, Dim::Known(1 | 3));
    match (channels(first), channels(third)) {
        (true, false) => false,
        (false, true) => !matches!(first, Dim::Known(size) if *size > 3) || is_turned(graph, input) != Some(false),
        _ => is_turned(graph, input) == Some(true),
    }
}

/// Whether the first operator that sees axes is a Transpose that puts the last axis second; nothing if none is near.
fn is_turned(graph: &Graph, input: &str) -> Option<bool> {
    let mut name = input;
    for _ in 0..NEAR {
        let takes = |node: &&Node| node.inputs.iter().flatten().any(|taken| taken == name);
        let node = graph.nodes.iter().find(takes)?;
        match node.op.as_str() {
            "Transpose" => {
                return Some(
                    matches!(node.attributes.get("perm"), Some(Attribute::Ints(order)) if order == &[0, 3, 1, 2]),
                );
            }
            // Rows and columns in one channel, or more, as tf2onnx turns images of one channel.
            "Reshape" => {
                let shape = node.input(1).and_then(|name| graph.initializers.get(name));
                return Some(matches!(shape, Some(Constant::Int(shape)) if shape.len() == 4));
            }
            "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" | "BatchNormalization" => return Some(false),
            "Cast" | "Identity" | "Add" | "Sub" | "Mul" | "Div" | "QuantizeLinear" | "DequantizeLinear" | "Pad" => {
                name = node.output(0)?;
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(shape: &[Dim]) -> Port {
        Port {
            name: "x".into(),
            shape: Some(shape.to_vec()),
            element: "float".into(),
        }
    }

    fn shape_of(shape: &[Dim], size: Option<[usize; 2]>) -> Result<[usize; 3], String> {
        let found = ImageInput::of(&port(shape), &Graph::default(), size, false).map_err(|refusal| refusal.0)?;
        Ok([found.shape.channels, found.shape.height, found.shape.width])
    }

    #[test]
    fn channels_are_found_first_and_last() {
        let free = || Dim::Free(Some("n".into()));
        let known = Dim::Known;
        assert_eq!(
            shape_of(&[free(), known(3), known(32), known(40)], None),
            Ok([3, 32, 40])
        );
        assert_eq!(
            shape_of(&[free(), known(32), known(40), known(3)], None),
            Ok([3, 32, 40])
        );
        assert_eq!(shape_of(&[free(), known(28), known(20)], None), Ok([1, 28, 20]));
        assert_eq!(shape_of(&[free(), known(784)], None), Ok([1, 28, 28]));
        assert_eq!(shape_of(&[free(), known(3072)], None), Ok([3, 32, 32]));
        assert_eq!(shape_of(&[free(), known(30)], None), Ok([1, 1, 30]));
        assert_eq!(shape_of(&[free(), known(30)], Some([5, 2])), Ok([3, 5, 2]));
    }

    #[test]
    fn free_sizes_are_asked_for() {
        let free = |name: &str| Dim::Free(Some(name.to_owned()));
        let shape = [free("n"), Dim::Known(3), free("h"), free("w")];
        let refusal = shape_of(&shape, None).unwrap_err();
        assert!(
            refusal.contains("[n, 3, h, w]") && refusal.contains("--image-size"),
            "{refusal}"
        );
        assert_eq!(shape_of(&shape, Some([8, 9])), Ok([3, 8, 9]));
    }
}
