//! A whole diagnosis, phase by phase; what is finished stays in the output folder.

use std::collections::BTreeMap;
use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::assemble::Readings;
use super::attacked::Images;
use super::generators::{generators, training};
use super::inputs::{check, settings};
use super::model_file::ModelFile;
use super::options::Options;
use super::oracle::{descriptions, oracle_recipes};
use super::pictures;
use super::results::{DiagnosisResults, ModelDiagnosis, OracleSummary};
use crate::interruptible::{Interruptible, SharedWatch};
use crate::run_folder::RunFolder;
use crate::run_record::RunRecord;
use doubleback::attack::{Attack, AttackSpec};
use doubleback::data::Dataset;
use doubleback::diagnose::Decoders;
use doubleback::diagnose::batches;
use doubleback::diagnose::eps_sweep;
use doubleback::diagnose::share_that;
use doubleback::diagnose::{EpsPoint, Estimate};
use doubleback::diagnose::{Judge, OracleReading};
use doubleback::diagnose::{ProbeReading, Probes};
use doubleback::evaluate::Named;
use doubleback::nn::{Classifier, Ensemble, Stage, Staged};
use doubleback::progress::{Phase, Renamed, Watch};
use doubleback::{Error, Result};

/// Images that eps is chosen by.
const SWEEP_IMAGES: usize = 256;

/// Diagnoses models that were trained on `dataset`, or does what is left of it, and writes `results.json`. All are attacked with the same attack
/// and eps, each with its own gradients, and judged by the same oracle: the mean of the probabilities of the networks `oracle`, or of some that are trained first if there are none.
///
/// # Errors
/// [`Error::Interrupted`] when `watch` breaks; bad options before anything is written; whatever goes wrong with files.
pub fn diagnose(
    dataset: &Dataset,
    models: &[ModelFile],
    oracle: &[ModelFile],
    options: &Options,
    device: &Device,
    watch: &mut dyn Watch,
) -> Result<DiagnosisResults> {
    let attack = AttackSpec::named(&options.attack)?.attack()?;
    let stages = check(dataset, models, oracle, options, &attack)?;
    let here = RunRecord::here(&options.device_name, options.threads);
    let folder = RunFolder::open(&options.out, &settings(dataset, models, oracle, options), dataset, here)?;
    let mut run = Run {
        dataset,
        options,
        attack: &attack,
        device,
        seconds: folder.get("phases")?.unwrap_or_default(),
        folder: &folder,
    };
    let trained;
    let members = match oracle {
        [] => {
            trained = run.trained_oracle(models, watch)?;
            &trained
        }
        given => given,
    };
    let networks = members.iter().map(|member| &member.network as &dyn Classifier);
    let oracle = Ensemble::new(networks.collect())?;
    let oracle_summary = OracleSummary {
        description: descriptions(members),
        error: run.oracle_error(&oracle)?,
        sha256: members.iter().map(|member| member.sha256.clone()).collect(),
    };
    let (eps, mut sweeps) = run.eps(models, watch)?;
    let mut diagnosed = Vec::with_capacity(models.len());
    for (place, (model, stages)) in models.iter().zip(&stages).enumerate() {
        let sweep = match sweeps.is_empty() {
            true => None,
            false => Some(std::mem::take(&mut sweeps[place])),
        };
        diagnosed.push(run.model(model, stages, &oracle, eps, sweep, watch)?);
    }
    let mut seconds = run.seconds;
    seconds.insert("total".into(), folder.seconds());
    folder.tick()?;
    // As they were when the run began.
    let data = folder.data().clone();
    let (machine, machines) = folder.machines()?;
    let mut settings = options.settings(dataset);
    settings.extend(machines.map(|machines| ("machines".to_owned(), machines)));
    let results = DiagnosisResults {
        dataset: dataset.name.clone(),
        profile: options.profile.name().into(),
        seed: options.seed,
        run: machine,
        settings,
        data: data.checksums,
        content: data.content,
        count: options.count(&dataset.test),
        index: options.sample.as_ref().map(|sample| sample.indices().to_vec()),
        sample_seed: options.sample.as_ref().map(|sample| sample.seed()),
        shape: data.shape,
        bounds: data.bounds,
        classes: data.classes,
        oracle: oracle_summary,
        models: diagnosed,
        seconds,
    };
    folder.write_results(&results)?;
    Ok(results)
}

