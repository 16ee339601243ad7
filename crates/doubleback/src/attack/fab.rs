use burn::tensor::Tensor;
use rayon::prelude::*;

use super::nearest::{Boundary, Nearest, boundaries, cost, found, targets, zero_gradient};
use super::pixels::{Pixels, batch};
use super::plane::{Way, length};
use super::{BoundedAttack, Found, Goal, MinimalAttack, Norm, Perturbation, Standing};
use crate::nn::{Classifier, predictions};
use crate::{Error, Result};

/// The most that a step leans towards the image: the paper's α_max.
const LEAN: f64 = 0.1;
/// How far a step goes beyond the boundary: η.
const BEYOND: f64 = 1.05;
/// Share of the way that is kept when an example is drawn back towards the image: β.
const KEPT: f64 = 0.9;

/// Fast adaptive boundary attack (Croce & Hein 2020, "Minimally distorted adversarial examples with a fast adaptive boundary attack", algorithm 1): looks
/// for the nearest example by projecting on the boundary, which is taken for a plane, within the data's bounds.
///
/// With `δ` and `δ₀` the shortest ways from the point `x` and from the image `x₀` to the plane of the nearest boundary at `x`, and
/// `α = min(‖δ‖ / (‖δ‖ + ‖δ₀‖), 0.1)`, the next point is `(1 - α)(x + 1.05 δ) + α (x₀ + 1.05 δ₀)`, clipped to the bounds; where that is misclassified, it is
/// kept if no example is nearer, and drawn back to `0.1 x₀ + 0.9 x`. It starts at the image: nothing is drawn. As in the ensemble of the same authors there
/// are no random restarts and no final search on the segment between image and example.
///
/// Without [`targets`](Fab::targets) each step takes a gradient for each class but one. With them it is FAB-T: one target after the other, the most likely
/// other class first, each with one gradient a step; a point that is taken for any other class is an example.
///
/// As a [`MinimalAttack`] it gives the nearest example. As a [`BoundedAttack`] an image leaves as soon as an example is within the least of the epsilons, and
/// one whose nearest example is beyond an epsilon is moved towards it as far as that allows.
///
/// Projections look at each value's own room, on the processor.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Fab, Goal, Norm, run_minimal};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let fab = Fab { norm: Norm::L2, ..Fab::default() };
/// let attacked = run_minimal(&model, &fab, &images, &Goal::AwayFrom(vec![0]))?;
/// // The boundary is 0.1 / √2 away.
/// assert!((attacked.by_eps[0].l2[0] - 0.0711).abs() < 1e-4);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fab {
    /// The norm in which examples are to be near.
    pub norm: Norm,
    /// Steps, at least 1; of FAB-T, for each target.
    pub steps: usize,
    /// How many of the most likely other classes are targets, one after the other: all of a model that has fewer. Without, each step aims at the nearest class.
    pub targets: Option<usize>,
}

impl Default for Fab {
    /// 100 steps in L∞ towards the nearest class.
    fn default() -> Self {
        Self {
            norm: Norm::default(),
            steps: 100,
            targets: None,
        }
    }
}

