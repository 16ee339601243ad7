use burn::tensor::Tensor;
use rayon::prelude::*;

use super::nearest::{Begun, Boundary, Nearest, begin, boundaries, cost, found, settle, targets, zero_gradient};
use super::pixels::{Pixels, batch};
use super::plane::Way;
use super::{BoundedAttack, Found, Goal, Metric, MinimalAttack, Norm, Perturbation};
use crate::nn::Classifier;
use crate::random::Stream;
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
/// kept if no example is nearer, and drawn back to `0.1 x₀ + 0.9 x`. As in the ensemble of the same authors there is no final search on the segment between
/// image and example.
///
/// The first start is the image: nothing is drawn. Others, as many as [`restarts`](Fab::restarts) says more, are drawn by the seed and the image alone, half as
/// far away as eps (of several the least), or as the nearest example by then if that is nearer.
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
    /// Starts, at least 1, of which the first is the image; of FAB-T, for each target.
    pub restarts: usize,
    /// Seed of the other starts.
    pub seed: u64,
}

impl Default for Fab {
    /// 100 steps in L∞ towards the nearest class, from the image alone.
    fn default() -> Self {
        Self {
            norm: Norm::default(),
            steps: 100,
            targets: None,
            restarts: 1,
            seed: 0,
        }
    }
}

impl Fab {
    /// The nearest example of each image. Images leave that have one within `eps`, if there is an eps.
    fn follow<'a>(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        goal: &Goal,
        eps: Option<f64>,
        (pixels, rooms): (&'a Pixels, &'a [[f32; 2]]),
    ) -> Result<Vec<Nearest<'a>>> {
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        if self.targets == Some(0) {
            return Err(Error::value("targets", "at least 1", 0));
        }
        if self.restarts == 0 {
            return Err(Error::value("restarts", "at least 1", 0));
        }
        let Goal::AwayFrom(classes) = goal else {
            return Err(Error::value("goal of FAB", "away from a class", "towards a class"));
        };
        let Begun {
            mut walks,
            mut standing,
            logits,
        } = begin(model, images, goal, self.norm, (pixels, rooms))?;
        let enough = eps.unwrap_or(0.0);
        let greatest = eps.unwrap_or_else(|| self.norm.greatest_eps(model));
        let ranks = self.targets.unwrap_or(1).min(model.classes().saturating_sub(1));
        let starts = (0..ranks).flat_map(|rank| (0..self.restarts).map(move |restart| (rank, restart)));
        for (rank, restart) in starts {
            let towards = match self.targets {
                Some(_) => targets(&logits, classes, rank)?,
                None => None,
            };
            let mut running = standing.clone();
            let mut active = running.select(&mut walks);
            if active.is_empty() {
                break;
            }
            if restart == 0 {
                active.iter_mut().for_each(|walk| walk.x.copy_from_slice(walk.image));
            } else {
                let number = (rank * self.restarts + restart) as u64;
                active.par_iter_mut().for_each(|walk| self.draw(walk, number, greatest));
                // Where it starts it may have arrived.
                settle(model, images, &running.goal(goal), self.norm, &mut active)?;
                let open: Vec<bool> = active.iter().map(|walk| walk.found() > enough).collect();
                running.keep(&open);
            }
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
                let reached = settle(model, images, &running.goal(goal), self.norm, &mut active)?;
                let open: Vec<bool> = active
                    .into_iter()
                    .zip(reached)
                    .map(|(walk, reached)| {
                        if reached {
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

    /// To a random start: half as far as the nearest example, or `greatest` if that is nearer.
    fn draw(&self, walk: &mut Nearest<'_>, restart: u64, greatest: f64) {
        let image = walk.image;
        let mut change = vec![0f32; image.len()];
        self.norm
            .draw(&mut change, &mut Stream::AttackStart { image, restart }.of(self.seed));
        let own = Metric::from(self.norm).length(change.iter().map(|&value| f64::from(value)));
        let scale = if own > 0.0 {
            walk.found().min(greatest) / 2.0 / own
        } else {
            0.0
        };
        let moved = image.iter().zip(change);
        walk.go(moved.map(|(&image, change)| f64::from(image) + scale * f64::from(change)));
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
        let [near, far] = [&short, &long].map(|change| Metric::from(self.norm).length(change.iter().copied()));
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
    fn nearest_in(&self) -> Option<Metric> {
        Some(self.norm.into())
    }

    fn search(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal) -> Result<Found> {
        let pixels = Pixels::of(images, model)?;
        let rooms = pixels.rooms(model.bounds());
        let walks = self.follow(model, images, goal, None, (&pixels, &rooms))?;
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
        let walks = self.follow(
            model,
            images,
            goal,
            least.is_finite().then_some(least),
            (&pixels, &rooms),
        )?;
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
