//! The parts of a study, each kept as soon as it is finished.

use std::time::Instant;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::layers::layers;
use super::plan::{Cell, Plan};
use super::results::{AttackedAccuracy, LayerResult, ModelResult};
use super::statistics::accuracy;
use super::withstand::{Withstood, withstand};
use super::{TRANSFER, WORST_CASE, train};
use crate::interruptible::{Interruptible, SharedWatch};
use crate::run_folder::RunFolder;
use doubleback::data::{Dataset, sha256};
use doubleback::evaluate::{Chosen, TestSet};
use doubleback::nn::{Loss, Network};
use doubleback::progress::{Phase, Watch};
use doubleback::train::DefenseKind;
use doubleback::{Error, Result};

/// What was measured of a pair of models, and the files that it was measured on.
#[derive(Serialize, Deserialize)]
struct Part<T> {
    sha256: Vec<String>,
    found: T,
}

/// A study under way.
pub(super) struct Study<'a> {
    pub folder: &'a RunFolder,
    pub plan: &'a Plan,
    pub dataset: &'a Dataset,
    pub device: &'a Device,
}

impl Study<'_> {
    /// Trains, attacks and looks into the models of one architecture, training and seed.
    pub fn pair(&self, cells: [Cell; 2], watch: &mut dyn Watch) -> Result<(Vec<ModelResult>, Vec<LayerResult>)> {
        let mut networks = Vec::with_capacity(2);
        let mut sums = Vec::with_capacity(2);
        for cell in &cells {
            networks.push(train::model(
                self.folder,
                self.plan,
                cell,
                self.dataset,
                self.device,
                watch,
            )?);
            let path = self.folder.model(&cell.name());
            let file = std::fs::read(&path).map_err(Error::io(&path, "reading the model"))?;
            sums.push(sha256([file.as_slice()].into_iter()));
        }
        let [max, avg] = [&networks[0], &networks[1]];
        let label = format!("{}-{}-seed{}", cells[0].architecture, cells[0].training, cells[0].seed);
        let withstood: [Withstood; 2] = self.part("attack", &label, &sums, |study| {
            study.attacked([max, avg], &format!("attacking {label}"), watch)
        })?;
        let mut stages = Vec::new();
        if cells[0].training == DefenseKind::Normal {
            for (place, cell) in cells.iter().enumerate() {
                stages.push(self.part("layers", &cell.name(), &sums[place..=place], |study| {
                    layers(&networks[place], cell, study.plan, study.dataset, study.device, watch)
                })?);
            }
        }
        let models = cells
            .iter()
            .zip(withstood)
            .zip(sums)
            .map(|((cell, withstood), sum)| self.model_result(cell, &withstood, sum))
            .collect();
        Ok((models, stages))
    }

    fn attacked(&self, models: [&Network; 2], phase: &str, watch: &mut dyn Watch) -> Result<[Withstood; 2]> {
        let test = TestSet {
            split: &self.dataset.test,
            shape: self.dataset.shape,
            chosen: Chosen::First(self.plan.images),
            device: self.device,
        };
        let steps = 4 * self.plan.eps.len() * test.batches().count();
        let shared = SharedWatch::new(watch);
        let watched = models.map(|model| Interruptible::new(model, &shared));
        let mut told = &shared;
        let mut phase = Phase::begin(phase, steps, &mut told);
        withstand([&watched[0], &watched[1]], &test, self.plan, &mut || phase.step_done())
    }

    /// A finished part, if it is of these very models, or the part computed and kept.
    fn part<T: Serialize + serde::de::DeserializeOwned>(
        &self,
        kind: &str,
        label: &str,
        sums: &[String],
        compute: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        let name = format!("{kind}-{label}");
        if let Some(part) = self.folder.get::<Part<T>>(&name)?
            && part.sha256 == sums
        {
            return Ok(part.found);
        }
        let started = Instant::now();
        let part = Part {
            sha256: sums.to_vec(),
            found: self.folder.counted(|| compute(self))?,
        };
        self.folder.put(&name, &part)?;
        let seconds = self.seconds(kind)? + started.elapsed().as_secs_f64();
        self.folder.put(&format!("{kind}-seconds"), &seconds)?;
        self.folder.tick()?;
        Ok(part.found)
    }

    /// Seconds spent on the finished parts of a kind.
    pub fn seconds(&self, kind: &str) -> Result<f64> {
        Ok(self.folder.get(&format!("{kind}-seconds"))?.unwrap_or(0.0))
    }

    fn model_result(&self, cell: &Cell, withstood: &Withstood, sha256: String) -> ModelResult {
        let worst_case = withstood.worst_case();
        let attacks = [
            (self.plan.fgsm().label(), &withstood.fgsm),
            (self.plan.pgd(Loss::CrossEntropy).label(), &withstood.pgd),
            (self.plan.pgd(Loss::Margin).label(), &withstood.pgd_margin),
            (TRANSFER, &withstood.transfer),
            (WORST_CASE, &worst_case),
        ];
        let mut attacked = Vec::new();
        for (attack, right) in attacks {
            for (&eps, right) in self.plan.eps.iter().zip(right) {
                let hits = right.iter().filter(|&&right| right).count();
                attacked.push(AttackedAccuracy {
                    attack: attack.to_owned(),
                    eps,
                    accuracy: accuracy(hits, right.len()),
                });
            }
        }
        ModelResult {
            architecture: cell.architecture.to_owned(),
            pool: cell.pool.name().to_owned(),
            training: cell.training.name().to_owned(),
            seed: cell.seed,
            sha256,
            clean: accuracy(withstood.clean.0, withstood.clean.1),
            attacked,
            zero_gradient_images: withstood.zero_gradient_images,
        }
    }
}
