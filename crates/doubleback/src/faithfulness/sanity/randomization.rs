use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::super::agreement::correlation;
use super::super::explained::Explained;
use super::super::measured::Measured;
use super::super::metric::Metric;
use crate::nn::{Module, Network};
use crate::{Error, Result};

/// Model parameter randomization (Adebayo et al. 2018): Spearman's rank correlation, -1 to 1, of what the map says of the pixels with what the same method says
/// once weights are drawn anew, layer after layer. An image's number is the mean over the layers. Lower is better: what does not change does not speak of what
/// was learned.
///
/// A layer's tensors are drawn as for a network that is about to be trained; running statistics of batch norm stay. A map that says the same of all pixels has
/// no order: its correlation is 0. For the test to be about the method and not its noise (Hedström et al. 2023, smooth), give it a smoothed method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Randomization {
    /// Which layers are drawn anew.
    pub reach: Reach,
    /// Takes the sizes of the maps' values instead of these: the paper shows both.
    pub absolute: bool,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Which layers are drawn anew, in the order in which correlations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// From the logits down: a layer and all above it (the paper's cascading randomization).
    #[default]
    Cascade,
    /// One layer alone, from the logits down (its independent randomization).
    Alone,
    /// All layers at once: a single correlation, for a fraction of the work (after the efficient test of Hedström et al. 2023).
    All,
}

impl Default for Randomization {
    fn default() -> Self {
        Self {
            reach: Reach::Cascade,
            absolute: true,
            seed: 0,
        }
    }
}

/// What is left of the maps once a layer's weights are drawn anew.
#[derive(Clone, Debug, PartialEq)]
pub struct OfLayer {
    /// The layer; of all at once `all`.
    pub layer: String,
    /// By image, the rank correlation.
    pub correlations: Measured,
}

impl Randomization {
    /// The correlations layer by layer.
    ///
    /// # Errors
    /// When the network was not given, has no weights, or it or the method fails.
    pub fn by_layer(&self, explained: &Explained<'_>) -> Result<Vec<OfLayer>> {
        let network = explained.network()?;
        let layers = layers_with_weights(network);
        let parts: Vec<(String, Vec<&str>)> = match self.reach {
            Reach::All => vec![("all".to_owned(), layers.iter().map(String::as_str).collect())],
            Reach::Cascade | Reach::Alone => (0..layers.len())
                .map(|last| {
                    let first = if self.reach == Reach::Alone { last } else { 0 };
                    let drawn = layers[first..=last].iter().map(String::as_str).collect();
                    (layers[last].clone(), drawn)
                })
                .collect(),
        };
        if layers.is_empty() {
            return Err(Error::value("network", "one with weights to draw anew", "one without"));
        }
        let fresh = Network::new(network.architecture().clone(), self.seed, network.device())?;
        let of_part = |(layer, drawn): (String, Vec<&str>)| {
            let randomized = mixed(network, &fresh, &drawn)?;
            let fill = |image: usize, values: &mut [f32]| values.copy_from_slice(explained.pixels(image));
            let take = |image: usize, maps: &super::super::relevance::Maps, at: usize| {
                correlation((explained.maps(), image), (maps, at), self.absolute)
            };
            let found = explained.explanations(&randomized, explained.len(), |image| image, fill, take)?;
            Ok(OfLayer {
                layer,
                correlations: found.into(),
            })
        };
        parts.into_iter().map(of_part).collect()
    }
}

impl Metric for Randomization {
    fn measure(&self, explained: &Explained<'_>) -> Result<Measured> {
        let layers = self.by_layer(explained)?;
        let mean = |image: usize| {
            let correlations = layers.iter().map(|layer| layer.correlations.values[image]);
            correlations.sum::<f64>() / layers.len() as f64
        };
        Ok((0..explained.len()).map(mean).collect::<Vec<_>>().into())
    }
}

/// The layers that have trained tensors, that of the logits first.
fn layers_with_weights(network: &Network) -> Vec<String> {
    let layers = network.architecture().layers.iter().rev();
    let trained = layers.filter(|layer| network.parameters().any(|tensor| is_of(tensor.name(), &layer.name)));
    trained.map(|layer| layer.name.clone()).collect()
}

/// Whether a tensor, `layer.role`, is one of a layer.
fn is_of(tensor: &str, layer: &str) -> bool {
    tensor.rsplit_once('.').is_some_and(|(of, _)| of == layer)
}

/// A network with the trained tensors of `drawn` layers from a fresh one.
fn mixed(network: &Network, fresh: &Network, drawn: &[&str]) -> Result<Network> {
    Network::build(network.architecture().clone(), network.device(), |_, name| {
        let from = match drawn.iter().any(|layer| is_of(name, layer)) {
            true => fresh,
            false => network,
        };
        let trained = from.parameters().find(|tensor| tensor.name() == name);
        // What is kept but not trained stays.
        let tensor = trained.or_else(|| network.buffers().find(|tensor| tensor.name() == name));
        let value: Option<Tensor<1>> = tensor.map(|tensor| tensor.value().clone().detach());
        value.ok_or_else(|| Error::internal("drawing weights anew", format!("no tensor `{name}`")))
    })
}
