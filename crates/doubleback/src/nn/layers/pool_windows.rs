use burn::tensor::{DType, Device, IndexingUpdateOp, Int, Tensor, TensorData};
use doubleback_ops::{
    Conv2dOptions, Padding2d, Pool2dOptions, avg_pool2d, avg_pool2d_transpose, conv2d, conv2d_input_grad,
};

use super::layer::{LARGEST, Size};
use super::window::{Unfit, Window};
use super::window_options::padding::numbers;
use crate::Result;

/// The windows of a pooling layer.
#[derive(Clone, Copy)]
pub(super) struct PoolWindows {
    /// Height and width of a window, in taps.
    pub kernel: [usize; 2],
    /// Steps between windows.
    pub stride: [usize; 2],
    /// Pixels added on each side.
    pub padding: Padding2d,
    /// Steps between neighbouring taps.
    pub dilation: [usize; 2],
    /// Windows may reach beyond the padding.
    pub ceil: bool,
}

impl PoolWindows {
    fn along(&self, axis: usize) -> Window {
        Window {
            kernel: self.kernel[axis],
            dilation: self.dilation[axis],
            stride: self.stride[axis],
            padding: [self.padding.before[axis], self.padding.after[axis]],
        }
    }

    fn places(&self, axis: usize, size: usize) -> std::result::Result<usize, Unfit> {
        match self.ceil {
            true => self.along(axis).places_with_rest(size),
            false => self.along(axis).places(size),
        }
    }

    /// Size of the pooled image, in which every window holds a pixel of the image.
    pub fn output(&self, [height, width, channels]: Size) -> std::result::Result<Size, String> {
        let (kernel, stride, dilation) = (self.kernel, self.stride, self.dilation);
        let along = |axis: usize, size: usize| {
            let window = self.along(axis);
            let places = self.places(axis, size).map_err(|unfit| match unfit {
                Unfit::Zero if dilation != [1, 1] => {
                    format!("kernel {kernel:?}, stride {stride:?} and dilation {dilation:?} must be at least 1")
                }
                Unfit::Zero if stride != kernel => {
                    format!("kernel {kernel:?} and stride {stride:?} must be at least 1")
                }
                _ => format!(
                    "windows of {} x {} do not fit {height} x {width} pixels",
                    kernel[0], kernel[1]
                ),
            })?;
            if window.padding.iter().any(|&padding| padding >= window.reach()) {
                return Err(format!(
                    "padding {:?} is not less than the kernel {kernel:?}",
                    numbers(self.padding)
                ));
            }
            // Only taps farther apart than the image can all miss it.
            if window.dilation > size && window.taps(places, size, false).contains(&0) {
                return Err(format!(
                    "a window of {kernel:?} with dilation {dilation:?} holds no pixel of {height} x {width}"
                ));
            }
            Ok((places, self.extent(axis, size, places)))
        };
        let ((rows, tall), (columns, wide)) = (along(0, height)?, along(1, width)?);
        // Dilated windows are laid side by side, one axis after the other.
        let laid = |places: usize, axis: usize| match self.dilation[axis] {
            1 => Some(0),
            _ => places.checked_mul(self.kernel[axis]),
        };
        let most = |a: usize, b: Option<usize>| b.and_then(|b| a.checked_mul(b)?.checked_mul(channels));
        let largest = [
            most(tall, Some(wide)),
            most(tall, laid(columns, 1)),
            most(wide, laid(rows, 0)),
        ];
        match largest
            .iter()
            .all(|values| values.is_some_and(|values| values <= LARGEST))
        {
            true => Ok([rows, columns, channels]),
            false => Err(format!(
                "padded images of {height} x {width} have more than {LARGEST} values"
            )),
        }
    }

    /// Pixels of the image and of all that windows see around it.
    fn extent(&self, axis: usize, size: usize, places: usize) -> usize {
        let window = self.along(axis);
        let last = (places - 1)
            .saturating_mul(window.stride)
            .saturating_add(window.reach());
        last.max(size.saturating_add(window.padding[0]))
    }

    /// Values that pooling writes besides its result, for an image that fits.
    pub fn workspace(&self, [height, width, channels]: Size) -> usize {
        let size = [height, width];
        if self.whole(size).is_some() {
            return 0;
        }
        let of = |axis: usize| {
            let places = self.places(axis, size[axis]).unwrap_or(1);
            let laid = match self.dilation[axis] {
                1 => 0,
                _ => places.saturating_mul(self.kernel[axis]),
            };
            (self.extent(axis, size[axis], places), laid)
        };
        let ((tall, rows), (wide, columns)) = (of(0), of(1));
        let values = |a: usize, b: usize| a.saturating_mul(b).saturating_mul(channels);
        values(tall, wide)
            .saturating_add(values(tall, columns))
            .saturating_add(values(wide, rows))
    }

    /// The same windows as the ops know them, if they do.
    pub fn whole(&self, size: [usize; 2]) -> Option<Pool2dOptions> {
        let Padding2d { before, after } = self.padding;
        let within = |axis: usize| {
            before[axis] <= self.kernel[axis] / 2
                && self.along(axis).places(size[axis]).ok() == self.places(axis, size[axis]).ok()
        };
        let known = before == after && self.dilation == [1, 1] && within(0) && within(1);
        known.then_some(Pool2dOptions {
            kernel: self.kernel,
            stride: self.stride,
            padding: before,
        })
    }

