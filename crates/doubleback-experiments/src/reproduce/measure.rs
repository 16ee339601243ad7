//! Everything measured on the trained models, part by part.

use std::collections::BTreeMap;

use super::model_names::{ADVTRAIN, DOUBLEBACK, NORMAL};
use burn::tensor::Device;

use super::claims::{Measurements, claims};
use super::options::Options;
use super::overlap::overlap;
use super::published::{PublishedGradients, score};
use super::results::{LambdaPoint, Overlap, Seconds, TrainingSummary};
use super::targeted::{TargetedAttack, TargetedGrid, TargetedSummary, targeted, targeted_grid};
use super::training::TrainingRecord;
use crate::claim::Claim;
use crate::run_folder::RunFolder;
use doubleback::Result;
use doubleback::attack::{Attack, AttackSpec, Ifgsm, Jsma};
use doubleback::data::Dataset;
use doubleback::evaluate::{
    Chosen, CleanAccuracy, Counts, GradientDistribution, LogProbabilities, MarginCheck, Masking, Named, Smoothness,
    Statistics, TestSet, Transfer, TransferCell, clean_accuracy, margin_check, smoothness, statistics,
};
use doubleback::progress::{Phase, Watch};
use doubleback::train::{Recipe, paper_lambda};

/// The trained models and what to measure them on.
pub(super) struct Evaluation<'a> {
    pub folder: &'a RunFolder,
    pub dataset: &'a Dataset,
    pub device: &'a Device,
    pub named: &'a [Named<'a>],
    pub options: &'a Options,
}

/// Everything measured on the trained models of one seed; the fields are those of [`Results`](super::results::Results) with the same names.
pub(super) struct Measured {
    pub models: Vec<String>,
    pub clean: Vec<CleanAccuracy>,
    pub transfer: Vec<TransferCell>,
    pub masking: BTreeMap<String, BTreeMap<String, Masking>>,
    pub margin_check: Vec<MarginCheck>,
    pub gradients: Vec<GradientDistribution>,
    pub smoothness: Vec<Smoothness>,
    pub log_probabilities: Vec<LogProbabilities>,
    pub published_perturbations: Vec<TransferCell>,
    pub overlaps: Vec<Overlap>,
    pub targeted: Vec<TargetedSummary>,
}

impl Measured {
    /// The paper's claims, held against these numbers and those of a grid of penalty weights.
    pub fn claims(&self, lambdas: &[LambdaPoint]) -> Vec<Claim> {
        claims(&Measurements {
            models: &self.models,
            clean: &self.clean,
            transfer: &self.transfer,
            masking: &self.masking,
            smoothness: &self.smoothness,
            targeted: &self.targeted,
            lambdas,
        })
    }
}

