//! Model files taken apart and put together again, with something else in them.

use std::collections::BTreeMap;

use doubleback::nn::{ModelCard, Network, save};
use serde_json::{Map, Value, json};

/// A tensor of a file.
#[derive(Clone)]
pub struct Stored {
    pub dtype: String,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

impl Stored {
    pub fn values(&self) -> Vec<f32> {
        let (values, _) = self.bytes.as_chunks::<4>();
        values.iter().map(|&value| f32::from_le_bytes(value)).collect()
    }

    pub fn set_values(&mut self, values: &[f32]) {
        self.bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    }

    /// The same values in another type.
    pub fn convert<const N: usize>(&mut self, dtype: &str, convert: impl Fn(f32) -> [u8; N]) {
        self.bytes = self.values().into_iter().flat_map(convert).collect();
        self.dtype = dtype.to_owned();
    }
}

/// A file in parts.
#[derive(Clone)]
pub struct Parts {
    pub facts: BTreeMap<String, String>,
    pub tensors: BTreeMap<String, Stored>,
}

impl Parts {
    pub fn of(bytes: &[u8]) -> Self {
        let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
        let (header, body) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let mut header: Map<String, Value> = serde_json::from_slice(header).unwrap();
        let facts = serde_json::from_value(header.remove("__metadata__").unwrap()).unwrap();
        let stored = |(name, info): (String, Value)| {
            let [begin, end]: [usize; 2] = serde_json::from_value(info["data_offsets"].clone()).unwrap();
            let stored = Stored {
                dtype: info["dtype"].as_str().unwrap().to_owned(),
                shape: serde_json::from_value(info["shape"].clone()).unwrap(),
                bytes: body[begin..end].to_vec(),
            };
            (name, stored)
        };
        Self {
            facts,
            tensors: header.into_iter().map(stored).collect(),
        }
    }

    /// The file of a network with this card.
    pub fn of_network(network: &Network, card: &ModelCard) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        save(network, card, &path).unwrap();
        Self::of(&std::fs::read(path).unwrap())
    }

    /// The architecture, changed.
    pub fn edit_architecture(&mut self, edit: impl FnOnce(&mut Value)) {
        let mut architecture: Value = serde_json::from_str(&self.facts["architecture"]).unwrap();
        edit(&mut architecture);
        self.facts.insert("architecture".into(), architecture.to_string());
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut header = Map::from_iter([("__metadata__".to_owned(), json!(self.facts))]);
        let mut body = Vec::new();
        for (name, stored) in &self.tensors {
            let begin = body.len();
            body.extend(&stored.bytes);
            let info = json!({ "dtype": stored.dtype, "shape": stored.shape, "data_offsets": [begin, body.len()] });
            header.insert(name.clone(), info);
        }
        let mut header = serde_json::to_vec(&header).unwrap();
        header.resize(header.len().next_multiple_of(8), b' ');
        [&(header.len() as u64).to_le_bytes(), header.as_slice(), &body].concat()
    }
}
