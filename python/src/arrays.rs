//! NumPy arrays in and out.

use std::ops::Range;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::{ImageShape, Split};
use doubleback::evaluate::{ImageSource, batch_size};
use doubleback::nn::to_vec;
use doubleback::{Error, Result};
use numpy::{PyArray, PyArrayMethods, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PySlice;

use crate::{caller, errors};

/// An array of the caller's, whose first axis is that of the images.
pub struct Array<'py> {
    whole: Option<PyReadonlyArrayDyn<'py, f32>>,
    any: Arc<Py<PyAny>>,
    dims: Vec<usize>,
}

/// Its values, for work without the interpreter's lock.
#[derive(Clone)]
pub struct Values<'a> {
    held: Held<'a>,
    dims: &'a [usize],
}

#[derive(Clone)]
enum Held<'a> {
    /// In order, and of our type: read where they are.
    Whole(&'a [f32]),
    /// Converted by NumPy when their turn comes.
    Pieces(Arc<Py<PyAny>>),
}

impl<'py> Array<'py> {
    /// Of a NumPy array of floats, of any strides.
    pub fn new(any: &Bound<'py, PyAny>) -> PyResult<Self> {
        let dims = any.cast::<PyUntypedArray>()?.shape().to_vec();
        Ok(Self {
            whole: any.extract().ok(),
            any: Arc::new(any.clone().unbind()),
            dims,
        })
    }

    /// Its values.
    pub fn values(&self) -> Values<'_> {
        // A slice of columns first would be in another order.
        let whole = self.whole.as_ref().filter(|array| array.is_c_contiguous());
        let whole = whole.and_then(|array| array.as_slice().ok());
        Values {
            held: whole.map_or_else(|| Held::Pieces(Arc::clone(&self.any)), Held::Whole),
            dims: &self.dims,
        }
    }
}

impl Values<'_> {
    /// Images.
    pub fn count(&self) -> usize {
        self.dims.first().copied().unwrap_or_default()
    }

    /// Refuses values that are not images of this shape, at least one.
    pub fn check_images(&self, shape: ImageShape) -> Result<()> {
        self.check("x", shape)
    }

    /// The same of other images that a call is given, by their name.
    pub fn check(&self, what: &'static str, shape: ImageShape) -> Result<()> {
        let wanted = [shape.channels, shape.height, shape.width];
        match self.dims {
            [0, ..] => Err(Error::value(what, "at least one image", 0)),
            [_, rest @ ..] if *rest == wanted => Ok(()),
            found => {
                let [channels, height, width] = wanted;
                Err(Error::Shape {
                    what: what.to_owned(),
                    expected: format!("[n, {channels}, {height}, {width}]"),
                    found: format!("{found:?}"),
                })
            }
        }
    }

    /// Places of the batches of images that are computed at once.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let count = self.count();
        (0..count)
            .step_by(size.max(1))
            .map(move |start| start..(start + size).min(count))
    }

    /// A copy of some rows.
    pub fn rows(&self, range: Range<usize>) -> Result<Vec<f32>> {
        let row: usize = self.dims.iter().skip(1).product();
        match &self.held {
            Held::Whole(values) => Ok(values[range.start * row..range.end * row].to_vec()),
            Held::Pieces(array) => {
                let array = Arc::clone(array);
                caller::call(move |py| piece(py, &array, range))?.map_err(raised)
            }
        }
    }

    /// Some images on the device.
    pub fn images(&self, range: Range<usize>, device: &Device) -> Result<Tensor<4>> {
        let dims = [range.len(), self.dims[1], self.dims[2], self.dims[3]];
        Ok(Tensor::from_data(TensorData::new(self.rows(range)?, dims), device))
    }

    /// The same images for the library, which reads them on a device when their turn comes.
    pub fn on(&self, device: Device) -> Source<'_> {
        Source { values: self, device }
    }

    /// Rows of an array of two axes on the device.
    pub fn vectors(&self, range: Range<usize>, device: &Device) -> Result<Tensor<2>> {
        let dims = [range.len(), self.dims[1]];
        Ok(Tensor::from_data(TensorData::new(self.rows(range)?, dims), device))
    }

    /// Sizes.
    pub fn dims(&self) -> &[usize] {
        self.dims
    }

    /// All images with their labels, as data sets hold them: a copy of the whole array.
    pub fn split(&self, labels: &[usize], shape: ImageShape) -> Result<Split> {
        self.check_images(shape)?;
        check_labels(labels, self.count(), usize::MAX)?;
        let labels = labels
            .iter()
            .map(|&label| u32::try_from(label).unwrap_or(u32::MAX))
            .collect();
        Ok(Split::new(self.rows(0..self.count())?, labels, shape)?)
    }
}

