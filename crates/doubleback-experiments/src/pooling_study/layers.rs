//! The stages of one model, read by probes and decoders: what each adds to the damage of an attack, and what it loses of the image.

use burn::tensor::Device;

use super::plan::{Cell, Plan};
use super::results::LayerResult;
use doubleback::data::Dataset;
use doubleback::diagnose::{
    Decoders, InformationOptions, ProbeOptions, ProbeReading, Probes, information, probe_layers,
};
use doubleback::evaluate::{Chosen, TestSet};
use doubleback::nn::{Classifier, Loss, Network, Staged, predictions};
use doubleback::progress::Watch;
use doubleback::statistics::spearman;
use doubleback::{Error, Result};

/// Probes and decoders are trained on clean training images, and read clean and attacked test images.
pub(super) fn layers(
    model: &Network,
    cell: &Cell,
    plan: &Plan,
    dataset: &Dataset,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<LayerResult> {
    let eps = plan.layer_eps(cell.architecture)?;
    let names: Vec<String> = model.stages().into_iter().map(|stage| stage.name).collect();
    let stages: Vec<usize> = (0..names.len()).collect();
    let probe_options = ProbeOptions {
        steps: plan.layers.probe_steps,
        seed: cell.seed,
        ..ProbeOptions::default()
    };
    let probes = Probes::train(model, &stages, &dataset.train, &probe_options, device, watch)?;
    let decoder_options = InformationOptions {
        steps: plan.layers.decoder_steps,
        seed: cell.seed,
        ..InformationOptions::default()
    };
    let decoders = Decoders::train(model, &stages, &dataset.train, &decoder_options, device, watch)?;

    let (mut clean, mut attacked, mut errors) = (ProbeReading::default(), ProbeReading::default(), Vec::new());
    let (mut right, mut turned) = (0, 0);
    let test = TestSet {
        split: &dataset.test,
        shape: dataset.shape,
        chosen: Chosen::First(plan.layers.images),
        device,
    };
    let pgd = plan.pgd(Loss::CrossEntropy).attack()?;
    for (images, labels, _) in test.batches() {
        let pgd = pgd.run(model, &images, &labels, &[eps])?;
        let example = pgd
            .by_eps
            .into_iter()
            .next()
            .ok_or_else(|| Error::value("attacked eps", "one", 0))?;
        let found = predictions(&model.logits(images.clone())?)?;
        for ((before, after), label) in found.iter().zip(&example.predictions).zip(&labels) {
            right += usize::from(before == label);
            turned += usize::from(before == label && after != label);
        }
        decoders.read(model, &images, &mut errors)?;
        probes.read(model, images, &labels, &mut clean)?;
        probes.read(model, example.images, &labels, &mut attacked)?;
    }
    let probes = probe_layers(&names, [&clean, &attacked], cell.seed)?;
    let information = information(&names, &errors, cell.seed)?;
    let (losses, vulnerabilities): (Vec<f64>, Vec<f64>) = information
        .iter()
        .zip(&probes)
        .filter_map(|(information, probe)| Some((information.loss?.value, probe.v.value)))
        .unzip();
    Ok(LayerResult {
        architecture: cell.architecture.to_owned(),
        pool: cell.pool.name().to_owned(),
        seed: cell.seed,
        eps,
        success: turned as f64 / right.max(1) as f64,
        count: test.count(),
        spearman: spearman(&losses, &vulnerabilities),
        probes,
        information,
    })
}
