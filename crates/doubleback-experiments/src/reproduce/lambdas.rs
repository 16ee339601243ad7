//! Models over a grid of penalty weights, shorter trained than the main ones (Figures 7 and 9).

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::model_names::NORMAL;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::extent::LambdaGrid;
use super::options::Options;
use crate::interruptible::{Interruptible, SharedWatch};
use crate::lambda_rule::{Candidate, choose, is_eligible};
use crate::reproduce::pictures::{LambdaGradient, Picture, score_gradient};
use crate::reproduce::results::LambdaPoint;
use crate::run_folder::RunFolder;
use doubleback::attack::AttackSpec;
use doubleback::batch::tensor_of;
use doubleback::data::Dataset;
use doubleback::evaluate::{Chosen, Named, TestSet, Transfer, clean_accuracy};
use doubleback::nn::{self, Network, to_vec};
use doubleback::train::{CurvePoint, DefenseKind, Recipe, paper_lambda};
use doubleback::{Error, Result};

/// Images whose gradients are kept.
const PICTURES: usize = 5;
/// Test images of the accuracies.
const IMAGES: usize = 1024;
/// The grid's normal model among the models of the folder.
const GRID_NORMAL: &str = "lambda-normal";

/// The grid's models, measured.
#[derive(Default)]
pub(super) struct Measured {
    pub points: Vec<LambdaPoint>,
    pub gradients: Vec<LambdaGradient>,
    /// What a reader should know, such as trainings that diverged.
    pub notes: Vec<String>,
}

/// A finished part of the folder: a training that ended, or why it did not.
#[derive(Serialize, Deserialize)]
enum Part {
    Trained(Box<LambdaPoint>, LambdaGradient),
    Diverged(String),
}

/// What a grid is trained and measured on.
pub(super) struct Grid<'a> {
    pub folder: &'a RunFolder,
    pub dataset: &'a Dataset,
    pub options: &'a Options,
    pub device: &'a Device,
    pub pictures: &'a [Picture],
}

