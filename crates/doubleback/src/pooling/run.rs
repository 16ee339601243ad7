use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::Device;
use doubleback_ops::kernels::isa;
use serde::{Deserialize, Serialize};

use super::claims::claims;
use super::compare::{MATCHED_WITHIN, comparisons, correlations, layer_comparisons};
use super::layers::layers;
use super::plan::{Cell, Plan};
use super::profile::Profile;
use super::results::{AttackedAccuracy, LayerResult, ModelResult, PoolingResults};
use super::statistics::accuracy;
use super::withstand::{Withstood, withstand};
use super::{TRANSFER, WORST_CASE, train};
use crate::attack::{BoundedAttack, Fgsm};
use crate::data::{Dataset, sha256};
use crate::evaluate::TestSet;
use crate::nn::{Loss, Network, Pool};
use crate::reproduce::data_summary;
use crate::store::Store;
use crate::train::{Defense, Progress, Watch};
use crate::write::write_atomically;
use crate::{Error, Result};

/// What to study, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much work to spend.
    pub profile: Profile,
    /// The first seed of weights and dropout.
    pub seed: u64,
    /// Seeds in all, this one and those after it; without a number, the profile's. More can be added to a folder later.
    pub seeds: Option<usize>,
    /// Output folder.
    pub out: PathBuf,
    /// Name of the device, for the record.
    pub device_name: String,
    /// Worker threads, for the record.
    pub threads: usize,
}

/// Runs the study, or what is left of it, and writes `results.json` and the models to the output folder.
///
/// Models that are there already are taken if their files say that they were trained as the study would have trained them.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; bad options before anything is written; a model that was trained otherwise; whatever goes
/// wrong with files.
pub fn pooling(dataset: &Dataset, options: &Options, device: &Device, watch: &mut dyn Watch) -> Result<PoolingResults> {
    let plan = Plan::new(options.profile, dataset)?;
    study(&plan, dataset, options, device, watch)
}

/// What was measured of a pair of models, and the files that it was measured on.
#[derive(Serialize, Deserialize)]
struct Part<T> {
    sha256: Vec<String>,
    found: T,
}

pub(super) fn study(
    plan: &Plan,
    dataset: &Dataset,
    options: &Options,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<PoolingResults> {
    let count = options.seeds.unwrap_or(plan.seeds);
    if count == 0 {
        return Err(Error::value("seeds", "at least 1", 0));
    }
    let seeds: Vec<u64> = (0..count as u64).map(|i| options.seed.wrapping_add(i)).collect();
    let any = |architecture| Cell {
        architecture,
        pool: Pool::Avg,
        training: Defense::Normal,
        seed: 0,
    };
    for &architecture in &plan.architectures {
        plan.recipe(&any(architecture), dataset)?;
    }
    let store = Store::open(&options.out, &identity(plan, dataset, options))?;
    let study = Study {
        store: &store,
        plan,
        dataset,
        device,
    };
    let (mut models, mut stages) = (Vec::new(), Vec::new());
    for &seed in &seeds {
        for &architecture in &plan.architectures {
            for &training in &plan.trainings {
                let cells = Pool::ALL.map(|pool| Cell {
                    architecture,
                    pool,
                    training,
                    seed,
                });
                let (pair, layers) = study.pair(cells, watch)?;
                models.extend(pair);
                stages.extend(layers);
            }
        }
    }
    let architectures: Vec<String> = plan.architectures.iter().map(|&name| name.to_owned()).collect();
    let place = |architecture: &str| architectures.iter().position(|name| name == architecture);
    let training = |name: &str| plan.trainings.iter().position(|training| training.name() == name);
    // By seed they were made; both sorts keep max before avg.
    models.sort_by_key(|model: &ModelResult| (place(&model.architecture), training(&model.training), model.seed));
    stages.sort_by_key(|model: &LayerResult| (place(&model.architecture), model.seed));
    let trainings: Vec<&str> = plan.trainings.iter().map(|training| training.name()).collect();
    let comparisons = comparisons(&models, &architectures, &trainings);
    let layer_comparisons = layer_comparisons(&stages, &architectures);
    let correlations = correlations(&stages, &architectures, options.seed);
    store.tick()?;
    let results = PoolingResults {
        dataset: dataset.name.clone(),
        profile: options.profile.name().into(),
        seeds,
        version: env!("CARGO_PKG_VERSION").into(),
        device: options.device_name.clone(),
        threads: options.threads,
        isa: isa().name().into(),
        data: data_summary(dataset),
        architectures,
        trainings: plan.training_settings(dataset),
        attacks: plan.attacks(),
        claims: claims(&comparisons, &layer_comparisons, &correlations),
        models,
        layers: stages,
        comparisons,
        layer_comparisons,
        correlations,
        matched_within: MATCHED_WITHIN,
        seconds: BTreeMap::from([
            ("train".into(), train::seconds(&store)?),
            ("attack".into(), study.seconds("attack")?),
            ("layers".into(), study.seconds("layers")?),
            ("total".into(), store.seconds()),
        ]),
    };
    let json = serde_json::to_vec_pretty(&results)
        .map_err(|e| Error::file(store.results(), format!("cannot be written as JSON: {e}")))?;
    write_atomically(&store.results(), &json)?;
    Ok(results)
}

/// What makes two runs the same run. Seeds can be added.
fn identity(plan: &Plan, dataset: &Dataset, options: &Options) -> String {
    let prepared = match dataset.preparation {
        preparation if preparation.is_none() => String::new(),
        preparation => format!(" ({preparation})"),
    };
    format!(
        "pooling study of {}{prepared} {}: {} steps of {}, {} images, doubleback {}",
        dataset.name,
        options.profile,
        plan.steps,
        plan.batch,
        plan.images,
        env!("CARGO_PKG_VERSION")
    )
}

struct Study<'a> {
    store: &'a Store,
    plan: &'a Plan,
    dataset: &'a Dataset,
    device: &'a Device,
}

