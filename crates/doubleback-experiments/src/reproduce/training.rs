use burn::tensor::Device;
use doubleback::Result;
use doubleback::data::Dataset;
use doubleback::nn;
use doubleback::progress::Watch;
use doubleback::train::{CurvePoint, Recipe, TEACHER};
use serde::{Deserialize, Serialize};

use crate::run_folder::RunFolder;

/// What is remembered of a training besides the model.
#[derive(Serialize, Deserialize)]
pub(super) struct TrainingRecord {
    pub curves: Vec<(String, Vec<CurvePoint>)>,
    pub seconds: f64,
    pub parameters: usize,
}

/// Trains a model unless it is there already.
pub(super) fn trained(
    folder: &RunFolder,
    recipe: &Recipe,
    dataset: &Dataset,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<TrainingRecord> {
    let name = recipe.defense.name();
    let part = format!("training-{name}");
    if let (true, Some(record)) = (folder.has_model(name)?, folder.get(&part)?) {
        return Ok(record);
    }
    let cooked = folder.counted(|| recipe.run(dataset, device, Some(&folder.work()), watch))?;
    let mut curves = vec![(name.to_owned(), cooked.trained.curve)];
    curves.extend(cooked.teacher_curve.map(|curve| (TEACHER.to_owned(), curve)));
    let record = TrainingRecord {
        curves,
        seconds: cooked.trained.seconds,
        parameters: cooked.trained.network.parameter_count(),
    };
    nn::save(&cooked.trained.network, &recipe.card(dataset), &folder.model(name))?;
    folder.made_model(name)?;
    folder.put(&part, &record)?;
    // Only now: if the run is killed before this, the checkpoint still leads to the same model.
    recipe.clean(&folder.work());
    folder.tick()?;
    Ok(record)
}