impl Grid<'_> {
    /// Trains and measures what is not there yet.
    pub fn measure(&self, grid: &LambdaGrid, watch: &SharedWatch<'_>) -> Result<Measured> {
        let normal = self.normal(grid, watch)?;
        let mut measured = Measured::default();
        let zero = (DefenseKind::Normal, vec![0.0]);
        for (defense, lambdas) in std::iter::once(&zero).chain(&grid.lambdas) {
            for &lambda in lambdas {
                let part = format!("lambda-{defense}-{lambda}");
                let found = match self.folder.get(&part)? {
                    Some(found) => found,
                    None => {
                        let found = self.point(grid, *defense, lambda, &normal, watch)?;
                        self.folder.put(&part, &found)?;
                        self.folder.tick()?;
                        // Only now: if the run is killed before this, the checkpoint leads to the same point.
                        self.recipe(grid, *defense, lambda).clean(&self.work(*defense, lambda)?);
                        found
                    }
                };
                match found {
                    Part::Trained(point, gradient) => {
                        measured.points.push(*point);
                        measured.gradients.push(gradient);
                    }
                    Part::Diverged(why) => {
                        let note = format!("{defense} with lambda {lambda} is missing from the grid of weights: {why}");
                        tracing::warn!("{note}");
                        measured.notes.push(note);
                    }
                }
            }
        }
        select(&mut measured.points);
        Ok(measured)
    }

    fn recipe(&self, grid: &LambdaGrid, defense: DefenseKind, lambda: f64) -> Recipe {
        let mut recipe = self.options.profile.recipe(defense, self.dataset, self.options.seed);
        recipe.options.steps = grid.steps;
        recipe.options.curve_every = recipe.options.curve_every.min(grid.steps.div_ceil(8));
        if let Some(penalty) = recipe.defense.penalty_mut() {
            penalty.lambda = lambda;
        }
        recipe
    }

    fn work(&self, defense: DefenseKind, lambda: f64) -> Result<PathBuf> {
        let folder = self.folder.work().join(format!("lambda-{defense}-{lambda}"));
        std::fs::create_dir_all(&folder).map_err(Error::io(&folder, "making the folder"))?;
        Ok(folder)
    }

    /// The normal model of the grid, whose examples the others are held against.
    fn normal(&self, grid: &LambdaGrid, watch: &SharedWatch<'_>) -> Result<(Network, Vec<CurvePoint>)> {
        let folder = self.work(DefenseKind::Normal, 0.0)?;
        let path = folder.join("normal.safetensors");
        let made = self.folder.has_file(GRID_NORMAL, &path)?;
        if let (true, Some(curve)) = (made, self.folder.get("lambda-normal-curve")?) {
            return Ok((nn::load(&path, self.device)?.0, curve));
        }
        let recipe = self.recipe(grid, DefenseKind::Normal, 0.0);
        let mut told = watch;
        let cooked = recipe.run(self.dataset, self.device, Some(&folder), &mut told)?;
        nn::save(&cooked.trained.network, &recipe.card(self.dataset), &path)?;
        self.folder.made_file(GRID_NORMAL, &path)?;
        self.folder.put("lambda-normal-curve", &cooked.trained.curve)?;
        Ok((cooked.trained.network, cooked.trained.curve))
    }

    fn point(
        &self,
        grid: &LambdaGrid,
        defense: DefenseKind,
        lambda: f64,
        (normal, normal_curve): &(Network, Vec<CurvePoint>),
        watch: &SharedWatch<'_>,
    ) -> Result<Part> {
        let recipe = self.recipe(grid, defense, lambda);
        let mut told = watch;
        let (network, curve) = match defense {
            DefenseKind::Normal => (normal.clone(), normal_curve.clone()),
            _ => match recipe.run(self.dataset, self.device, Some(&self.work(defense, lambda)?), &mut told) {
                Ok(cooked) => (cooked.trained.network, cooked.trained.curve),
                Err(error @ Error::Diverged { .. }) => return Ok(Part::Diverged(error.to_string())),
                Err(error) => return Err(error),
            },
        };
        let (watched, watched_normal) = (Interruptible::new(&network, watch), Interruptible::new(normal, watch));
        let model = Named {
            name: defense.name(),
            model: &watched,
        };
        let source = Named {
            name: NORMAL,
            model: &watched_normal,
        };
        let set = |split, count| TestSet {
            split,
            shape: self.dataset.shape,
            chosen: Chosen::First(count),
            device: self.device,
        };
        let validation = set(&self.dataset.validation, usize::MAX);
        let test = set(&self.dataset.test, IMAGES);
        let fgsm = AttackSpec::named("fgsm")?.attack()?;
        let attacked = |crafted_on, set: &TestSet<'_>, eps: &[f64]| {
            let counts = Transfer::new(&[model], set).run(&fgsm, crafted_on, eps)?;
            Ok::<_, Error>(counts.cells())
        };
        let only = |values: Vec<_>| {
            values
                .into_iter()
                .next()
                .ok_or_else(|| Error::value("models", "one", 0))
        };
        let on_validation = attacked(source, &validation, &[0.0, recipe.options.curve_eps])?;
        let eps = [0.1, 0.2, 0.3, 0.4, 0.5];
        let gradients = self.pictures.iter().take(PICTURES).map(|picture| {
            let range = picture.index..picture.index + 1;
            let image = tensor_of(&self.dataset.test, self.dataset.shape, range, self.device);
            to_vec(score_gradient(&network, &image)?)
        });
        let gradient = LambdaGradient {
            defense: defense.name().into(),
            lambda,
            gradients: gradients.collect::<Result<_>>()?,
        };
        let point = LambdaPoint {
            defense: defense.name().into(),
            lambda,
            paper_lambda: paper_lambda(lambda, recipe.options.batch),
            steps: grid.steps,
            validation_accuracy: on_validation[0].accuracy,
            validation_fgsm_accuracy: on_validation[1].accuracy,
            test: only(clean_accuracy(&[model], &set(&self.dataset.test, usize::MAX))?)?,
            black_box: attacked(source, &test, &eps)?,
            white_box: attacked(model, &test, &eps)?,
            eligible: false,
            selected: false,
            curve,
        };
        Ok(Part::Trained(Box::new(point), gradient))
    }
}

/// Marks the eligible points and, of each defense, the one that the paper's rule selects. The first point is the normal model.
fn select(points: &mut [LambdaPoint]) {
    let Some(normal) = points.first().map(|point| point.validation_accuracy) else {
        return;
    };
    for point in points.iter_mut() {
        point.eligible = is_eligible(point.validation_accuracy, normal);
    }
    let defenses: BTreeSet<String> = points[1..].iter().map(|point| point.defense.clone()).collect();
    for defense in defenses {
        let eligible = points
            .iter()
            .enumerate()
            .filter(|(_, point)| point.defense == defense && point.eligible);
        let chosen = choose(eligible.map(|(place, point)| Candidate {
            model: place,
            lambda: point.lambda,
            attacked: point.validation_fgsm_accuracy,
        }));
        if let Some(place) = chosen {
            points[place].selected = true;
        }
    }
}
