//! Norms of windows, and normalization of each image.

use doubleback::nn::layers::{GroupNorm, LayerKind, LayerNorm, LpNormalize, LpPool, Lrn, RmsNorm};
use ndarray::IxDyn;

use super::builder::{Builder, Translate};
use super::convolution::as_image;
use super::value::{Activation, Layout};
use super::window::Window;
use crate::onnx::model::{Constant, GROUPED_SHAPE, Node};
use crate::onnx::refusal::Refusal;

pub(super) const OPS: &[(&str, Translate)] = &[
    ("GlobalLpPool", global_lp_pool),
    ("GroupNormalization", group_normalization),
    ("InstanceNormalization", instance_normalization),
    ("LRN", lrn),
    ("LayerNormalization", layer_normalization),
    ("LpNormalization", lp_normalization),
    ("LpPool", lp_pool),
    ("MeanVarianceNormalization", mean_variance_normalization),
    ("RMSNormalization", rms_normalization),
];

/// What ONNX adds to the deviation in its definition of MeanVarianceNormalization. Its square is added to the variance here, which is the same
/// wherever the deviation is much larger.
const LEAST_DEVIATION: f64 = 1e-9;

fn lp_pool(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (x, image) = Image::of(node, b)?;
    let window = Window::of_kernel_shape(node, image == Image::Line)?;
    let [top, left, bottom, right] = window.padding([x.shape[2], x.shape[3]])?;
    let layer = LpPool {
        p: exponent(node)?,
        kernel: window.kernel,
        stride: window.stride,
        padding: [top, left, bottom, right].into(),
        dilation: window.dilation,
        ceil: window.ceil,
    };
    image.set(node, b, &x, layer, Vec::new())
}

fn global_lp_pool(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let (x, image) = Image::of(node, b)?;
    let kernel = [x.shape[2], x.shape[3]];
    let layer = LpPool {
        p: exponent(node)?,
        kernel,
        stride: kernel,
        padding: [0; 2].into(),
        dilation: [1; 2],
        ceil: false,
    };
    image.set(node, b, &x, layer, Vec::new())
}

fn exponent(node: &Node) -> Result<u32, Refusal> {
    let p = node.int("p", 2)?;
    u32::try_from(p).map_err(|_| format!("its `p` {p} is not from 1 to 64").into())
}

fn lrn(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let size = node.required_int("size")?;
    let layer = Lrn {
        size: usize::try_from(size).map_err(|_| format!("its `size` {size} is below 1"))?,
        alpha: node.float("alpha", 1e-4)?.into(),
        beta: node.float("beta", 0.75)?.into(),
        bias: node.float("bias", 1.0)?.into(),
    };
    let (x, image) = Image::of(node, b)?;
    image.set(node, b, &x, layer, Vec::new())
}

/// Each channel of each image. PyTorch's exporters write group norm as this on a row of values for each group, without scale and bias.
fn instance_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let channels = channels(&x)?;
    let [scale, bias] = [b.constant(node, 1)?, b.constant(node, 2)?];
    let epsilon = epsilon(node)?;
    if scale.uniform() == Some(1.0) && bias.uniform() == Some(0.0) && x.layout == Layout::RowMajor {
        let layer = LayerNorm {
            axes: vec![2],
            epsilon,
            gain: false,
            shift: false,
        };
        return rows(node, b, x, 2, layer, Vec::new());
    }
    let tensors = vec![
        ("gain", each(&scale, channels, 1, "scale")?),
        ("shift", each(&bias, channels, 1, "bias")?),
    ];
    let layer = GroupNorm {
        groups: channels,
        epsilon,
        affine: true,
    };
    let (x, image) = Image::of(node, b)?;
    image.set(node, b, &x, layer, tensors)
}

/// Scale and bias of a value for each group (before opset 21) or for each channel.
fn group_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let channels = channels(&x)?;
    if let Some(shape) = node.ints(GROUPED_SHAPE)? {
        let same = |(&said, &size): (&i64, &usize)| said <= 0 || i64::try_from(size) == Ok(said);
        if shape.len() != x.rank() || !shape.iter().zip(&x.shape).skip(1).all(same) {
            let x = &x.shape;
            return Err(format!("it normalizes groups of values of shape {x:?} and gives the shape {shape:?}").into());
        }
    }
    let groups = node.required_int("num_groups")?;
    let groups = usize::try_from(groups)
        .ok()
        .filter(|&groups| groups > 0 && channels % groups == 0);
    let groups = groups.ok_or_else(|| format!("its `num_groups` does not divide {channels} channels"))?;
    let [scale, bias] = [b.constant(node, 1)?, b.constant(node, 2)?];
    let tensors = vec![
        ("gain", each(&scale, channels, channels / groups, "scale")?),
        ("shift", each(&bias, channels, channels / groups, "bias")?),
    ];
    let layer = GroupNorm {
        groups,
        epsilon: epsilon(node)?,
        affine: true,
    };
    let (x, image) = Image::of(node, b)?;
    image.set(node, b, &x, layer, tensors)
}