struct Run<'a> {
    dataset: &'a Dataset,
    options: &'a Options,
    attack: &'a Attack,
    device: &'a Device,
    folder: &'a RunFolder,
    seconds: BTreeMap<String, f64>,
}

impl Run<'_> {
    /// Adds the time that something takes to a phase, even if it fails.
    fn timed<T>(&mut self, phase: &str, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let done = work(self);
        *self.seconds.entry(phase.to_owned()).or_default() += started.elapsed().as_secs_f64();
        match (&done, self.folder.put("phases", &self.seconds), self.folder.tick()) {
            (Ok(_), Err(e), _) | (Ok(_), _, Err(e)) => Err(e),
            // A failure to note the time must not hide why the work failed.
            _ => done,
        }
    }

    /// A finished part, or what `compute` gives, timed.
    fn part<T: Serialize + DeserializeOwned>(
        &mut self,
        phase: &str,
        name: &str,
        compute: impl FnOnce(&Self) -> Result<T>,
    ) -> Result<T> {
        match self.folder.get(name)? {
            Some(found) => Ok(found),
            None => self.timed(phase, |run| run.folder.part_or(name, || compute(run))),
        }
    }

    fn trained_oracle(&mut self, models: &[ModelFile], watch: &mut dyn Watch) -> Result<Vec<ModelFile>> {
        let architectures: Vec<_> = models.iter().map(|model| model.network.architecture()).collect();
        let budget = &self.options.budget;
        let recipes = oracle_recipes(&architectures, self.dataset, budget.oracle_steps, self.options.seed)?;
        let mut members = Vec::with_capacity(recipes.len());
        for (number, recipe) in (1..).zip(&recipes) {
            let name = format!("oracle-{number}");
            let path = self.folder.model(&name);
            if !self.folder.has_model(&name)? {
                self.timed("oracle", |run| {
                    let work = run.folder.work().join(&name);
                    std::fs::create_dir_all(&work).map_err(Error::io(&work, "making the folder"))?;
                    let mut watch = Renamed::new(watch, |_: &str| {
                        format!("oracle, network {number} of {}", recipes.len())
                    });
                    recipe.run_to(&path, run.dataset, run.device, &work, &mut watch)?;
                    run.folder.made_model(&name)
                })?;
            }
            members.push(ModelFile::read(&path, self.device)?);
        }
        Ok(members)
    }

    fn oracle_error(&self, oracle: &dyn Classifier) -> Result<Estimate> {
        let mut wrong = Vec::new();
        let (dataset, count) = (self.dataset, self.options.count(&self.dataset.test));
        let oracle = Named {
            name: "the oracle",
            model: oracle,
        };
        for (images, labels, range) in batches(&dataset.test, dataset.shape, count, self.device) {
            let said = oracle.predict(&images, |row| range.start + row)?;
            wrong.extend(said.iter().zip(&labels).map(|(said, label)| said != label));
        }
        Ok(share_that(wrong))
    }

    /// The eps of all, and, where it was to be found, the sweep of each model; it is chosen on the first.
    fn eps(&mut self, models: &[ModelFile], watch: &mut dyn Watch) -> Result<(Option<f64>, Vec<Vec<EpsPoint>>)> {
        if !self.attack.takes_eps() || self.options.eps.is_some() {
            return Ok((self.options.eps, Vec::new()));
        }
        let (mut chosen, mut sweeps) = (None, Vec::new());
        for model in models {
            let (eps, points) = self.sweep(model, watch)?;
            chosen.get_or_insert(eps);
            sweeps.push(points);
        }
        Ok((chosen, sweeps))
    }

    fn sweep(&mut self, model: &ModelFile, watch: &mut dyn Watch) -> Result<(f64, Vec<EpsPoint>)> {
        self.part("sweep", &format!("sweep-{}", model.name), |run| {
            // Settings are chosen by validation images where there are any.
            let images = match run.dataset.validation.is_empty() {
                true => &run.dataset.test,
                false => &run.dataset.validation,
            };
            let shared = SharedWatch::new(watch);
            let (watched, mut told) = (Interruptible::new(&model.network, &shared), &shared);
            let sweep = eps_sweep(&watched, run.attack, images, SWEEP_IMAGES, run.device, &mut told);
            let sweep = sweep.map_err(|error| error.of_model(&model.name, |image| image))?;
            Ok((sweep.chosen.eps, sweep.points))
        })
    }

    fn model(
        &mut self,
        model: &ModelFile,
        studied: &[usize],
        oracle: &dyn Classifier,
        eps: Option<f64>,
        sweep: Option<Vec<EpsPoint>>,
        watch: &mut dyn Watch,
    ) -> Result<ModelDiagnosis> {
        let (dataset, options, device, folder) = (self.dataset, self.options, self.device, self.folder);
        let (name, network) = (&model.name, &model.network);
        let all = network.stages();
        let stages: Vec<Stage> = studied.iter().map(|&stage| all[stage].clone()).collect();
        let count = options.count(&dataset.test);
        let images = self.timed("attack", |run| {
            let model = Named { name, model: network };
            Images::attack(model, run.attack, eps, &dataset.test, count, device, watch)
        })?;
        let sweep = match sweep {
            Some(points) => points,
            None if eps.is_none() || images.point().tells_layers_apart() => Vec::new(),
            None => self.sweep(model, watch)?.1,
        };
        let probes: [ProbeReading; 2] = self.part("probes", &format!("probes-{name}"), |_| {
            let probes = Probes::train(network, studied, &dataset.train, &options.probes(), device, watch)?;
            let mut readings = [ProbeReading::default(), ProbeReading::default()];
            for batch in &images.batches {
                let labels = &images.labels[batch.range.clone()];
                probes.read(network, batch.clean.clone(), labels, &mut readings[0])?;
                probes.read(network, batch.attacked.clone(), labels, &mut readings[1])?;
            }
            Ok(readings)
        })?;
        let decoders: Vec<Vec<f64>> = self.part("decoders", &format!("decoders-{name}"), |_| {
            let decoders = Decoders::train(network, studied, &dataset.train, &options.decoders(), device, watch)?;
            let mut errors = Vec::new();
            for batch in &images.batches {
                decoders.read(network, &batch.clean, &mut errors)?;
            }
            Ok(errors)
        })?;
        let gan = self.timed("InterpretGAN", |_| {
            generators(folder, model, studied, dataset, &options.gan(), device, watch)
        })?;
        let judge = Judge {
            model: network,
            stages: studied,
            explainer: &gan,
            oracle,
            draws: options.budget.draws,
            seed: options.seed,
        };
        let said: [OracleReading; 2] = self.part("explanations", &format!("explanations-{name}"), |_| {
            let mut readings = [OracleReading::default(), OracleReading::default()];
            let mut phase = Phase::begin(&format!("explaining {name}"), count, watch);
            // The first batch is large: from here on its time counts.
            phase.done(0)?;
            for batch in &images.batches {
                let (range, first) = (batch.range.clone(), batch.range.start);
                let labels = &images.labels[range.clone()];
                judge.read(
                    &batch.clean,
                    labels,
                    &images.clean[range.clone()],
                    first,
                    &mut readings[0],
                )?;
                judge.read(
                    &batch.attacked,
                    labels,
                    &images.attacked[range.clone()],
                    first,
                    &mut readings[1],
                )?;
                phase.done(range.end)?;
            }
            Ok(readings)
        })?;
        let readings = Readings {
            stages: &stages,
            images: &images,
            oracle: [&said[0], &said[1]],
            probes: [&probes[0], &probes[1]],
            decoders: &decoders,
            seed: options.seed,
        };
        let explained = self.part("pictures", &format!("pictures-{name}"), |_| {
            let places = pictures::chosen(&images, dataset.classes.len());
            let mut explained = pictures::explained(&judge, &images, &places, &readings.flips(), &stages)?;
            for image in &mut explained {
                image.index = options.index(image.index);
            }
            Ok(explained)
        })?;
        self.timed("intervals", |_| {
            Ok(ModelDiagnosis {
                model: name.clone(),
                card: model.card.clone(),
                sha256: model.sha256.clone(),
                import: model.source.clone(),
                clean_error: images.clean_error(),
                attack: images.summary(self.attack, options.eps.is_none() && eps.is_some(), options.seed),
                sweep,
                layers: readings.layers()?,
                probes: readings.probe_layers()?,
                information: readings.information_layers()?,
                sum_of_v: readings.sum_of_v(),
                consistency: readings.consistency(),
                flips: readings.flip_counts(),
                correlations: readings.correlations(),
                images: explained,
                generators: training(&gan, model),
            })
        })
    }
}
