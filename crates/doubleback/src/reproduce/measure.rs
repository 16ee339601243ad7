//! Everything measured on the trained models, part by part.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use burn::tensor::Device;
use doubleback_ops::kernels::isa;

use super::run::{Options, TrainingRecord};
use super::store::Store;
use crate::attack::{BoundedAttack, Fgsm, Tgsm};
use crate::data::Dataset;
use crate::evaluate::{
    CleanHits, Counts, DataSummary, Named, PublishedGradients, Results, Seconds, Statistics, TestSet, TrainingSummary,
    claims, clean_accuracy, margin_check, score, smoothness, statistics, transfer,
};
use crate::train::{Progress, Recipe, Watch, paper_lambda};
use crate::{Error, Result};

/// The trained models and what to measure them on.
pub(super) struct Evaluation<'a> {
    pub store: &'a Store,
    pub dataset: &'a Dataset,
    pub device: &'a Device,
    pub named: &'a [Named<'a>],
    pub options: &'a Options,
}

impl Evaluation<'_> {
    pub fn test(&self, count: usize) -> TestSet<'_> {
        TestSet {
            split: &self.dataset.test,
            shape: self.dataset.shape,
            count,
            device: self.device,
        }
    }

    pub fn measure(
        &self,
        recipes: &[Recipe],
        records: &BTreeMap<&'static str, TrainingRecord>,
        published: Option<&PublishedGradients>,
        watch: &mut dyn Watch,
    ) -> Result<Results> {
        let (store, named, profile) = (self.store, self.named, self.options.profile);
        let attacks: [&dyn BoundedAttack; 2] = [&Fgsm::default(), &Tgsm::default()];
        let parts = (attacks.len() + 1) * named.len() + 2;
        watch.begin("evaluating", parts);
        let mut done = 0;
        let mut step = |watch: &mut dyn Watch| {
            done += 1;
            match watch.advance(Progress {
                step: done,
                steps: parts,
                loss: f64::NAN,
            }) {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(Error::Interrupted),
            }
        };
        let clean = store.part_or("clean", || clean_accuracy(named, &self.test(usize::MAX)))?;
        step(watch)?;
        let test = self.test(profile.transfer_images());
        let mut unperturbed = CleanHits::default();
        let (mut cells, mut masking) = (Vec::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
        for attack in attacks {
            for &crafted_on in named {
                let part = format!("transfer-{}-{}", attack.name(), crafted_on.name);
                let counts: Counts = store.part_or(&part, || {
                    transfer(attack, crafted_on, named, &test, &profile.eps(), &mut unperturbed)
                })?;
                cells.extend(counts.cells());
                masking
                    .entry(crafted_on.name.into())
                    .or_default()
                    .insert(attack.name().into(), counts.masking());
                step(watch)?;
            }
        }
        let margin = store.part_or("margin", || margin_check(named, &test, &[0.1, 0.2, 0.3, 0.4, 0.5]))?;
        step(watch)?;
        let (mut gradients, mut log_probabilities, mut rough, mut smooth) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &model in named {
            let found: Statistics =
                store.part_or(&format!("statistics-{}", model.name), || statistics(model, &test))?;
            gradients.extend(found.gradients);
            log_probabilities.push(found.log_probabilities);
            if model.name == "normal" {
                rough = found.roughness;
            } else {
                smooth.push(smoothness(model.name, &found.roughness, &rough));
            }
            step(watch)?;
        }
        let published_perturbations = match published {
            Some(published) => {
                let eps: Vec<f64> = (1..=5).map(|i| f64::from(i) / 10.0).collect();
                store
                    .part_or("published", || score(published, named, &self.test(usize::MAX), &eps))?
                    .cells()
            }
            None => store
                .get::<Counts>("published")?
                .map(|counts| counts.cells())
                .unwrap_or_default(),
        };
        let mut results = Results {
            dataset: self.dataset.name.clone(),
            profile: profile.name().into(),
            seed: self.options.seed,
            version: env!("CARGO_PKG_VERSION").into(),
            device: self.options.device_name.clone(),
            threads: self.options.threads,
            isa: isa().name().into(),
            data: data_summary(self.dataset),
            models: named.iter().map(|m| m.name.to_owned()).collect(),
            training: recipes
                .iter()
                .map(|r| (r.defense.name().into(), summary(r, &records[r.defense.name()])))
                .collect(),
            clean_accuracy: clean.iter().map(|c| (c.model.clone(), c.accuracy)).collect(),
            clean,
            transfer: cells,
            masking,
            margin_check: margin,
            gradients,
            smoothness: smooth,
            log_probabilities,
            curves: records.values().flat_map(|r| r.curves.clone()).collect(),
            claims: Vec::new(),
            published_perturbations,
            overlaps: Vec::new(),
            targeted: Vec::new(),
            lambdas: Vec::new(),
            seeds: Vec::new(),
            seconds: Seconds {
                train: records.iter().map(|(&name, r)| (name.to_owned(), r.seconds)).collect(),
                step: recipes
                    .iter()
                    .map(|r| {
                        (
                            r.defense.name().to_owned(),
                            records[r.defense.name()].seconds / r.options.steps as f64,
                        )
                    })
                    .collect(),
                evaluate: 0.0,
                total: 0.0,
            },
        };
        results.claims = claims(&results);
        Ok(results)
    }
}

fn data_summary(dataset: &Dataset) -> DataSummary {
    DataSummary {
        train: dataset.train.len(),
        validation: dataset.validation.len(),
        test: dataset.test.len(),
        shape: [dataset.shape.channels, dataset.shape.height, dataset.shape.width],
        bounds: [dataset.bounds.low, dataset.bounds.high],
        classes: dataset.classes.clone(),
        preparation: (!dataset.preparation.is_none()).then(|| dataset.preparation.to_string()),
        checksums: dataset
            .sources
            .iter()
            .map(|s| (s.file.clone(), s.sha256.clone()))
            .collect(),
        notes: Vec::new(),
    }
}

fn summary(recipe: &Recipe, record: &TrainingRecord) -> TrainingSummary {
    let (o, defense) = (&recipe.options, recipe.defense);
    let lambda = defense.has_lambda().then_some(recipe.lambda);
    TrainingSummary {
        defense: defense.name().into(),
        steps: o.steps,
        batch: o.batch,
        learning_rate: o.adam.learning_rate,
        lambda,
        paper_lambda: lambda.map(|lambda| paper_lambda(lambda, o.batch)),
        temperature: defense.has_teacher().then_some(recipe.temperature),
        adversarial_eps: defense.has_adversary().then_some(recipe.adversarial_eps),
        parameters: record.parameters,
    }
}