/// A value for each channel, of a constant that has one for each channel or for each `group` of them.
fn each(constant: &Constant, channels: usize, group: usize, what: &str) -> Result<Vec<f32>, Refusal> {
    let values = constant.floats()?;
    if values.len() == channels {
        return Ok(values);
    }
    if values.len() * group == channels {
        return Ok(values
            .into_iter()
            .flat_map(|value| std::iter::repeat_n(value, group))
            .collect());
    }
    Err(format!("its {what} has {} values for {channels} channels", values.len()).into())
}

fn layer_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    if (1..node.outputs.len()).any(|k| node.output(k).is_some_and(|name| b.is_taken(name))) {
        return Err("the mean or the deviation that it gives besides is used, which cannot be imported".into());
    }
    let epsilon = epsilon(node)?;
    over_last_axes(node, b, |axes, shift| {
        let layer = LayerNorm {
            axes,
            epsilon,
            gain: true,
            shift,
        };
        layer.into()
    })
}

fn rms_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let epsilon = epsilon(node)?;
    over_last_axes(node, b, |axes, _| {
        let layer = RmsNorm {
            axes,
            epsilon,
            gain: true,
        };
        layer.into()
    })
}

/// A normalization of the values along `axis` and all axes after it, with a scale and perhaps a bias. `layer` makes one over stored axes, and is told whether
/// there is a bias.
fn over_last_axes(node: &Node, b: &mut Builder, layer: impl Fn(Vec<usize>, bool) -> LayerKind) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let axis = axis(node.int("axis", -1)?, &x)?;
    let shape = x.shape[axis..].to_vec();
    let mut tensors = vec![("gain", b.constant(node, 1)?)];
    if let Some(bias) = b.optional_constant(node, 2)? {
        tensors.push(("shift", bias));
    }
    let shift = tensors.len() == 2;
    let last = x.layout == Layout::ChannelsLast && axis > 0;
    let spread = |(role, constant): (&'static str, Constant)| -> Result<(&'static str, Vec<f32>), Refusal> {
        let Constant::Float(values) = &constant else {
            return Err(format!("its {role} must be of floats, it has {}", constant.kind()).into());
        };
        let unfit = || {
            Refusal(format!(
                "its {role} of shape {:?} does not fit {shape:?}",
                constant.shape()
            ))
        };
        let all = values.broadcast(IxDyn(&shape)).ok_or_else(unfit)?;
        // Channels are stored last.
        let all = if last && axis == 1 {
            all.permuted_axes(vec![1, 2, 0])
        } else {
            all
        };
        Ok((role, all.iter().copied().collect()))
    };
    let tensors = tensors.into_iter().map(spread).collect::<Result<Vec<_>, _>>()?;
    if last {
        let axes = match axis {
            1 => vec![0, 1, 2],
            2 => vec![0, 1],
            _ => vec![1],
        };
        let y = b.layer_with(node, layer(axes, shift), &[&x], x.shape.clone(), x.layout, tensors)?;
        return b.set(node, 0, y);
    }
    let x = b.row_major(x)?;
    rows(node, b, x, axis, layer(vec![2], shift), tensors)
}

/// A layer that normalizes the stored axis 2, on row-major values along `axis` and all axes after it.
fn rows(
    node: &Node,
    b: &mut Builder,
    x: Activation,
    axis: usize,
    layer: impl Into<LayerKind>,
    tensors: Vec<(&'static str, Vec<f32>)>,
) -> Result<(), Refusal> {
    let shape = x.shape.clone();
    let x = if axis + 1 == shape.len() {
        x
    } else {
        let [before, after] = [&shape[..axis], &shape[axis..]].map(|sizes| sizes.iter().product());
        b.reshaped(x, vec![1, before, after])?
    };
    let y = b.layer_with(node, layer, &[&x], x.shape.clone(), Layout::RowMajor, tensors)?;
    let y = b.reshaped(y, shape)?;
    b.set(node, 0, y)
}

fn lp_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let axis = axis(node.int("axis", -1)?, &x)?;
    let p = exponent(node)?;
    if axis == 0 && x.rank() > 1 {
        return Err("it normalizes across the batch, where one image would change with the others".into());
    }
    if let Some(stored) = x.stored_axis(axis) {
        let layer = LpNormalize { p, axis: stored };
        let y = b.layer(node, layer, &[&x], x.shape.clone(), x.layout)?;
        return b.set(node, 0, y);
    }
    let shape = x.shape.clone();
    let [before, after] = [&shape[..axis], &shape[axis + 1..]].map(|sizes| sizes.iter().product());
    let x = b.reshaped(x, vec![before, shape[axis], after])?;
    let layer = LpNormalize { p, axis: 1 };
    let y = b.layer(node, layer, &[&x], x.shape.clone(), Layout::RowMajor)?;
    let y = b.reshaped(y, shape)?;
    b.set(node, 0, y)
}

