use crate::data::Dataset;
use crate::nn::architecture::Architecture;
use crate::nn::layers::LocalContrast;

/// The network with the input layers that Ross & Doshi-Velez 2018 put before theirs on this data set: local contrast normalization on
/// `svhn`, nothing on others.
pub fn paper_input(architecture: Architecture, dataset: &Dataset) -> Architecture {
    match dataset.name.as_str() {
        "svhn" => architecture.behind_local_contrast(LocalContrast::default()),
        _ => architecture,
    }
}
