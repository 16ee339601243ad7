use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::sync::Arc;

use crate::nn::layers::LayerKind;
use crate::nn::{Architecture, Module, Network, Parameter};
use crate::{Error, Result};

/// Which layers of a network are trained, and how fast. Nothing is said of most networks: every layer is, at the same learning rate.
///
/// A name stands for the layer that is called so, and for all whose names go on after it with a dot: `layer1` for `layer1.0.conv1` and its like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainedLayers {
    /// Layers that stay as they are: their parameters, and of batch norms the moving averages too, by which they then normalize.
    pub frozen: Vec<String>,
    /// Every batch norm normalizes by its moving averages, which stay as they are; gains and shifts are trained.
    pub frozen_norms: bool,
    /// Layers with another learning rate. Of several names that stand for a layer the longest counts.
    pub rates: Vec<LayerRate>,
}

/// How much faster, or slower, layers are trained than the others.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerRate {
    /// Their name.
    pub layer: String,
    /// What the learning rate is multiplied by: positive.
    pub factor: f64,
}

impl TrainedLayers {
    /// Whether all layers are trained in the same way.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses names that no layer has, factors that are no positive numbers, and a network of which nothing would be left to train.
    pub(super) fn check(&self, architecture: &Architecture) -> Result<()> {
        let named = self.frozen.iter().chain(self.rates.iter().map(|rate| &rate.layer));
        for name in named {
            if !architecture.layers.iter().any(|spec| stands_for(name, &spec.name)) {
                return Err(Error::unknown(
                    "layer",
                    name,
                    architecture.layers.iter().map(|spec| spec.name.as_str()),
                ));
            }
        }
        for LayerRate { layer, factor } in &self.rates {
            if !(*factor > 0.0 && factor.is_finite()) {
                let expected =
                    format!("a positive number for `{layer}`; a layer that is not to be trained is a frozen one");
                return Err(Error::value("learning rate of a layer", expected, factor));
            }
            if let Some(frozen) = self.frozen.iter().find(|name| stands_for(name, layer)) {
                let expected = format!("none for `{layer}`, as `{frozen}` is frozen");
                return Err(Error::value("learning rate of a layer", expected, factor));
            }
        }
        let inputs = architecture.input_sizes()?;
        let mut layers = architecture.layers.iter().zip(&inputs);
        let trained = layers
            .any(|(spec, inputs)| !self.is_frozen(&spec.name) && !spec.kind.layer().parameters(inputs).is_empty());
        if !trained && !self.frozen.is_empty() {
            let expected = "names that leave a layer with weights to train";
            return Err(Error::value("frozen layers", expected, self.frozen.join(", ")));
        }
        Ok(())
    }

    fn is_frozen(&self, layer: &str) -> bool {
        self.frozen.iter().any(|name| stands_for(name, layer))
    }

    /// A copy of a network on the tape, but for the parameters of frozen layers.
    pub(super) fn tracked(&self, network: &Network) -> Network {
        network.tracked_where(|parameter| !self.is_frozen(layer_of(parameter)))
    }

    /// The batch norms of a network that keep their moving averages.
    pub(super) fn kept_norms(&self, architecture: &Architecture) -> Arc<HashSet<String>> {
        let norms = architecture
            .layers
            .iter()
            .filter(|spec| matches!(spec.kind, LayerKind::BatchNorm(_)));
        let kept = norms.filter(|spec| self.frozen_norms || self.is_frozen(&spec.name));
        Arc::new(kept.map(|spec| spec.name.clone()).collect())
    }

    /// What the learning rate of each parameter is multiplied by; nothing if none is.
    pub(super) fn factors(&self, network: &Network) -> Vec<f64> {
        if self.rates.is_empty() {
            return Vec::new();
        }
        let factor = |parameter: &Parameter| {
            let layer = layer_of(parameter);
            let named = self.rates.iter().filter(|rate| stands_for(&rate.layer, layer));
            named
                .max_by_key(|rate| rate.layer.len())
                .map_or(1.0, |rate| rate.factor)
        };
        network.parameters().map(factor).collect()
    }

