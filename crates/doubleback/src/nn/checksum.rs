use super::module::Module;
use super::network::Network;
use super::to_vec;
use crate::data::sha256;
use crate::{Error, Result};

/// SHA-256 of what a network computes with: its architecture and its tensors, in lower-case hexadecimal.
///
/// # Errors
/// When the device fails.
pub fn checksum(network: &Network) -> Result<String> {
    let architecture = serde_json::to_string(network.architecture())
        .map_err(|e| Error::internal("describing an architecture as JSON", e))?;
    let mut parts = vec![sha256(std::iter::once(architecture.as_bytes()))];
    for tensor in network.tensors() {
        let values = to_vec(tensor.value().clone())?;
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        parts.push(sha256([tensor.name().as_bytes(), bytes.as_slice()].into_iter()));
    }
    Ok(sha256(parts.iter().map(String::as_bytes)))
}