    /// The windows over images of this height and width, which fit.
    ///
    /// # Errors
    /// When they do not.
    pub fn over(&self, [height, width]: [usize; 2]) -> Result<Placed> {
        let problem = |problem| crate::Error::shape("pooling", problem, [height, width]);
        let [rows, columns, _] = self.output([height, width, 1]).map_err(problem)?;
        let (size, places) = ([height, width], [rows, columns]);
        let after = |axis: usize| {
            let extent = self.extent(axis, size[axis], places[axis]);
            extent - size[axis] - self.padding.before[axis]
        };
        Ok(Placed {
            windows: *self,
            size,
            places,
            after: [after(0), after(1)],
        })
    }
}

/// Windows over an image of a certain size.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    pub windows: PoolWindows,
    pub size: [usize; 2],
    pub places: [usize; 2],
    /// Rows and columns after the image that windows see.
    after: [usize; 2],
}

impl Placed {
    /// The image with all around it that windows see.
    pub fn extended(&self, x: Tensor<4>, value: f32) -> Tensor<4> {
        let (before, after) = (self.windows.padding.before, self.after);
        if (before, after) == ([0; 2], [0; 2]) {
            return x;
        }
        x.pad([(before[0], after[0]), (before[1], after[1]), (0, 0)], value)
    }

    /// The transpose of [`extended`](Self::extended).
    pub fn image(&self, x: Tensor<4>) -> Tensor<4> {
        let (before, [height, width]) = (self.windows.padding.before, self.size);
        let [n, tall, wide, _] = x.dims();
        if [tall, wide] == self.size {
            return x;
        }
        x.slice([0..n, before[0]..before[0] + height, before[1]..before[1] + width])
    }

    /// Sum over each window, and over what it sees of the padding zero.
    pub fn sum(&self, x: Tensor<4>) -> Result<Tensor<4>> {
        let x = self.extended(x, 0.0);
        if self.windows.dilation != [1, 1] {
            let (weight, options) = self.ones(x.dims()[3], &x.device(), x.dtype());
            return Ok(conv2d(x, weight, options)?);
        }
        Ok(avg_pool2d(x, self.options())? * self.area())
    }

    /// The transpose of [`sum`](Self::sum).
    pub fn spread(&self, g: Tensor<4>) -> Result<Tensor<4>> {
        let extended: [usize; 2] =
            std::array::from_fn(|axis| self.windows.padding.before[axis] + self.size[axis] + self.after[axis]);
        if self.windows.dilation != [1, 1] {
            let (weight, options) = self.ones(g.dims()[3], &g.device(), g.dtype());
            return Ok(self.image(conv2d_input_grad(g, weight, extended, options)?));
        }
        let spread = avg_pool2d_transpose(g * self.area(), extended, self.options())?;
        Ok(self.image(spread))
    }

    /// Taps of a window.
    fn area(&self) -> f64 {
        self.windows.kernel[0] as f64 * self.windows.kernel[1] as f64
    }

    fn options(&self) -> Pool2dOptions {
        Pool2dOptions {
            kernel: self.windows.kernel,
            stride: self.windows.stride,
            padding: [0; 2],
        }
    }

    /// The sum as a convolution of each channel.
    fn ones(&self, channels: usize, device: &Device, dtype: DType) -> (Tensor<4>, Conv2dOptions) {
        let PoolWindows {
            kernel,
            stride,
            dilation,
            ..
        } = self.windows;
        let options = Conv2dOptions {
            stride,
            dilation,
            groups: channels,
            ..Conv2dOptions::default()
        };
        let weight = Tensor::ones([kernel[0], kernel[1], 1, channels], (&device.clone().inner(), dtype));
        (weight, options)
    }

    /// One over the number of taps that each window has on the image, or on the image and its padding: `[1, rows, columns, 1]`.
    pub fn shares(&self, count_padding: bool, like: &Tensor<4>) -> Tensor<4> {
        let taps = |axis: usize| {
            let window = self.windows.along(axis);
            window.taps(self.places[axis], self.size[axis], count_padding)
        };
        let (rows, columns) = (taps(0), taps(1));
        let share = |row: usize| columns.iter().map(move |&column| 1.0 / (row as f64 * column as f64));
        let shares: Vec<f64> = rows.iter().flat_map(|&row| share(row)).collect();
        let data = TensorData::new(shares, [1, self.places[0], self.places[1], 1]);
        Tensor::from_data(data, (&like.device().inner(), like.dtype()))
    }

    /// For each place along an axis of the extended image, one after the other, the pixels that the taps of its window see.
    pub fn taps(&self, axis: usize, device: &Device) -> Taps {
        let window = self.windows.along(axis);
        let positions = (0..self.places[axis]).flat_map(|place| {
            (0..window.kernel).map(move |tap| (place * window.stride + tap * window.dilation) as i64)
        });
        let positions: Vec<i64> = positions.collect();
        let count = positions.len();
        Taps {
            axis: axis + 1,
            positions: Tensor::from_data(TensorData::new(positions, [count]), &device.clone().inner()),
        }
    }
}

/// Dilated windows along one axis, laid side by side.
#[derive(Clone)]
pub(super) struct Taps {
    axis: usize,
    positions: Tensor<1, Int>,
}

impl Taps {
    pub fn of(&self, x: Tensor<4>) -> Tensor<4> {
        x.select(self.axis, self.positions.clone())
    }

    /// The transpose of [`of`](Self::of), for `size` pixels along the axis.
    pub fn back(&self, g: Tensor<4>, size: usize) -> Tensor<4> {
        let mut dims = g.dims();
        dims[self.axis] = size;
        let zeros = Tensor::zeros(dims, (&g.device().inner(), g.dtype()));
        zeros.select_assign(self.axis, self.positions.clone(), g, IndexingUpdateOp::Add)
    }
}
