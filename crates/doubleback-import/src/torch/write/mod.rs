//! State dicts: the tensors of a network as a module of PyTorch names and orders them, in files that `torch.load` and `safetensors` read.
//!
//! [`state_dict`] makes one of a network; `fill` puts it into that of another file, whose batch norms the network may have folded; `save` writes it.
mod arrange;
mod entries;
mod fill;
mod pickle;
mod save;
mod state_dict;

pub use entries::{StateTensor, StateValues};
pub use state_dict::{StateDict, StateNames};