impl Evaluation<'_> {
    pub fn test(&self, count: usize) -> TestSet<'_> {
        TestSet {
            split: &self.dataset.test,
            shape: self.dataset.shape,
            chosen: Chosen::First(count),
            device: self.device,
        }
    }

    /// Everything that does not need another training.
    pub fn measure(&self, published: Option<&PublishedGradients>, watch: &mut dyn Watch) -> Result<Measured> {
        let (folder, named, profile) = (self.folder, self.named, self.options.profile);
        let attacks = [
            AttackSpec::named("fgsm")?.attack()?,
            AttackSpec::named("tgsm")?.attack()?,
        ];
        let targeted_attacks = self.targeted_attacks();
        let steps = (attacks.len() + 1) * named.len()
            + targeted_attacks.len() * named.iter().filter(|named| profile.aims_at(named.name)).count()
            + 3;
        let mut phase = Phase::begin("evaluating", steps, watch);
        let clean = folder.part_or("clean", || clean_accuracy(named, &self.test(usize::MAX)))?;
        phase.step_done()?;
        let test = self.test(profile.transfer_images());
        let mut transfer = Transfer::new(named, &test);
        let (mut cells, mut masking) = (Vec::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
        for attack in &attacks {
            for &crafted_on in named {
                let part = format!("transfer-{}-{}", attack.name(), crafted_on.name);
                let counts: Counts = folder.part_or(&part, || transfer.run(attack, crafted_on, &profile.eps()))?;
                cells.extend(counts.cells());
                masking
                    .entry(crafted_on.name.into())
                    .or_default()
                    .insert(attack.name().into(), counts.masking());
                phase.step_done()?;
            }
        }
        let margin = folder.part_or("margin", || margin_check(named, &test, &[0.1, 0.2, 0.3, 0.4, 0.5]))?;
        phase.step_done()?;
        let overlaps = folder.part_or("overlaps", || self.overlaps(&attacks, &test))?;
        phase.step_done()?;
        let (mut gradients, mut log_probabilities, mut rough, mut smooth) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &model in named {
            let found: Statistics =
                folder.part_or(&format!("statistics-{}", model.name), || statistics(model, &test))?;
            gradients.extend(found.gradients);
            log_probabilities.push(found.log_probabilities);
            if model.name == NORMAL {
                rough = found.roughness;
            } else {
                smooth.push(smoothness(model.name, &found.roughness, &rough));
            }
            phase.step_done()?;
        }
        let mut aimed = Vec::new();
        for attack in &targeted_attacks {
            for &crafted_on in named.iter().filter(|named| profile.aims_at(named.name)) {
                let part = format!("targeted-{}-{}", attack.name(), crafted_on.name);
                aimed.push(folder.part_or(&part, || {
                    targeted(
                        attack,
                        crafted_on,
                        named,
                        &self.test(usize::MAX),
                        profile.targeted_images(),
                    )
                })?);
                phase.step_done()?;
            }
        }
        Ok(Measured {
            models: named.iter().map(|m| m.name.to_owned()).collect(),
            clean,
            transfer: cells,
            masking,
            margin_check: margin,
            gradients,
            smoothness: smooth,
            log_probabilities,
            published_perturbations: self.published(published)?,
            overlaps,
            targeted: aimed,
        })
    }

    /// JSMA as in the paper, and iterated TGSM.
    fn targeted_attacks(&self) -> [TargetedAttack; 2] {
        let steps = self.options.profile.iterated_steps(self.dataset);
        [
            TargetedAttack::Jsma(Jsma::default()),
            TargetedAttack::Itgsm {
                attack: Ifgsm {
                    steps,
                    ..Ifgsm::default()
                },
                eps: 0.1,
            },
        ]
    }

    /// One picture of each class with every class as the target, for every model.
    pub fn grids(&self) -> Result<Vec<TargetedGrid>> {
        let test = self.test(usize::MAX);
        let mut grids = Vec::new();
        for attack in self.targeted_attacks() {
            let aimed = |named: &&Named<'_>| self.options.profile.aims_at(named.name);
            for &crafted_on in self.named.iter().filter(aimed) {
                grids.push(targeted_grid(&attack, crafted_on, &test)?);
            }
        }
        Ok(grids)
    }

    /// Of the paper's three models, on the examples of each.
    fn overlaps(&self, attacks: &[Attack], test: &TestSet<'_>) -> Result<Vec<Overlap>> {
        let find = |name: &str| self.named.iter().copied().find(|named| named.name == name);
        let (Some(normal), Some(advtrain), Some(doubleback)) = (find(NORMAL), find(ADVTRAIN), find(DOUBLEBACK)) else {
            return Ok(Vec::new());
        };
        let three = [normal, advtrain, doubleback];
        let eps = self.options.profile.overlap_eps(self.dataset);
        let mut overlaps = Vec::new();
        for attack in attacks {
            for crafted_on in three {
                overlaps.push(overlap(attack, eps, crafted_on, three, test)?);
            }
        }
        Ok(overlaps)
    }

    /// Accuracy on the authors' own perturbations, if their gradients were given now or in an earlier run.
    fn published(&self, published: Option<&PublishedGradients>) -> Result<Vec<TransferCell>> {
        let counts: Option<Counts> = match published {
            Some(published) => {
                let eps: Vec<f64> = (1..=5).map(|i| f64::from(i) / 10.0).collect();
                let score = || score(published, self.named, &self.test(usize::MAX), &eps);
                Some(self.folder.part_or("published", score)?)
            }
            None => self.folder.get("published")?,
        };
        Ok(counts.map(|counts| counts.cells()).unwrap_or_default())
    }
}

/// Times of a run whose attacks and evaluation took `evaluate` seconds of `total`.
pub(super) fn seconds(
    recipes: &[Recipe],
    records: &BTreeMap<&'static str, TrainingRecord>,
    evaluate: f64,
    total: f64,
) -> Seconds {
    let step = |recipe: &Recipe| {
        let name = recipe.defense.name();
        (name.to_owned(), records[name].seconds / recipe.options.steps as f64)
    };
    Seconds {
        train: records.iter().map(|(&name, r)| (name.to_owned(), r.seconds)).collect(),
        step: recipes.iter().map(step).collect(),
        evaluate,
        total,
    }
}

/// How a model was trained.
pub(super) fn summary(recipe: &Recipe, record: &TrainingRecord) -> TrainingSummary {
    let (o, defense) = (&recipe.options, recipe.defense);
    let lambda = defense.penalty().map(|penalty| penalty.lambda);
    TrainingSummary {
        defense: defense.name().into(),
        steps: o.steps,
        batch: o.batch,
        learning_rate: o.adam.learning_rate,
        lambda,
        paper_lambda: lambda.map(|lambda| paper_lambda(lambda, o.batch)),
        temperature: defense.temperature(),
        adversarial_eps: defense.adversarial_eps(),
        parameters: record.parameters,
    }
}
