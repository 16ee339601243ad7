//! What attacks share that look for the nearest boundary between classes: where the model says it is, and the nearest example found by now.

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::apgd_loss::other_class;
use super::pixels::{Pixels, batch};
use super::{Cost, Found, Goal, Metric, Norm, Standing};
use crate::nn::{Classifier, predictions, to_vec};
use crate::{Error, Result};

/// An image that is attacked, on the processor.
pub(super) struct Nearest<'a> {
    pub image: &'a [f32],
    /// From where to where each value may move.
    pub room: &'a [[f32; 2]],
    /// The class to leave.
    pub class: usize,
    /// Where the attack is now.
    pub x: Vec<f32>,
    /// The nearest example, with its distance.
    pub example: Option<(Vec<f32>, f64)>,
    pub gradients: usize,
    pub forwards: usize,
    /// A gradient had a value other than zero.
    pub nonzero: bool,
}

impl<'a> Nearest<'a> {
    pub fn new(image: &'a [f32], room: &'a [[f32; 2]], class: usize) -> Self {
        Self {
            image,
            room,
            class,
            x: image.to_vec(),
            example: None,
            gradients: 0,
            forwards: 0,
            nonzero: false,
        }
    }

    /// Takes the point as an example if none is nearer.
    pub fn keep(&mut self, metric: impl Into<Metric>) {
        let distance = self.distance(metric.into());
        if self.example.as_ref().is_none_or(|&(_, nearest)| distance < nearest) {
            self.example = Some((self.x.clone(), distance));
        }
    }

    /// How far the point is from the image.
    pub fn distance(&self, metric: Metric) -> f64 {
        let change = self
            .x
            .iter()
            .zip(self.image)
            .map(|(&a, &b)| f64::from(a) - f64::from(b));
        metric.length(change)
    }

    /// How far the nearest example is.
    pub fn found(&self) -> f64 {
        self.example.as_ref().map_or(f64::INFINITY, |&(_, distance)| distance)
    }

    /// Puts the point somewhere, within the room.
    pub fn go(&mut self, to: impl Iterator<Item = f64>) {
        for ((x, to), &[low, high]) in self.x.iter_mut().zip(to).zip(self.room) {
            *x = (to as f32).clamp(low, high);
        }
    }
}

/// Images at the beginning of an attack.
pub(super) struct Begun<'a> {
    pub walks: Vec<Nearest<'a>>,
    /// Those that are not where they should be already; the others are their own examples.
    pub standing: Standing,
    /// What the model says of the images.
    pub logits: Tensor<2>,
}

/// Asks the model for the images themselves.
pub(super) fn begin<'a>(
    model: &dyn Classifier,
    images: &Tensor<4>,
    goal: &Goal,
    metric: impl Into<Metric>,
    (pixels, rooms): (&'a Pixels, &'a [[f32; 2]]),
) -> Result<Begun<'a>> {
    let metric = metric.into();
    let of_images = pixels.iter().zip(rooms.chunks_exact(pixels.length)).zip(goal.classes());
    let mut walks: Vec<Nearest<'_>> = of_images
        .map(|((image, room), &class)| Nearest::new(image, room, class))
        .collect();
    let logits = model.logits(images.clone())?;
    let reached = goal.reached(&predictions(&logits)?);
    for (walk, &reached) in walks.iter_mut().zip(&reached) {
        walk.forwards += 1;
        if reached {
            walk.keep(metric);
        }
    }
    let open: Vec<bool> = reached.iter().map(|reached| !reached).collect();
    Ok(Begun {
        walks,
        standing: Standing::of(&open),
        logits,
    })
}

