//! Another last layer, for other classes.

use std::collections::HashMap;

use burn::tensor::{Tensor, TensorData};

use super::initialize;
use super::layer_spec::misfit;
use super::layers::LayerKind;
use super::module::Module;
use super::network::Network;
use crate::Result;
use crate::random::Stream;

impl Network {
    /// The same network with a last layer of `classes` outputs, whose weights start anew from `seed`: for images of other classes than it was
    /// trained on. All other tensors stay as they are.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use doubleback::data::{Bounds, ImageShape};
    /// use doubleback::nn::{Classifier, Network, Pool, small_cnn};
    ///
    /// let shape = ImageShape { channels: 1, height: 28, width: 28 };
    /// let network = Network::new(small_cnn(shape, Bounds::UNIT, 10, Pool::Max), 0, &Device::flex())?;
    /// assert_eq!(network.with_new_head(3, 0)?.classes(), 3);
    /// # Ok::<(), doubleback::Error>(())
    /// ```
    ///
    /// # Errors
    /// When its last layer is neither dense nor a 1x1 convolution, so that there is no telling which values belong to a class.
    pub fn with_new_head(&self, classes: usize, seed: u64) -> Result<Self> {
        let mut architecture = self.architecture().clone();
        architecture.classes = classes;
        // What comes after it only says how its values are seen.
        let seen = |kind: &LayerKind| matches!(kind, LayerKind::Flatten(_));
        let head = architecture.layers.iter_mut().rev().find(|spec| !seen(&spec.kind));
        let head = head.ok_or_else(|| misfit("logits", "there is no layer"))?;
        match &mut head.kind {
            LayerKind::Dense(dense) => dense.units = classes,
            LayerKind::Conv2d(conv) if conv.kernel == [1, 1] && conv.groups == 1 => conv.channels = classes,
            _ => {
                let problem = "the last layer is neither dense nor a 1x1 convolution, so that it cannot be replaced by one of other classes";
                return Err(misfit(&head.name, problem));
            }
        }
        let prefix = format!("{}.", head.name);
        let old: HashMap<&str, &Tensor<1>> = self.tensors().map(|tensor| (tensor.name(), tensor.value())).collect();
        let device = self.device().clone();
        let mut index = 0;
        Self::build(architecture, &device, |spec, name| {
            index += 1;
            match old.get(name).filter(|_| !name.starts_with(&prefix)) {
                Some(&value) => Ok(value.clone()),
                None => {
                    let count = spec.dims.iter().product();
                    let values = initialize::values(spec.start, count, seed, Stream::NetworkStart { index });
                    Ok(Tensor::from_data(TensorData::new(values, [count]), &device))
                }
            }
        })
    }
}
