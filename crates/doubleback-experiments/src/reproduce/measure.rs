//! Everything measured on the trained models, part by part.

use std::collections::BTreeMap;

use super::model_names::{ADVTRAIN, DOUBLEBACK, NORMAL};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::by_class::by_class;
use super::claims::{Measurements, claims};
use super::options::Options;
use super::overlap::overlap;
use super::published::{PublishedGradients, score};
use super::results::{ByClass, LambdaPoint, Overlap, Seconds, TrainingSummary};
use super::targeted::{TargetedAttack, TargetedGrid, TargetedRun, TargetedSummary, TargetedTally, targeted_grid_of};
use super::training::TrainingRecord;
use crate::claim::Claim;
use crate::interruptible::SharedWatch;
use crate::run_folder::RunFolder;
use doubleback::Result;
use doubleback::attack::{Attack, AttackSpec, Ifgsm, Jsma};
use doubleback::data::Dataset;
use doubleback::evaluate::{
    Chosen, CleanAccuracy, Confusion, Counts, GradientDistribution, LogProbabilities, MarginCheck, Masking, Named,
    Smoothness, Statistics, TestSet, Transfer, TransferCell, clean_confusion, margin_check, smoothness, statistics,
};
use doubleback::progress::Phase;
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
    pub by_class: Vec<ByClass>,
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

/// What the authors' perturbations did, and the file that they were in.
#[derive(Serialize, Deserialize)]
struct Published {
    sha256: String,
    counts: Counts,
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
    pub fn measure(&self, published: Option<&PublishedGradients>, watch: &SharedWatch<'_>) -> Result<Measured> {
        let (folder, named, profile) = (self.folder, self.named, self.options.profile);
        let attacks = [
            AttackSpec::named("fgsm")?.attack()?,
            AttackSpec::named("tgsm")?.attack()?,
        ];
        let steps = (attacks.len() + 1) * named.len() + 3;
        let mut told = watch;
        let mut phase = Phase::begin("evaluating", steps, &mut told);
        let kept = folder.has("clean");
        let clean: Vec<Confusion> = folder.part_or("clean", || clean_confusion(named, &self.test(usize::MAX)))?;
        step(&mut phase, kept)?;
        let test = self.test(profile.transfer_images());
        let mut transfer = Transfer::new(named, &test);
        let (mut all, mut masking) = (Vec::<Counts>::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
        for attack in &attacks {
            for &crafted_on in named {
                let part = format!("transfer-{}-{}", attack.name(), crafted_on.name);
                let kept = folder.has(&part);
                let counts: Counts = folder.part_or(&part, || transfer.run(attack, crafted_on, &profile.eps()))?;
                masking
                    .entry(crafted_on.name.into())
                    .or_default()
                    .insert(attack.name().into(), counts.masking());
                all.push(counts);
                step(&mut phase, kept)?;
            }
        }
        let kept = folder.has("margin");
        let margin = folder.part_or("margin", || margin_check(named, &test, &[0.1, 0.2, 0.3, 0.4, 0.5]))?;
        step(&mut phase, kept)?;
        let kept = folder.has("overlaps");
        let overlaps = folder.part_or("overlaps", || self.overlaps(&attacks, &test))?;
        step(&mut phase, kept)?;
        let (mut gradients, mut log_probabilities, mut rough, mut smooth) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for &model in named {
            let part = format!("statistics-{}", model.name);
            let kept = folder.has(&part);
            let found: Statistics = folder.part_or(&part, || statistics(model, &test))?;
            gradients.extend(found.gradients);
            log_probabilities.push(found.log_probabilities);
            if model.name == NORMAL {
                rough = found.roughness;
            } else {
                smooth.push(smoothness(model.name, &found.roughness, &rough));
            }
            step(&mut phase, kept)?;
        }
        let mut aimed = Vec::new();
        for attack in &self.targeted_attacks() {
            for &crafted_on in named.iter().filter(|named| profile.aims_at(named.name)) {
                aimed.push(self.aimed(attack, crafted_on, watch)?);
            }
        }
        let models: Vec<String> = named.iter().map(|m| m.name.to_owned()).collect();
        let of_model = |(model, found): (&String, &Confusion)| CleanAccuracy::of(model, found);
        Ok(Measured {
            clean: models.iter().zip(&clean).map(of_model).collect(),
            transfer: all.iter().flat_map(Counts::cells).collect(),
            by_class: by_class(&models, &clean, &all, &self.dataset.classes),
            models,
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

    /// Every class of one model as the target of one attack; kept batch by batch, since with many classes it is most of the work.
    fn aimed(
        &self,
        attack: &TargetedAttack,
        crafted_on: Named<'_>,
        watch: &SharedWatch<'_>,
    ) -> Result<TargetedSummary> {
        let part = format!("targeted-{}-{}", attack.name(), crafted_on.name);
        if let Some(found) = self.folder.get(&part)? {
            return Ok(found);
        }
        let so_far = format!("{part}-so-far");
        let tally: TargetedTally = self.folder.get(&so_far)?.unwrap_or_default();
        let (test, per_class) = (self.test(usize::MAX), self.options.profile.targeted_images());
        let mut run = TargetedRun::new(attack, crafted_on, self.named, &test, per_class, tally)?;
        let mut told = watch;
        let phase = format!("{} on {}", attack.name(), crafted_on.name);
        let mut phase = Phase::begin(&phase, run.examples(), &mut told);
        phase.resume(run.done());
        while let Some(tally) = run.step()? {
            self.folder.put(&so_far, tally)?;
            phase.done(run.done())?;
        }
        let found = run.summary()?;
        self.folder.put(&part, &found)?;
        self.folder.forget(&so_far);
        self.folder.tick()?;
        Ok(found)
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
    pub fn grids(&self, watch: &SharedWatch<'_>) -> Result<Vec<TargetedGrid>> {
        let test = self.test(usize::MAX);
        let mut grids = Vec::new();
        for attack in self.targeted_attacks() {
            let aimed = |named: &&Named<'_>| self.options.profile.aims_at(named.name);
            for &crafted_on in self.named.iter().filter(aimed) {
                let part = format!("grid-{}-{}", attack.name(), crafted_on.name);
                let phase = format!("pictures of {} on {}", attack.name(), crafted_on.name);
                grids.push(self.folder.part_or(&part, || {
                    targeted_grid_of(&attack, crafted_on, &test, &mut |done, targets| {
                        if done == 0 {
                            watch.begin(&phase, targets);
                        }
                        watch.done(done, targets)
                    })
                })?);
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
        const PART: &str = "published";
        let known: Option<Published> = self.folder.get(PART)?;
        let Some(published) = published else {
            return Ok(known.map(|known| known.counts.cells()).unwrap_or_default());
        };
        if let Some(known) = known.filter(|known| known.sha256 == published.sha256()) {
            return Ok(known.counts.cells());
        }
        let eps: Vec<f64> = (1..=5).map(|i| f64::from(i) / 10.0).collect();
        let found = Published {
            sha256: published.sha256().to_owned(),
            counts: score(published, self.named, &self.test(usize::MAX), &eps)?,
        };
        self.folder.put(PART, &found)?;
        Ok(found.counts.cells())
    }
}

/// One more part is there, from this run or an earlier one.
fn step(phase: &mut Phase<'_>, kept: bool) -> Result<()> {
    if kept {
        phase.step_kept();
        return Ok(());
    }
    phase.step_done()
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
