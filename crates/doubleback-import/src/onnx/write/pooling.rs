//! Pooling. No file asks for `ceil_mode`, which programs understand differently: what windows see beyond the image is padding.

use doubleback::nn::layers::{AdaptiveAvgPool, AvgPool, LpPool, MaxPool};
use doubleback::ops::Padding2d;

use super::attribute::{int, sizes, whole};
use super::layer::{Layer, Problem};
use super::linear::pads;
use super::out::Out;
use super::value::{Layout, Value};

/// The windows of a layer along both axes, and how many there are.
struct Windows {
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: Padding2d,
    dilation: [usize; 2],
    places: [usize; 2],
}

impl Windows {
    /// Pixels that the last window sees beyond the padding.
    fn beyond(&self, size: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            let reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
            let end = (self.places[axis] - 1) * self.stride[axis] + reach;
            end.saturating_sub(size[axis] + self.padding.before[axis] + self.padding.after[axis])
        })
    }

    /// The padding, with what windows see beyond it.
    fn extended(&self, size: [usize; 2]) -> Padding2d {
        let beyond = self.beyond(size);
        Padding2d {
            before: self.padding.before,
            after: [0, 1].map(|axis| self.padding.after[axis] + beyond[axis]),
        }
    }

    /// Whether programs take such a padding: less than the kernel on each side.
    fn takes(&self, padding: Padding2d) -> bool {
        (0..2).all(|axis| padding.before[axis].max(padding.after[axis]) < self.kernel[axis])
    }

    /// For each place along an axis the taps on the image, and on the padding that counts.
    fn taps(&self, axis: usize, size: usize, count_padding: bool) -> Vec<usize> {
        let (before, after) = (self.padding.before[axis], self.padding.after[axis]);
        let counted = if count_padding {
            0..before + size + after
        } else {
            before..before + size
        };
        let of_place = |place: usize| {
            let start = place * self.stride[axis];
            let taps = (0..self.kernel[axis]).map(|tap| start + tap * self.dilation[axis]);
            taps.filter(|tap| counted.contains(tap)).count()
        };
        (0..self.places[axis]).map(of_place).collect()
    }
}

pub(super) fn max_pool(pool: &MaxPool, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, _] = x.size;
    let windows = Windows {
        kernel: pool.kernel,
        stride: pool.stride,
        padding: pool.padding,
        dilation: pool.dilation,
        places: [layer.output[0], layer.output[1]],
    };
    let padding = windows.extended([height, width]);
    let (name, padding) = match windows.takes(padding) {
        true => (x.name.clone(), padding),
        false => {
            let [top, left, bottom, right] = pads(padding);
            let sides = out.list("pads", &whole(&[0, 0, top, left, 0, 0, bottom, right]));
            let least = out.number("least", f64::from(f32::MIN));
            (
                out.node("Pad", &[&x.name, &sides, &least], Vec::new()),
                Padding2d::default(),
            )
        }
    };
    let attributes = vec![
        sizes("kernel_shape", &pool.kernel),
        sizes("strides", &pool.stride),
        sizes("pads", &pads(padding)),
        sizes("dilations", &pool.dilation),
    ];
    Ok(Value {
        name: out.node("MaxPool", &[&name], attributes),
        size: layer.output,
        layout: Layout::First,
    })
}

