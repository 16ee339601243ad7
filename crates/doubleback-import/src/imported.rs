//! What came of a file.

use std::collections::BTreeMap;

use doubleback::nn::{ModelCard, Network};
use serde::{Deserialize, Serialize};

/// A network read from a file of any kind.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The network.
    pub network: Network,
    /// What is known of it by name: of files of ours how it was trained, of others the classes at most.
    pub card: ModelCard,
    /// Where it comes from, and what was made of it. Of files of ours nothing: they say all themselves.
    pub source: Option<Source>,
}

/// Where an imported network comes from, and what was made of it: `import` in results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// `onnx`, `pytorch`, `pt2` or `safetensors`.
    pub format: String,
    /// What wrote it, such as `pytorch 2.9.1`; empty if the file does not say it.
    pub producer: String,
    /// Version of ONNX's operators that the file asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opset: Option<i64>,
    /// Version of ONNX's file format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ir_version: Option<i64>,
    /// Its inputs as it declares them, such as `images: float [batch, 3, 224, 224]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
    /// Its outputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// What became of the nodes of an ONNX graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodes: Option<Nodes>,
    /// What was found inside the model, assumed, folded, converted, undone or ignored, in sentences.
    pub notes: Vec<String>,
    /// The file, and those beside it that hold its weights.
    pub files: Vec<SourceFile>,
}

/// What became of the nodes of a graph, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nodes {
    /// They have layers of their own.
    pub translated: usize,
    /// They only say how values are seen, or do nothing when the model is used.
    pub free: usize,
    /// They were computed once, for all images.
    pub folded: usize,
    /// They make probabilities of the logits, and were left out.
    pub undone: usize,
    /// The logits do not need them.
    pub unneeded: usize,
    /// How many nodes of each operator there are.
    pub operators: BTreeMap<String, usize>,
}

/// A node of a file that is in the way of importing it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsupported {
    /// Its name.
    pub node: String,
    /// Its operator, with the domain if that is not ONNX's own.
    pub operator: String,
    /// Version of the operators that the file asks for.
    pub opset: i64,
    /// What is in the way, and what would help.
    pub problem: String,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Its name without folders.
    pub file: String,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}
