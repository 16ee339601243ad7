//! A model that exists only in Python: its logits and their pullback are functions of arrays.

use std::sync::Arc;

use burn::tensor::{Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, Pullback, to_vec};
use doubleback::{Error, Result};
use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::arrays::{array, raised};
use crate::caller;

/// A model of two functions: `logits(x)` of images `[n, channels, height, width]`, `[n, classes]`, and `vjp(x, cotangent)`, the gradient of
/// `sum(cotangent * logits(x))` with respect to `x`.
pub struct Functions {
    /// Of an image.
    pub shape: ImageShape,
    /// Of pixel values.
    pub bounds: Bounds,
    /// Number of classes.
    pub classes: usize,
    /// The function of the logits.
    pub logits: Arc<Py<PyAny>>,
    /// The function of the gradient.
    pub vjp: Arc<Py<PyAny>>,
}

impl Functions {
    /// What a function makes of images and, if there is one, a cotangent; refused unless it is shaped so.
    fn call(
        &self,
        (name, function): (&'static str, &Arc<Py<PyAny>>),
        images: &Tensor<4>,
        cotangent: Option<Tensor<2>>,
        expected: Vec<usize>,
    ) -> Result<Vec<f32>> {
        // As networks look before each layer.
        if caller::asked_to_stop() {
            return Err(Error::Interrupted);
        }
        let function = Arc::clone(function);
        let (dims, images) = (images.dims(), to_vec(images.clone())?);
        let cotangent = match cotangent {
            Some(cotangent) => Some((cotangent.dims(), to_vec(cotangent)?)),
            None => None,
        };
        let called = caller::call(move |py| -> PyResult<(Vec<usize>, Vec<f32>)> {
            let images = array(py, images, dims)?;
            let given = match cotangent {
                Some((dims, values)) => function.bind(py).call1((images, array(py, values, dims)?))?,
                None => function.bind(py).call1((images,))?,
            };
            let given = py
                .import("doubleback._arrays")?
                .call_method1("floats_of", (given, name))?;
            let given: PyReadonlyArrayDyn<'_, f32> = given.extract()?;
            Ok((given.shape().to_vec(), given.as_slice()?.to_vec()))
        });
        let (found, values) = called?.map_err(raised)?;
        if found != expected {
            return Err(Error::shape(
                format!("what the function `{name}` returned"),
                expected,
                found,
            ));
        }
        Ok(values)
    }
}

impl Classifier for Functions {
    fn classes(&self) -> usize {
        self.classes
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn bounds(&self) -> Bounds {
        self.bounds
    }

    fn logits(&self, images: Tensor<4>) -> Result<Tensor<2>> {
        let dims = [images.dims()[0], self.classes];
        let values = self.call(("logits", &self.logits), &images, None, dims.to_vec())?;
        Ok(Tensor::from_data(TensorData::new(values, dims), &images.device()))
    }

    fn logits_with_pullback(&self, images: Tensor<4>) -> Result<(Tensor<2>, Pullback<'_>)> {
        let logits = self.logits(images.clone())?;
        let pullback = move |cotangent: Tensor<2>| {
            let dims = images.dims();
            let values = self.call(("vjp", &self.vjp), &images, Some(cotangent), dims.to_vec())?;
            Ok(Tensor::from_data(TensorData::new(values, dims), &images.device()))
        };
        Ok((logits, Pullback::new(pullback)))
    }
}