pub(super) fn avg_pool(pool: &AvgPool, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, channels] = x.size;
    let windows = Windows {
        kernel: pool.kernel,
        stride: pool.stride,
        padding: pool.padding,
        dilation: pool.dilation,
        places: [layer.output[0], layer.output[1]],
    };
    let given = |name: String| Value {
        name,
        size: layer.output,
        layout: Layout::First,
    };
    let padding = windows.extended([height, width]);
    let whole_windows = windows.beyond([height, width]) == [0, 0];
    if pool.dilation == [1, 1] && windows.takes(padding) && (whole_windows || !pool.count_padding) {
        let attributes = vec![
            sizes("kernel_shape", &pool.kernel),
            sizes("strides", &pool.stride),
            sizes("pads", &pads(padding)),
            int("count_include_pad", i64::from(pool.count_padding)),
        ];
        return Ok(given(out.node("AveragePool", &[&x.name], attributes)));
    }
    // Sums, and what each is divided by.
    let [tall, wide] = pool.kernel;
    let ones = out.floats("ones", &[channels, 1, tall, wide], &vec![1.0; channels * tall * wide]);
    let attributes = vec![
        sizes("kernel_shape", &pool.kernel),
        sizes("strides", &pool.stride),
        sizes("pads", &pads(padding)),
        sizes("dilations", &pool.dilation),
        int("group", whole(&[channels])[0]),
    ];
    let sums = out.node("Conv", &[&x.name, &ones], attributes);
    let rows = windows.taps(0, height, pool.count_padding);
    let columns = windows.taps(1, width, pool.count_padding);
    let shares: Vec<f32> = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| 1.0 / (row * column) as f32))
        .collect();
    let shares = out.floats("shares", &[1, 1, rows.len(), columns.len()], &shares);
    Ok(given(out.node("Mul", &[&sums, &shares], Vec::new())))
}

pub(super) fn global_avg_pool(layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    Ok(Value {
        name: out.node("GlobalAveragePool", &[&x.name], Vec::new()),
        size: layer.output,
        layout: Layout::First,
    })
}

/// Average pooling where all windows are of one size; else a product with the means along each axis.
pub(super) fn adaptive_avg_pool(pool: &AdaptiveAvgPool, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let [height, width, _] = layer.input()?.size;
    let [rows, columns] = pool.windows;
    if pool.windows == [1, 1] {
        return global_avg_pool(layer, out);
    }
    let x = out.first(layer.input()?);
    let name = if height % rows == 0 && width % columns == 0 {
        let kernel = [height / rows, width / columns];
        let attributes = vec![sizes("kernel_shape", &kernel), sizes("strides", &kernel)];
        out.node("AveragePool", &[&x.name], attributes)
    } else {
        let down = out.floats("rows", &[rows, height], &means(height, rows, false));
        let across = out.floats("columns", &[width, columns], &means(width, columns, true));
        let down = out.node("MatMul", &[&down, &x.name], Vec::new());
        out.node("MatMul", &[&down, &across], Vec::new())
    };
    Ok(Value {
        name,
        size: layer.output,
        layout: Layout::First,
    })
}

/// The means of the windows of an axis, `[windows, size]`, or `[size, windows]`.
fn means(size: usize, windows: usize, turned: bool) -> Vec<f32> {
    let mut map = vec![0.0; size * windows];
    for window in 0..windows {
        let (start, end) = (window * size / windows, ((window + 1) * size).div_ceil(windows));
        for pixel in start..end {
            let place = if turned {
                pixel * windows + window
            } else {
                window * size + pixel
            };
            map[place] = 1.0 / (end - start) as f32;
        }
    }
    map
}

pub(super) fn lp_pool(pool: &LpPool, layer: &Layer<'_>, out: &mut Out) -> Result<Value, Problem> {
    let x = out.first(layer.input()?);
    let [height, width, _] = x.size;
    let windows = Windows {
        kernel: pool.kernel,
        stride: pool.stride,
        padding: pool.padding,
        dilation: pool.dilation,
        places: [layer.output[0], layer.output[1]],
    };
    // Zeros change no norm.
    let padding = windows.extended([height, width]);
    if pool.dilation != [1, 1] || !windows.takes(padding) {
        return Err("has a dilation or more padding than its kernel, which the operator LpPool has not".into());
    }
    let attributes = vec![
        int("p", i64::from(pool.p)),
        sizes("kernel_shape", &pool.kernel),
        sizes("strides", &pool.stride),
        sizes("pads", &pads(padding)),
    ];
    Ok(Value {
        name: out.node("LpPool", &[&x.name], attributes),
        size: layer.output,
        layout: Layout::First,
    })
}