impl Fab {
    /// The nearest example of each image; images leave that have one within `enough`.
    fn follow<'a>(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        goal: &Goal,
        enough: f64,
        (pixels, rooms): (&'a Pixels, &'a [[f32; 2]]),
    ) -> Result<Vec<Nearest<'a>>> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if self.targets == Some(0) {
            return Err(Error::value("targets", "at least 1", 0));
        }
        let Goal::AwayFrom(classes) = goal else {
            return Err(Error::value("goal of FAB", "away from a class", "towards a class"));
        };
        let of_images = pixels.iter().zip(rooms.chunks_exact(pixels.length)).zip(classes);
        let mut walks: Vec<Nearest<'_>> = of_images
            .map(|((image, room), &class)| Nearest::new(image, room, class))
            .collect();
        let logits = model.logits(images.clone())?;
        let reached = goal.reached(&predictions(&logits)?);
        for (walk, &reached) in walks.iter_mut().zip(&reached) {
            walk.forwards += 1;
            if reached {
                walk.keep(self.norm);
            }
        }
        let ranks = self.targets.unwrap_or(1).min(model.classes().saturating_sub(1));
        let mut standing = Standing::of(&reached.iter().map(|reached| !reached).collect::<Vec<_>>());
        for rank in 0..ranks {
            let towards = match self.targets {
                Some(_) => targets(&logits, classes, rank)?,
                None => None,
            };
            let mut running = standing.clone();
            running
                .select(&mut walks)
                .into_iter()
                .for_each(|walk| walk.x.copy_from_slice(walk.image));
            for _ in 0..self.steps {
                if running.is_empty() {
                    break;
                }
                let mut active = running.select(&mut walks);
                let towards: Option<Vec<usize>> = towards
                    .as_ref()
                    .map(|of| running.places().iter().map(|&place| of[place]).collect());
                let planes = boundaries(model, images, self.norm, towards.as_deref(), &mut active)?;
                active
                    .par_iter_mut()
                    .zip(&planes)
                    .for_each(|(walk, plane)| self.step(walk, plane));
                let x = batch(active.iter().map(|walk| &*walk.x), images);
                let reached = running.goal(goal).reached(&predictions(&model.logits(x)?)?);
                let open: Vec<bool> = active
                    .into_iter()
                    .zip(reached)
                    .map(|(walk, reached)| {
                        walk.forwards += 1;
                        if reached {
                            walk.keep(self.norm);
                            draw_back(walk);
                        }
                        walk.found() > enough
                    })
                    .collect();
                running.keep(&open);
            }
            let open: Vec<bool> = standing
                .places()
                .iter()
                .map(|&place| walks[place].found() > enough)
                .collect();
            standing.keep(&open);
        }
        Ok(walks)
    }

    /// From the point and the image to the boundary and beyond.
    fn step(&self, walk: &mut Nearest<'_>, plane: &Boundary) {
        let Boundary { ahead, normal } = plane;
        let way = |from| Way {
            from,
            normal,
            room: walk.room,
        };
        let short = way(&walk.x).shortest(self.norm, -ahead);
        // What the plane says of the image itself.
        let moved: f64 = walk
            .image
            .iter()
            .zip(&walk.x)
            .zip(normal)
            .map(|((&image, &x), &normal)| (f64::from(image) - f64::from(x)) * f64::from(normal))
            .sum();
        let long = way(walk.image).shortest(self.norm, -(ahead + moved));
        let [near, far] = [&short, &long].map(|change| length(self.norm, change.iter().copied()));
        let lean = if near + far > 0.0 {
            (near / (near + far)).min(LEAN)
        } else {
            0.0
        };
        let next: Vec<f64> = (0..short.len())
            .map(|i| {
                let from_point = f64::from(walk.x[i]) + BEYOND * short[i];
                let from_image = f64::from(walk.image[i]) + BEYOND * long[i];
                (1.0 - lean) * from_point + lean * from_image
            })
            .collect();
        walk.go(next.into_iter());
    }
}

/// Towards the image.
fn draw_back(walk: &mut Nearest<'_>) {
    for (x, &image) in walk.x.iter_mut().zip(walk.image) {
        *x = ((1.0 - KEPT) * f64::from(image) + KEPT * f64::from(*x)) as f32;
    }
}

impl MinimalAttack for Fab {
    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let walks = self.follow(model, images, goal, 0.0, (&pixels, &rooms))?;
        Ok(found(&walks, images))
    }
}

impl BoundedAttack for Fab {
    fn norm(&self) -> Norm {
        self.norm
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let least = eps.iter().copied().fold(f64::INFINITY, f64::min);
        let walks = self.follow(model, images, goal, least, (&pixels, &rooms))?;
        let within = |eps: f64| {
            let examples: Vec<Vec<f32>> = walks.iter().map(|walk| example_within(walk, eps)).collect();
            batch(examples.iter().map(Vec::as_slice), images)
        };
        Ok(Perturbation {
            images: eps.iter().map(|&eps| within(eps)).collect(),
            zero_gradient: zero_gradient(&walks),
            cost: vec![cost(&walks); eps.len()],
        })
    }
}

/// The nearest example, or if it is beyond eps, the point at eps on the way there.
fn example_within(walk: &Nearest<'_>, eps: f64) -> Vec<f32> {
    match &walk.example {
        None => walk.image.to_vec(),
        Some((example, distance)) if *distance <= eps => example.clone(),
        Some((example, distance)) => {
            let share = eps / distance;
            let between = |(&image, &example): (&f32, &f32)| {
                let (image, example) = (f64::from(image), f64::from(example));
                (image + share * (example - image)) as f32
            };
            walk.image.iter().zip(example).map(between).collect()
        }
    }
}