/// Asks the model for the points, and takes those as examples that reach the goal. By image, whether that is so.
pub(super) fn settle(
    model: &dyn Classifier,
    images: &Tensor<4>,
    goal: &Goal,
    metric: impl Into<Metric>,
    walks: &mut [&mut Nearest<'_>],
) -> Result<Vec<bool>> {
    let metric = metric.into();
    let x = batch(walks.iter().map(|walk| &*walk.x), images);
    let reached = goal.reached(&predictions(&model.logits(x)?)?);
    for (walk, &reached) in walks.iter_mut().zip(&reached) {
        walk.forwards += 1;
        if reached {
            walk.keep(metric);
        }
    }
    Ok(reached)
}

/// What the model says of points, one after the other.
pub(super) struct Slopes {
    reached: Vec<bool>,
    losses: Vec<f64>,
    gradients: Vec<f32>,
    /// Values of a point.
    length: usize,
}

impl Slopes {
    /// By point: whether it reaches the goal, the loss there, and its gradient times a positive number.
    pub fn by_point(&self) -> impl IndexedParallelIterator<Item = (bool, f64, &[f32])> {
        let of_points = self.reached.par_iter().zip(&self.losses);
        let with_gradients = of_points.zip(self.gradients.par_chunks_exact(self.length));
        with_gradients.map(|((&reached, &loss), gradient)| (reached, loss, gradient))
    }
}

/// Asks the model for the points of some images. `loss` is given the logits of one and the class, and fills in its gradient with respect to the logits.
pub(super) fn slopes(
    model: &dyn Classifier,
    images: &Tensor<4>,
    goal: &Goal,
    loss: impl Fn(&[f32], usize, &mut [f32]) -> f64,
    walks: &mut [&mut Nearest<'_>],
) -> Result<Slopes> {
    let x = batch(walks.iter().map(|walk| &*walk.x), images);
    let (logits, pullback) = model.logits_with_pullback(x)?;
    let reached = goal.reached(&predictions(&logits)?);
    let (dims, device, dtype) = (logits.dims(), logits.device(), logits.dtype());
    let values = to_vec(logits)?;
    let mut cotangent = vec![0f32; values.len()];
    let of_walks = values.chunks_exact(dims[1]).zip(cotangent.chunks_exact_mut(dims[1]));
    let losses = of_walks
        .zip(&*walks)
        .map(|((logits, cotangent), walk)| loss(logits, walk.class, cotangent))
        .collect();
    let cotangent = Tensor::from_data(TensorData::new(cotangent, dims), (&device, dtype));
    let gradients = to_vec(pullback.apply(cotangent)?)?;
    let length = walks.first().map_or(1, |walk| walk.image.len());
    for (walk, gradient) in walks.iter_mut().zip(gradients.chunks_exact(length)) {
        walk.gradients += 1;
        walk.nonzero |= gradient.iter().any(|&value| value != 0.0);
    }
    Ok(Slopes {
        reached,
        losses,
        gradients,
        length,
    })
}

/// How far the best other class is ahead of the own one. The gradient with respect to the logits is filled in.
pub(super) fn ahead(logits: &[f32], class: usize, cotangent: &mut [f32]) -> f64 {
    cotangent.fill(0.0);
    let others = (0..logits.len()).filter(|&k| k != class);
    let Some(best) = others.reduce(|best, k| if logits[k] > logits[best] { k } else { best }) else {
        return 0.0;
    };
    (cotangent[best], cotangent[class]) = (1.0, -1.0);
    f64::from(logits[best]) - f64::from(logits[class])
}

/// The boundary towards another class, as the model looks from a point: a plane.
#[derive(Clone, Debug)]
pub(super) struct Boundary {
    /// Logit of the other class minus that of the own one.
    pub ahead: f64,
    /// Its gradient.
    pub normal: Vec<f32>,
}

impl Boundary {
    /// The shortest way to it in a norm, were there no bounds; nothing where the plane has no direction.
    pub fn shortest(&self, norm: Norm) -> impl Iterator<Item = f64> {
        let length = Metric::from(norm).dual_length(&self.normal);
        let share = if length > 0.0 { -self.ahead / length } else { 0.0 };
        self.normal.iter().map(move |&value| {
            let value = f64::from(value);
            match norm {
                Norm::Linf if value == 0.0 => 0.0,
                Norm::Linf => share * value.signum(),
                Norm::L2 if length > 0.0 => share * value / length,
                Norm::L2 => 0.0,
            }
        })
    }

    /// Distance to it in a norm, were there no bounds.
    fn distance(&self, norm: Norm) -> f64 {
        self.ahead.abs() / Metric::from(norm).dual_length(&self.normal)
    }
}

/// By image: the boundary towards the class of that place among the others, or if none is named the nearest of all.
///
/// Of all classes it takes a gradient for each but the own one, of a single forward pass.
pub(super) fn boundaries(
    model: &dyn Classifier,
    images: &Tensor<4>,
    norm: Norm,
    towards: Option<&[usize]>,
    walks: &mut [&mut Nearest<'_>],
) -> Result<Vec<Boundary>> {
    let x = batch(walks.iter().map(|walk| &*walk.x), images);
    let (logits, pullback) = model.logits_with_pullback(x)?;
    let (dims, device, dtype) = (logits.dims(), logits.device(), logits.dtype());
    let classes = dims[1];
    let values = to_vec(logits)?;
    let ahead = |image: usize, other: usize, own: usize| {
        f64::from(values[image * classes + other]) - f64::from(values[image * classes + own])
    };
    let length = walks.first().map_or(1, |walk| walk.image.len());
    let mut nearest: Vec<Option<Boundary>> = vec![None; walks.len()];
    let rounds = if towards.is_some() {
        1
    } else {
        classes.saturating_sub(1)
    };
    for round in 0..rounds {
        let other = |image: usize, own: usize| match towards {
            Some(targets) => targets[image],
            None => round + usize::from(round >= own),
        };
        let mut cotangent = vec![0f32; values.len()];
        for (image, walk) in walks.iter().enumerate() {
            cotangent[image * classes + other(image, walk.class)] += 1.0;
            cotangent[image * classes + walk.class] -= 1.0;
        }
        let cotangent = Tensor::from_data(TensorData::new(cotangent, dims), (&device, dtype));
        let gradients = to_vec(pullback.apply(cotangent)?)?;
        for ((image, walk), normal) in walks.iter_mut().enumerate().zip(gradients.chunks_exact(length)) {
            walk.gradients += 1;
            walk.nonzero |= normal.iter().any(|&value| value != 0.0);
            let boundary = Boundary {
                ahead: ahead(image, other(image, walk.class), walk.class),
                normal: normal.to_vec(),
            };
            let best = nearest[image]
                .as_ref()
                .map_or(f64::INFINITY, |best| best.distance(norm));
            // A boundary without a gradient is nowhere.
            if boundary.distance(norm) < best || nearest[image].is_none() {
                nearest[image] = Some(boundary);
            }
        }
    }
    nearest
        .into_iter()
        .map(|boundary| boundary.ok_or_else(|| Error::value("classes of the model", "at least 2", classes)))
        .collect()
}

/// By image, the other class at a place of the order of its logits; none if there are not so many classes.
pub(super) fn targets(logits: &Tensor<2>, own: &[usize], rank: usize) -> Result<Option<Vec<usize>>> {
    let classes = logits.dims()[1];
    if rank + 1 >= classes {
        return Ok(None);
    }
    let values = to_vec(logits.clone())?;
    let of = |(logits, &own): (&[f32], &usize)| other_class(logits, own, rank);
    Ok(values.chunks_exact(classes).zip(own).map(of).collect())
}

/// The nearest examples; of images without one, the image itself.
pub(super) fn found(walks: &[Nearest<'_>], images: &Tensor<4>) -> Found {
    let example = |walk: &Nearest<'_>| {
        walk.example
            .as_ref()
            .map_or_else(|| walk.image.to_vec(), |(x, _)| x.clone())
    };
    let examples: Vec<Vec<f32>> = walks.iter().map(example).collect();
    Found {
        images: batch(examples.iter().map(Vec::as_slice), images),
        zero_gradient: zero_gradient(walks),
        cost: cost(walks),
    }
}

/// By image: gradients were asked for, and all were zero.
pub(super) fn zero_gradient(walks: &[Nearest<'_>]) -> Vec<bool> {
    walks.iter().map(|walk| walk.gradients > 0 && !walk.nonzero).collect()
}

pub(super) fn cost(walks: &[Nearest<'_>]) -> Cost {
    Cost {
        gradients: walks.iter().map(|walk| walk.gradients).collect(),
        forwards: walks.iter().map(|walk| walk.forwards).collect(),
    }
}