    /// What differs from training all layers alike, by the names that options have; each in words.
    pub(super) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        if !self.frozen.is_empty() {
            settings.push(("freeze", self.frozen.join(",")));
        }
        if self.frozen_norms {
            settings.push(("frozen-norms", "yes".to_owned()));
        }
        if !self.rates.is_empty() {
            let rates: Vec<String> = self.rates.iter().map(LayerRate::to_string).collect();
            settings.push(("layer-rate", rates.join(",")));
        }
        settings
    }
}

/// Whether a name is that of a layer, or of a group of layers that it is in.
fn stands_for(name: &str, layer: &str) -> bool {
    let rest = layer.strip_prefix(name);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The layer that a parameter belongs to.
fn layer_of(parameter: &Parameter) -> &str {
    let name = parameter.name();
    name.rsplit_once('.').map_or(name, |(layer, _)| layer)
}

impl From<(String, f64)> for LayerRate {
    fn from((layer, factor): (String, f64)) -> Self {
        Self { layer, factor }
    }
}

/// As it is parsed.
impl Display for LayerRate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.layer, self.factor)
    }
}

/// `NAME=FACTOR`.
impl FromStr for LayerRate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::value("learning rate of a layer", "NAME=FACTOR, such as `layer1=0.1`", text);
        let (layer, factor) = text.rsplit_once('=').ok_or_else(wrong)?;
        let factor: f64 = factor.trim().parse().map_err(|_| wrong())?;
        match factor > 0.0 && factor.is_finite() && !layer.is_empty() {
            true => Ok(Self {
                layer: layer.to_owned(),
                factor,
            }),
            false => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Bounds, ImageShape};
    use crate::nn::resnet_small;
    use burn::tensor::Device;

    fn network() -> Network {
        let shape = ImageShape {
            channels: 3,
            height: 8,
            width: 8,
        };
        Network::new(resnet_small(shape, Bounds::UNIT, 3), 0, &Device::flex()).unwrap()
    }

    fn rate(text: &str) -> LayerRate {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_stands_for_a_group_of_layers() {
        let network = network();
        let layers = TrainedLayers {
            frozen: vec!["block1".into(), "conv1".into()],
            rates: vec![rate("block2=0.5"), rate("block2.conv1=2")],
            ..TrainedLayers::default()
        };
        layers.check(network.architecture()).unwrap();
        let kept = layers.kept_norms(network.architecture());
        let mut kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["block1.norm1", "block1.norm2", "conv1.norm"]);
        let factors = layers.factors(&network);
        let of = |name: &str| factors[network.parameters().position(|p| p.name() == name).unwrap()];
        assert_eq!(
            [
                of("block2.conv1.weight"),
                of("block2.conv2.weight"),
                of("logits.weight")
            ],
            [2.0, 0.5, 1.0]
        );
        let tracked = layers.tracked(&network);
        for parameter in tracked.parameters() {
            let name = parameter.name();
            let frozen = name.starts_with("block1.") || name.starts_with("conv1.");
            assert_eq!(parameter.value().is_require_grad(), !frozen, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let architecture = network().architecture().clone();
        let message = |layers: TrainedLayers| layers.check(&architecture).unwrap_err().to_string();
        let frozen = |names: &[&str]| TrainedLayers {
            frozen: names.iter().map(|&name| name.to_owned()).collect(),
            ..TrainedLayers::default()
        };
        assert!(message(frozen(&["block9"])).contains("unknown layer `block9`"));
        // No part of a name stands for a layer.
        assert!(message(frozen(&["bloc"])).contains("unknown layer `bloc`"));
        let all: Vec<&str> = architecture.layers.iter().map(|spec| spec.name.as_str()).collect();
        assert!(message(frozen(&all)).contains("leave a layer"));
        let both = TrainedLayers {
            rates: vec![rate("block1.conv1=2")],
            ..frozen(&["block1"])
        };
        assert!(message(both).contains("`block1` is frozen"));
        for wrong in ["block1", "block1=0", "block1=-1", "=2", "block1=x", "block1=inf"] {
            assert!(
                wrong
                    .parse::<LayerRate>()
                    .unwrap_err()
                    .to_string()
                    .contains("NAME=FACTOR"),
                "{wrong}"
            );
        }
    }
}
