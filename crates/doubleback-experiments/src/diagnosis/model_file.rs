use std::path::Path;

use burn::tensor::Device;

use doubleback::data::sha256;
use doubleback::nn::{self, ModelCard, Network};
use doubleback::{Error, Result};

/// A model to be diagnosed, or an oracle, with where it comes from.
#[derive(Clone, Debug)]
pub struct ModelFile {
    /// Name in results: the file's name without its ending.
    pub name: String,
    /// The network.
    pub network: Network,
    /// How it was trained.
    pub card: ModelCard,
    /// SHA-256 of its file.
    pub sha256: String,
}

impl ModelFile {
    /// Reads a model file.
    ///
    /// # Errors
    /// As [`nn::load`].
    pub fn read(path: &Path, device: &Device) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
        let sha256 = sha256([bytes.as_slice()].into_iter());
        // Of these very bytes: the file may be written anew meanwhile.
        let (network, card) = nn::load_bytes(bytes, path, device)?;
        let name = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            network,
            card,
            sha256,
        })
    }

    /// Its architecture and how it was trained, in words.
    pub(super) fn description(&self) -> String {
        let fact = |key: &str| self.card.get(key).map(String::as_str);
        let mut words = self.network.architecture().name.clone();
        for (key, word) in [("defense", "trained as"), ("steps", "steps"), ("seed", "seed")] {
            if let Some(value) = fact(key) {
                words += &match key {
                    "steps" => format!(", {value} {word}"),
                    _ => format!(", {word} {value}"),
                };
            }
        }
        words
    }
}
