use std::path::Path;

use burn::tensor::Device;

use doubleback::data::sha256;
use doubleback::nn::{self, ModelCard, Network};
use doubleback::{Error, Result};
use doubleback_import::{Options as ImportOptions, Source, is_ours, open};

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
    /// Where it was imported from, if it was.
    pub source: Option<Source>,
}

impl ModelFile {
    /// Reads a model file of any kind, with what `options` say of it.
    ///
    /// # Errors
    /// As [`open`].
    pub fn open(path: &Path, options: &ImportOptions, device: &Device) -> Result<Self> {
        if is_ours(path) && options.given().is_empty() {
            return Self::read(path, device);
        }
        let imported = open(path, options, device)?;
        let sha256 = match imported.source.as_ref().and_then(|source| source.files.first()) {
            Some(file) => file.sha256.clone(),
            None => {
                let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
                sha256([bytes.as_slice()].into_iter())
            }
        };
        Ok(Self {
            name: name(path),
            network: imported.network,
            card: imported.card,
            sha256,
            source: imported.source,
        })
    }

    /// Reads a model file of this program.
    ///
    /// # Errors
    /// As [`nn::load`].
    pub fn read(path: &Path, device: &Device) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(Error::io(path, "reading the model"))?;
        let sha256 = sha256([bytes.as_slice()].into_iter());
        // Of these very bytes: the file may be written anew meanwhile.
        let (network, card) = nn::load_bytes(bytes, path, device)?;
        Ok(Self {
            name: name(path),
            network,
            card,
            sha256,
            source: None,
        })
    }

    /// Its architecture and how it was trained, in words.
    pub(super) fn description(&self) -> String {
        let fact = |key: &str| self.card.get(key).map(String::as_str);
        let mut words = self.network.architecture().name.clone();
        if let Some(source) = &self.source {
            words += &format!(", imported from {}", source.format);
        }
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

/// The file's name without its ending.
fn name(path: &Path) -> String {
    let name = path.file_stem().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
