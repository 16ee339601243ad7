//! Models of other programs, as [`Network`](doubleback::nn::Network)s whose input gradients are exact at both orders.
//!
//! Whatever the file, what comes out are an architecture of the library's own layers and named tensors: attacks, explanations, diagnosis and
//! training then work as on a network that was built here. Nothing in a file is ever run.
//!
//! Back again: [`save_onnx`] writes any such network as an ONNX file, [`StateDict`] as the state dict of a module of PyTorch.
mod agreement;
mod check;
mod imported;
mod onnx;
mod open;
mod options;
mod orders;
mod original;
mod torch;

pub use agreement::{Agreement, agreement};
pub use imported::{Imported, Nodes, Source, SourceFile, Unsupported};
pub use onnx::{Operator, OperatorFate, newest_onnx, onnx_operators, save_onnx};
pub use open::{files_beside, is_ours, open, open_onnx, unsupported};
pub use options::{Normalization, Options};
pub use original::lasting_facts;
pub use torch::{StateDict, StateNames, StateTensor, StateValues};
