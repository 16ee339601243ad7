//! From models to a study's folder.

use std::collections::BTreeMap;

use doubleback::attack::AttackSpec;
use doubleback::data::sha256;
use doubleback::evaluate::{Chosen, Named, TestSet, clean_accuracy};
use doubleback::nn::checksum;
use doubleback::progress::{Phase, Watch};

use super::attempts::{Attempt, attempts};
use super::cells;
use super::confusion::confusion;
use super::craft::{Crafter, Success};
use super::levels::{Drawn, Scale};
use super::names;
use super::practice::practice;
use super::record::{CellRecord, ImageRecord, Record};
use super::request::{Request, Subject, role_of};
use super::sheet::Sheets;
use crate::folder::{self, Attack, Candidate, Contents, Data, Manifest, Model, Protocol};
use crate::{Error, Result};

/// Makes a study: attacks the first test images of each class towards every other class, for each model; rounds what comes of it to 8 bits, as it is shown;
/// keeps what the model, asked again, takes for the target. The folder then has `study.json`, `images/`, `texts/`, `matrices/`, by the number of a model
/// its first candidates from each class to each other, and for the researcher `stimuli.png`, a row of it for each model and class, and `stimuli.json`, a
/// [`Record`].
///
/// The same request gives the same bytes on the same processor. An interruption leaves nothing. A cell without any candidate is warned of.
///
/// # Errors
/// When settings, models and data do not go together; when images are no pictures of 8 bits; when the folder is not free; with
/// [`strict`](Request::strict) when a cell has fewer candidates than the protocol wants, all of which the message lists;
/// [`Interrupted`](doubleback::Error::Interrupted) when `watch` breaks; when files cannot be written.
pub fn make(request: &Request<'_>, watch: &mut dyn Watch) -> Result<Manifest> {
    Made::of(request, watch)?.write(request, Vec::new())
}

/// A study that is not written yet.
pub(super) struct Made {
    manifest: Manifest,
    images: BTreeMap<String, Vec<u8>>,
    /// For the researcher.
    others: Vec<(String, Vec<u8>)>,
}

impl Made {
    /// Does all work but writing.
    pub fn of(request: &Request<'_>, watch: &mut dyn Watch) -> Result<Self> {
        let (spec, eps) = request.checked()?;
        let scale = Scale::of(request.dataset)?;
        folder::check_free(request.folder)?;
        let attack = spec.attack()?;
        let crafter = Crafter {
            dataset: request.dataset,
            device: request.device,
            scale,
            spec: &spec,
            attack: &attack,
            eps: &eps,
        };
        let plan = attempts(request.dataset, request.per_class);
        let mut images = BTreeMap::new();
        let mut manifest = manifest(request, &spec, &eps, watch)?;
        manifest.practice = practice(request.dataset, request.per_class, request.seed, scale, &mut images)?;
        if manifest.practice.is_empty() {
            tracing::warn!(
                "{}: has no test images beyond those that are attacked, and so there are none to practise on",
                request.dataset.name
            );
        }
        let (mut record, mut drawn) = (Record::default(), BTreeMap::new());
        for (model, subject) in request.models.iter().enumerate() {
            let originals = originals(&crafter, subject, &plan)?;
            let found = crafter.craft(subject, &plan, watch)?;
            let predicted = |index: usize| originals.get(&index).copied().unwrap_or_default();
            manifest
                .confusion
                .push(confusion(model, &plan, &found, predicted, &spec));
            record.cells.extend(cell_records(model, &plan, &found, predicted));
            for (attempt, success) in plan.iter().flatten().zip(found.into_iter().flatten()) {
                let Some(success) = success else { continue };
                let Attempt {
                    index,
                    original,
                    target,
                } = *attempt;
                let file = names::file(request.seed, &format!("candidate {model} {index} {target}"));
                let made = ImageRecord::of(&success, predicted(index));
                record.images.insert(file.clone(), made);
                manifest.candidates.push(Candidate {
                    sha256: sha256(std::iter::once(success.drawn.png.as_slice())),
                    file: file.clone(),
                    model,
                    index,
                    original,
                    target,
                });
                drawn.insert(file, success.drawn);
            }
        }
        manifest.protocol.short = cells::short(&manifest);
        check_cells(&manifest, request.strict)?;
        let sheets = Sheets {
            manifest: &manifest,
            drawn: &drawn,
            dataset: request.dataset,
            scale,
        };
        let mut others = vec![("stimuli.png".to_owned(), sheets.contact_sheet()?)];
        let matrices = sheets.matrices()?.into_iter().enumerate();
        others.extend(matrices.map(|(model, png)| (format!("matrices/{model}.png"), png)));
        others.push(("stimuli.json".to_owned(), record.json()?));
        images.extend(drawn.into_iter().map(|(file, Drawn { png, .. })| (file, png)));
        Ok(Self {
            manifest,
            images,
            others,
        })
    }