/// Images that the library reads from the caller's array.
pub struct Source<'a> {
    values: &'a Values<'a>,
    device: Device,
}

impl ImageSource for Source<'_> {
    fn count(&self) -> usize {
        self.values.count()
    }

    fn read(&self, places: &[usize]) -> Result<Tensor<4>> {
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else {
            return self.values.images(0..0, &self.device);
        };
        if last - first + 1 == places.len() {
            return self.values.images(first..last + 1, &self.device);
        }
        let mut rows = Vec::new();
        for &place in places {
            rows.extend(self.values.rows(place..place + 1)?);
        }
        let dims = self.values.dims();
        let dims = [places.len(), dims[1], dims[2], dims[3]];
        Ok(Tensor::from_data(TensorData::new(rows, dims), &self.device))
    }
}

fn piece(py: Python<'_>, array: &Py<PyAny>, range: Range<usize>) -> PyResult<Vec<f32>> {
    let rows = array
        .bind(py)
        .get_item(PySlice::new(py, range.start as isize, range.end as isize, 1))?;
    let numpy = py.import("numpy")?;
    let rows = numpy.call_method1("ascontiguousarray", (rows, numpy.getattr("float32")?))?;
    Ok(rows.extract::<PyReadonlyArrayDyn<'_, f32>>()?.as_slice()?.to_vec())
}

/// Something that Python raised, on its way through the library.
pub fn raised(error: PyErr) -> Error {
    Error::Function(Box::new(error))
}

/// Labels, none of them below 0.
pub fn labels(what: &'static str, array: &PyReadonlyArray1<'_, i64>) -> PyResult<Vec<usize>> {
    let label = |&label: &i64| {
        let problem = || errors::input(format!("{what}: {label} is below 0, which no class is"));
        usize::try_from(label).map_err(|_| problem())
    };
    array.as_array().iter().map(label).collect()
}

/// Refuses labels that are not one for each image, or no classes.
pub fn check_labels(labels: &[usize], images: usize, classes: usize) -> Result<()> {
    if labels.len() != images {
        return Err(Error::shape("labels", images, labels.len()));
    }
    match labels.iter().find(|&&label| label >= classes) {
        Some(label) => Err(Error::value(
            "label",
            format!("below the {classes} classes of the model"),
            label,
        )),
        None => Ok(()),
    }
}

/// Images that are computed at once where pullbacks are not kept.
pub fn few(shape: ImageShape) -> usize {
    (batch_size(shape) / 4).max(1)
}

/// Appends a tensor's values.
pub fn append<const D: usize>(values: &mut Vec<f32>, tensor: Tensor<D>) -> Result<()> {
    values.extend(to_vec(tensor)?);
    Ok(())
}

/// An array of these values and sizes, without copying them.
pub fn array<'py, T: numpy::Element, const D: usize>(
    py: Python<'py>,
    values: Vec<T>,
    dims: [usize; D],
) -> PyResult<Bound<'py, PyAny>> {
    let flat = PyArray::from_vec(py, values);
    Ok(flat.reshape(dims.to_vec())?.into_any())
}

/// Whole numbers as an array.
pub fn integers<'py>(py: Python<'py>, values: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    let values: Vec<i64> = values
        .iter()
        .map(|&value| i64::try_from(value).unwrap_or(i64::MAX))
        .collect();
    let count = values.len();
    array(py, values, [count])
}