impl Study<'_> {
    /// Trains, attacks and looks into the models of one architecture, training and seed.
    fn pair(&self, cells: [Cell; 2], watch: &mut dyn Watch) -> Result<(Vec<ModelResult>, Vec<LayerResult>)> {
        let mut networks = Vec::with_capacity(2);
        let mut sums = Vec::with_capacity(2);
        for cell in &cells {
            networks.push(train::model(
                self.store,
                self.plan,
                cell,
                self.dataset,
                self.device,
                watch,
            )?);
            let path = self.store.model(&cell.name());
            let file = std::fs::read(&path).map_err(Error::io(&path, "reading the model"))?;
            sums.push(sha256([file.as_slice()].into_iter()));
        }
        let [max, avg] = [&networks[0], &networks[1]];
        let label = format!("{}-{}-seed{}", cells[0].architecture, cells[0].training, cells[0].seed);
        let withstood: [Withstood; 2] = self.part("attack", &label, &sums, |study| {
            study.attacked([max, avg], &format!("attacking {label}"), watch)
        })?;
        let mut stages = Vec::new();
        if cells[0].training == Defense::Normal {
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
            count: self.plan.images,
            device: self.device,
        };
        let steps = 4 * self.plan.eps.len() * test.batches().count();
        watch.begin(phase, steps);
        let mut step = 0;
        withstand(models, &test, self.plan, &mut || {
            step += 1;
            let progress = Progress {
                step,
                steps,
                loss: f64::NAN,
            };
            match watch.advance(progress).is_break() {
                true => Err(Error::Interrupted),
                false => Ok(()),
            }
        })
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
        if let Some(part) = self.store.get::<Part<T>>(&name)?
            && part.sha256 == sums
        {
            return Ok(part.found);
        }
        let started = Instant::now();
        let part = Part {
            sha256: sums.to_vec(),
            found: compute(self).inspect_err(|_| {
                // The time counts even if the work stopped; a failure to note it must not hide why.
                let _ = self.store.tick();
            })?,
        };
        self.store.put(&name, &part)?;
        let seconds = self.seconds(kind)? + started.elapsed().as_secs_f64();
        self.store.put(&format!("{kind}-seconds"), &seconds)?;
        self.store.tick()?;
        Ok(part.found)
    }

    /// Seconds spent on the finished parts of a kind.
    fn seconds(&self, kind: &str) -> Result<f64> {
        Ok(self.store.get(&format!("{kind}-seconds"))?.unwrap_or(0.0))
    }

    fn model_result(&self, cell: &Cell, withstood: &Withstood, sha256: String) -> ModelResult {
        let worst_case = withstood.worst_case();
        let attacks = [
            (Fgsm::default().name(), &withstood.fgsm),
            (self.plan.pgd(Loss::CrossEntropy).name(), &withstood.pgd),
            (self.plan.pgd(Loss::Margin).name(), &withstood.pgd_margin),
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