    /// Writes the folder, with further files in it.
    pub fn write(mut self, request: &Request<'_>, more: Vec<(String, Vec<u8>)>) -> Result<Manifest> {
        self.others.extend(more);
        let contents = Contents {
            manifest: &self.manifest,
            images: &self.images,
            texts: &request.texts,
            others: &self.others,
        };
        folder::create(request.folder, &contents)?;
        Ok(self.manifest)
    }
}

/// The manifest without images.
fn manifest(request: &Request<'_>, spec: &AttackSpec, eps: &[f64], watch: &mut dyn Watch) -> Result<Manifest> {
    let dataset = request.dataset;
    let test = TestSet {
        split: &dataset.test,
        shape: dataset.shape,
        chosen: Chosen::ALL,
        device: request.device,
    };
    let mut phase = Phase::begin("accuracy", request.models.len(), watch);
    let mut models = Vec::new();
    for subject in request.models {
        models.push(model(subject, &test)?);
        phase.step_done()?;
    }
    let mut options = spec.options()?;
    // Every other class is a target.
    options.remove("target");
    Ok(Manifest {
        format: Manifest::FORMAT,
        title: request.title.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        data: Data {
            dataset: dataset.name.clone(),
            checksum: test.checksum(),
            shape: [dataset.shape.height, dataset.shape.width, dataset.shape.channels],
        },
        classes: dataset.classes.clone(),
        seed: request.seed,
        models,
        attack: Attack {
            name: spec.name().to_owned(),
            options: options.into(),
            eps: eps.to_vec(),
        },
        protocol: Protocol {
            per_class: request.per_class,
            candidates: request.per_class * (dataset.classes.len() - 1),
            short: Vec::new(),
        },
        candidates: Vec::new(),
        practice: Vec::new(),
        confusion: Vec::new(),
    })
}

fn model(subject: &Subject<'_>, test: &TestSet<'_>) -> Result<Model> {
    let named = Named {
        name: subject.name,
        model: subject.network,
    };
    let clean = clean_accuracy(&[named], test)?;
    Ok(Model {
        name: subject.name.to_owned(),
        role: subject.role.unwrap_or_else(|| role_of(subject.card)),
        file: subject.file.to_owned(),
        checksum: checksum(subject.network)?,
        clean_accuracy: clean.first().map_or(0.0, |found| found.accuracy),
        training: subject.card.clone(),
    })
}

/// What a model takes the images that are attacked for, unchanged, by their places.
fn originals(crafter: &Crafter<'_>, subject: &Subject<'_>, plan: &[Vec<Attempt>]) -> Result<BTreeMap<usize, usize>> {
    let mut places: Vec<usize> = plan.iter().flatten().map(|attempt| attempt.index).collect();
    places.dedup();
    let predicted = crafter.predict_originals(subject, &places)?;
    Ok(places.into_iter().zip(predicted).collect())
}

fn cell_records(
    model: usize,
    plan: &[Vec<Attempt>],
    found: &[Vec<Option<Success>>],
    predicted: impl Fn(usize) -> usize,
) -> Vec<CellRecord> {
    let of_class = |(original, (attempts, found)): (usize, (&Vec<Attempt>, &Vec<Option<Success>>))| {
        let mut places: Vec<usize> = attempts.iter().map(|attempt| attempt.index).collect();
        places.dedup();
        CellRecord {
            model,
            original,
            images: places.len(),
            rightly: places.iter().filter(|&&index| predicted(index) == original).count(),
            attempts: attempts.len(),
            found: found.iter().flatten().count(),
        }
    };
    plan.iter().zip(found).enumerate().map(of_class).collect()
}

/// Says which cells are empty, and with `strict` refuses those that are short.
fn check_cells(manifest: &Manifest, strict: bool) -> Result<()> {
    let (short, wanted) = (&manifest.protocol.short, manifest.protocol.candidates);
    if strict && !short.is_empty() {
        return Err(Error::Setting(format!(
            "{} of {} cells have fewer than the {wanted} candidates of the protocol ({}). Try larger sizes of the attack or other models, or leave out `--strict`",
            short.len(),
            manifest.models.len() * manifest.classes.len(),
            cells::in_words(manifest, short)
        )));
    }
    if manifest.candidates.is_empty() {
        return Err(Error::Setting(
            "the attack fooled no model: there are no images to show. Try larger sizes of the attack, or other models"
                .to_owned(),
        ));
    }
    let empty: Vec<_> = short.iter().filter(|cell| cell.found == 0).cloned().collect();
    if !empty.is_empty() {
        tracing::warn!(
            "cells without any candidate, which participants will see nothing of: {}",
            cells::in_words(manifest, &empty)
        );
    }
    Ok(())
}
