//! How much memory a cell takes: estimated before one has run, measured afterwards.

use burn::tensor::Device;

use doubleback::Result;
use doubleback::data::Dataset;
use doubleback::nn::Network;
use doubleback::nn::layers::Role;
use doubleback::train::Recipe;
use doubleback_ops::FusedActivation;

/// Bytes that a cell takes at its peak, roughly: the data twice (read and kept), parameters with both moments, gradients and the
/// checkpoint that is put together of them, and the values of a batch at every layer three times. For double backprop with the paper's network,
/// batch 256, on `mnist-mini` this gives 0.6 GiB where 0.44 were measured.
///
/// # Errors
/// When the recipe's network does not fit together.
pub(super) fn estimate(recipe: &Recipe, dataset: &Dataset) -> Result<u64> {
    const PROGRAM: u64 = 64 << 20;
    const COPIES_OF_DATA: u64 = 2;
    const COPIES_OF_PARAMETERS: u64 = 10;
    const COPIES_OF_VALUES: u64 = 3;
    const BYTES: u64 = 4;
    let images = (dataset.train.len() + dataset.validation.len() + dataset.test.len()) as u64;
    let data = images * dataset.shape.len() as u64;
    // A ReLU is computed together with the layer before it.
    let layers = recipe.architecture.layers.iter().zip(recipe.architecture.sizes()?);
    let relu = Role::Activation(FusedActivation::Relu);
    let kept = layers.filter(|(spec, _)| spec.kind.layer().role() != relu);
    let values: u64 = kept.map(|(_, size)| size.iter().product::<usize>() as u64).sum();
    let network = Network::new(recipe.architecture.clone(), recipe.options.seed, &Device::flex())?;
    let parameters = network.parameter_count() as u64;
    Ok(PROGRAM
        + BYTES
            * (COPIES_OF_DATA * data
                + COPIES_OF_PARAMETERS * parameters
                + COPIES_OF_VALUES * values * recipe.options.batch as u64))
}

/// The most memory that a process has had, where the system tells (Linux): its peak resident set, in bytes.
pub(super) fn peak(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn the_peak_of_this_process_is_known() {
        let peak = super::peak(std::process::id()).unwrap();
        assert!(peak > 1 << 20, "{peak}");
        assert_eq!(super::peak(u32::MAX), None);
    }
}