fn mean_variance_normalization(node: &Node, b: &mut Builder) -> Result<(), Refusal> {
    let x = b.activation(node, 0)?;
    let mut of_batch = false;
    let mut axes = Vec::new();
    for &said in node.ints("axes")?.unwrap_or(&[0, 2, 3]) {
        match axis(said, &x)? {
            0 => of_batch = true,
            axis => axes.push(x.stored_axis(axis).ok_or_else(|| {
                Refusal(format!(
                    "its axis {said} of values of shape {:?} cannot be imported",
                    x.shape
                ))
            })?),
        }
    }
    axes.sort_unstable();
    axes.dedup();
    if of_batch {
        b.note("a normalization whose statistics are of the whole batch takes those of each image alone");
    }
    let layer = LayerNorm {
        axes,
        epsilon: LEAST_DEVIATION * LEAST_DEVIATION,
        gain: false,
        shift: false,
    };
    let y = b.layer(node, layer, &[&x], x.shape.clone(), x.layout)?;
    b.set(node, 0, y)
}

/// A variance of zero plus nothing could not be divided by.
fn epsilon(node: &Node) -> Result<f64, Refusal> {
    let epsilon = f64::from(node.float("epsilon", 1e-5)?);
    match epsilon >= 0.0 {
        true => Ok(epsilon.max(f64::from(f32::MIN_POSITIVE))),
        false => Err(format!("its `epsilon` {epsilon} is below 0").into()),
    }
}

fn axis(said: i64, x: &Activation) -> Result<usize, Refusal> {
    let rank = i64::try_from(x.rank()).unwrap_or(i64::MAX);
    let counted = if said < 0 { said.saturating_add(rank) } else { said };
    let known = usize::try_from(counted).ok().filter(|&axis| axis < x.rank());
    known.ok_or_else(|| format!("its axis {said} is none of values of shape {:?}", x.shape).into())
}

fn channels(x: &Activation) -> Result<usize, Refusal> {
    let missing = || format!("it needs images `[n, channels, …]`, not values of shape {:?}", x.shape);
    Ok(x.shape.get(1).copied().ok_or_else(missing)?)
}

/// What images are besides images of two axes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Image {
    Plane,
    /// With one spatial axis, which is the width of images of height 1.
    Line,
    /// With more, or with none, as one row: the shape.
    Row(Vec<usize>),
}

impl Image {
    /// The input of a node as images, channels last.
    fn of(node: &Node, b: &mut Builder) -> Result<(Activation, Self), Refusal> {
        let x = b.activation(node, 0)?;
        if (3..=4).contains(&x.rank()) {
            let (x, line) = as_image(x, b)?;
            return Ok((x, if line { Self::Line } else { Self::Plane }));
        }
        let (shape, channels) = (x.shape.clone(), channels(&x)?);
        let pixels = shape[2..].iter().product();
        let x = b.reshaped(x, vec![shape[0], channels, 1, pixels])?;
        Ok((b.channels_last(x)?, Self::Row(shape)))
    }

    /// Adds the layer, and gives the node what it computes, in the shape of the images.
    fn set(
        self,
        node: &Node,
        b: &mut Builder,
        x: &Activation,
        layer: impl Into<LayerKind>,
        tensors: Vec<(&'static str, Vec<f32>)>,
    ) -> Result<(), Refusal> {
        let layer = layer.into();
        let size = layer.layer().output(&[x.stored()])?;
        let [height, width, channels] = size;
        let shape = vec![1, channels, height, width];
        let y = b.layer_with(node, layer, &[x], shape, Layout::ChannelsLast, tensors)?;
        let y = match self {
            Self::Plane => y,
            Self::Line => b.reshaped(y, vec![1, channels, width])?,
            Self::Row(shape) if size == x.stored() => b.reshaped(y, shape)?,
            Self::Row(shape) => {
                return Err(
                    format!("it pools values of shape {shape:?}; along one or two axes it can be imported").into(),
                );
            }
        };
        b.set(node, 0, y)
    }
}
