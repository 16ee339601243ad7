use burn::tensor::{Bool, Int, Tensor, TensorData};

use super::apgd_loss::{ApgdLoss, other_class};
use super::{BoundedAttack, Cost, Ensemble, Goal, Metric, Norm, Perturbation, Room, Standing};
use crate::nn::{Classifier, Loss, predictions, to_vec};
use crate::random::Stream;
use crate::{Error, Result};

/// Share of steps since the last checkpoint that must have raised the loss, or the step is halved: the paper's ρ.
const RISING: f64 = 0.75;
/// Share of the step in the next point; the rest is momentum: the paper's α.
const STEP_SHARE: f64 = 0.75;

/// Auto-PGD (Croce & Hein 2020, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks", algorithm 1): PGD
/// with momentum whose step begins at `2 eps` and is halved at checkpoints where the loss does not grow well; then it goes on from the best point.
///
/// With `P` the projection on the ball of radius `eps` and on the data's bounds, and `d` the sign of the gradient or, in L2, the gradient over its length:
/// `z = P(x_k + step · d)` and `x_{k+1} = P(x_k + 0.75 (z - x_k) + 0.25 (x_k - x_{k-1}))`. At the checkpoints `⌈p_j · steps⌉`, `p` being 0.22, 0.41, 0.57,
/// 0.70, 0.80, 0.87, 0.93, 0.99, the step is halved if fewer than three quarters of the steps since the last checkpoint raised the loss, or if neither
/// step nor best loss changed since then.
///
/// An image leaves as soon as a point of its path reaches the goal, and that point is its example; one that is misclassified unperturbed is left as it is. Of
/// others the point of the greatest loss is given. The start is drawn by the seed, the restart and the image alone; its length is exactly `eps`.
///
/// Departures from the authors' program, which the paper has as here: a step counts as raising the loss against the point before it also for the first one,
/// and with exactly three quarters the step stays. Gradients are those of the loss times a positive number of each image, in f64, so that the cross-entropy of a
/// confident model still has a direction: see [`ApgdLoss`].
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Apgd, Goal, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run(&model, &Apgd::default(), &images, &Goal::AwayFrom(vec![0]), &[0.01, 0.1])?;
/// assert_eq!(attacked.by_eps[0].success, [false]);
/// assert_eq!(attacked.by_eps[1].success, [true]);
/// # Ok::<(), doubleback::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apgd {
    /// What to climb.
    pub loss: ApgdLoss,
    /// The norm that eps bounds.
    pub norm: Norm,
    /// Gradients to follow, at least 1.
    pub steps: usize,
    /// Seed of the random start.
    pub seed: u64,
    /// Which of the random starts of this seed it is, from 0.
    pub restart: u64,
}

impl Default for Apgd {
    /// 100 steps on the cross-entropy in L∞, as in the authors' ensemble.
    fn default() -> Self {
        Self {
            loss: ApgdLoss::default(),
            norm: Norm::default(),
            steps: 100,
            seed: 0,
            restart: 0,
        }
    }
}

impl Apgd {
    /// The best of so many random starts of each image, as [`Ensemble`] has it.
    ///
    /// # Errors
    /// When there are none.
    pub fn restarts(self, restarts: usize) -> Result<Ensemble> {
        let loss = match self.loss {
            ApgdLoss::CrossEntropy => Loss::CrossEntropy,
            ApgdLoss::Dlr | ApgdLoss::TargetedDlr { .. } => Loss::Margin,
        };
        Ensemble::of_starts(restarts, loss, move |number| {
            let restart = self.restart.wrapping_add(number);
            Box::new(Apgd { restart, ..self })
        })
    }

    /// The attack on the [`TargetedDlr`](ApgdLoss::TargetedDlr) of the `targets` most likely other classes of each image, one after the other, from so many
    /// random starts each; the goal is to leave the class, whatever for. Of a model that has fewer other classes, all are targets.
    ///
    /// # Errors
    /// When there are no targets or no starts.
    pub fn targeted(self, targets: usize, restarts: usize) -> Result<Ensemble> {
        if targets == 0 {
            return Err(Error::value("targets", "at least 1", 0));
        }
        let starts = targets.checked_mul(restarts);
        let starts = starts.ok_or_else(|| Error::value("restarts", "fewer", restarts))?;
        Ensemble::of_starts(starts, Loss::Margin, move |number| {
            let restart = self.restart.wrapping_add(number);
            let rank = (number / restarts as u64) as usize;
            let loss = ApgdLoss::TargetedDlr { rank };
            Box::new(Apgd { restart, loss, ..self })
        })
    }

    /// For each image a change whose length is 1.
    fn starts(&self, images: &Tensor<4>) -> Result<Tensor<4>> {
        let dims = images.dims();
        let mut values = to_vec(images.clone())?;
        let each = (values.len() / dims[0].max(1)).max(1);
        for image in values.chunks_exact_mut(each) {
            let restart = self.restart;
            let mut random = Stream::AttackStart { image, restart }.of(self.seed);
            self.norm.draw(image, &mut random);
            let size = Metric::from(self.norm).length(image.iter().map(|&v| f64::from(v)));
            let scale = if size > 0.0 { 1.0 / size } else { 0.0 };
            image.iter_mut().for_each(|v| *v = (f64::from(*v) * scale) as f32);
        }
        let data = TensorData::new(values, dims);
        Ok(Tensor::from_data(data, (&images.device(), images.dtype())))
    }

    /// Checkpoints, in steps.
    fn checkpoints(&self) -> Vec<usize> {
        let (mut hundredths, mut gap) = (vec![22], 22usize);
        while let Some(&last) = hundredths.last() {
            gap = (gap - 3).max(6);
            if last + gap > 100 {
                break;
            }
            hundredths.push(last + gap);
        }
        hundredths.into_iter().map(|p| (p * self.steps).div_ceil(100)).collect()
    }
}

impl BoundedAttack for Apgd {
    fn norm(&self) -> Norm {
        self.norm
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        self.loss.check(model.classes())?;
        if self.steps == 0 {
            return Err(Error::value("steps", "at least 1", self.steps));
        }
        // Of the third class the ratio is constant: it says nothing about the way there.
        if let (ApgdLoss::Dlr | ApgdLoss::TargetedDlr { .. }, Goal::Towards(_)) = (self.loss, goal) {
            let expected = "away from a class: towards one, climb the cross-entropy";
            return Err(Error::value(
                "goal of the difference of logits ratio",
                expected,
                "towards a class",
            ));
        }
        let logits = model.logits(images.clone())?;
        let reached = goal.reached(&predictions(&logits)?);
        let logits = to_vec(logits)?;
        let rows: Vec<Row> = logits
            .chunks_exact(model.classes())
            .zip(goal.classes())
            .map(|(logits, &class)| {
                let target = match self.loss {
                    ApgdLoss::TargetedDlr { rank } => other_class(logits, class, rank),
                    _ => None,
                };
                let unperturbed = self.loss.at(logits, class, target, &mut vec![0.0; logits.len()]) * goal.sign();
                Row {
                    class,
                    target,
                    unperturbed,
                    ..Row::default()
                }
            })
            .collect();
        // Ranks that a model does not have leave the images alone.
        let missing = |row: &Row| matches!(self.loss, ApgdLoss::TargetedDlr { .. }) && row.target.is_none();
        let open: Vec<bool> = rows
            .iter()
            .zip(&reached)
            .map(|(row, done)| !done && !missing(row))
            .collect();
        let starts = self.starts(images)?;
        let n = rows.len();
        let mut zero_gradient = ZeroOf::new(n);
        let mut examples = Vec::with_capacity(eps.len());
        let mut costs = Vec::with_capacity(eps.len());
        for &eps in eps {
            let mut cost = Cost::of_each(n, 0);
            cost.forwards.iter_mut().for_each(|forwards| *forwards = 1);
            let climb = Climb {
                attack: self,
                model,
                images,
                goal,
                eps,
            };
            examples.push(climb.run(&open, &rows, &starts, &mut zero_gradient, &mut cost)?);
            costs.push(cost);
        }
        Ok(Perturbation {
            images: examples,
            zero_gradient: zero_gradient.by_image(),
            cost: costs,
        })
    }
}

/// Whether the gradients of images were always zero.
struct ZeroOf {
    asked: Vec<bool>,
    nonzero: Vec<bool>,
}

impl ZeroOf {
    fn new(images: usize) -> Self {
        Self {
            asked: vec![false; images],
            nonzero: vec![false; images],
        }
    }

    /// A gradient of the images at some places.
    fn see(&mut self, gradient: &Tensor<4>, places: &[usize]) -> Result<()> {
        places.iter().for_each(|&place| self.asked[place] = true);
        // Mostly known after the first step.
        if places.iter().all(|&place| self.nonzero[place]) {
            return Ok(());
        }
        let largest = to_vec(gradient.clone().abs().flatten::<2>(1, 3).max_dim(1))?;
        for (&place, largest) in places.iter().zip(largest) {
            self.nonzero[place] |= largest != 0.0;
        }
        Ok(())
    }

    fn by_image(&self) -> Vec<bool> {
        let seen = self.asked.iter().zip(&self.nonzero);
        seen.map(|(asked, nonzero)| *asked && !nonzero).collect()
    }
}

/// What is known of an image on its way.
#[derive(Clone, Default)]
struct Row {
    class: usize,
    target: Option<usize>,
    /// Losses, of which more is better: of the image itself, the last point and the best one.
    unperturbed: f64,
    last: f64,
    best: f64,
    step: f64,
    /// Steps since the last checkpoint that raised the loss.
    rises: usize,
    /// The best loss at the last checkpoint, and whether the step was halved there.
    best_then: f64,
    halved_then: bool,
}

impl Row {
    /// Whether the step is to be halved at a checkpoint, so many steps after the last.
    fn check(&mut self, steps: usize) -> bool {
        let falters = (self.rises as f64) < RISING * steps as f64;
        let rests = !self.halved_then && self.best == self.best_then;
        let halve = falters || rests;
        (self.rises, self.best_then, self.halved_then) = (0, self.best, halve);
        if halve {
            self.step /= 2.0;
        }
        halve
    }
}

struct Climb<'a> {
    attack: &'a Apgd,
    model: &'a dyn Classifier,
    images: &'a Tensor<4>,
    goal: &'a Goal,
    eps: f64,
}

impl Climb<'_> {
    /// The examples. Pixels stay on the device; logits, of which there are few, go to the processor at each step, which says who is done.
    fn run(
        &self,
        open: &[bool],
        rows: &[Row],
        starts: &Tensor<4>,
        zero_gradient: &mut ZeroOf,
        cost: &mut Cost,
    ) -> Result<Tensor<4>> {
        let mut standing = Standing::of(open);
        let mut examples = self.images.clone();
        if standing.is_empty() {
            return Ok(examples);
        }
        let mut rows: Vec<Row> = standing.places().iter().map(|&place| rows[place].clone()).collect();
        rows.iter_mut().for_each(|row| row.step = 2.0 * self.eps);
        let checkpoints = self.attack.checkpoints();
        let mut last_checkpoint = 0;
        let mut images = standing.images(self.images);
        let mut room = Room::of(&images, self.model.bounds())?;
        let mut x = self.project(&images, &room, images.clone() + standing.images(starts) * self.eps);
        let (mut previous, mut best) = (x.clone(), x.clone());
        let mut best_gradient: Option<Tensor<4>> = None;
        for step in 0..=self.attack.steps {
            let last = step == self.attack.steps;
            let (logits, pullback) = if last {
                (self.model.logits(x.clone())?, None)
            } else {
                let (logits, pullback) = self.model.logits_with_pullback(x.clone())?;
                (logits, Some(pullback))
            };
            let reached = standing.goal(self.goal).reached(&predictions(&logits)?);
            let (better, cotangent) = self.judge(logits, step == 0, &mut rows)?;
            let spent = if last { &mut cost.forwards } else { &mut cost.gradients };
            standing.places().iter().for_each(|&place| spent[place] += 1);
            best = choose(&better, x.clone(), best);
            if reached.contains(&true) {
                examples = standing.replace(examples, x.clone(), &reached);
            }
            let left: Vec<bool> = reached.iter().map(|reached| !reached).collect();
            let mut gradient = match pullback {
                Some(pullback) if left.contains(&true) => pullback.apply(cotangent)?,
                _ => {
                    // The unperturbed image, where no point of the path is better.
                    let better = rows
                        .iter()
                        .zip(&left)
                        .map(|(row, &left)| left && row.best >= row.unperturbed);
                    return Ok(standing.replace(examples, best, &better.collect::<Vec<_>>()));
                }
            };
            zero_gradient.see(&gradient, standing.places())?;
            let mut known = match best_gradient {
                Some(known) => choose(&better, gradient.clone(), known),
                None => gradient.clone(),
            };
            if left.contains(&false) {
                standing.keep(&left);
                let places = marked(&left, &x);
                for tensor in [&mut images, &mut x, &mut previous, &mut best, &mut gradient, &mut known] {
                    *tensor = tensor.clone().select(0, places.clone());
                }
                let mut left = left.iter();
                rows.retain(|_| left.next().is_some_and(|&left| left));
                room = Room::of(&images, self.model.bounds())?;
            }
            if step > 0 && checkpoints.contains(&step) {
                let halved: Vec<bool> = rows.iter_mut().map(|row| row.check(step - last_checkpoint)).collect();
                last_checkpoint = step;
                x = choose(&halved, best.clone(), x);
                gradient = choose(&halved, known.clone(), gradient);
                // From there on the loss is compared with that of the best point.
                rows.iter_mut()
                    .zip(&halved)
                    .filter(|(_, halved)| **halved)
                    .for_each(|(row, _)| row.last = row.best);
            }
            best_gradient = Some(known);
            let sizes = rows.iter().map(|row| (row.step * self.goal.sign()) as f32).collect();
            let sizes = of_images(sizes, &x);
            let z = self.project(&images, &room, x.clone() + self.attack.norm.steepest(gradient) * sizes);
            let next = if step == 0 {
                z
            } else {
                let momentum = (x.clone() - previous) * (1.0 - STEP_SHARE);
                let next = x.clone() + (z - x.clone()) * STEP_SHARE + momentum;
                self.project(&images, &room, next)
            };
            previous = std::mem::replace(&mut x, next);
        }
        Ok(examples)
    }

    fn project(&self, images: &Tensor<4>, room: &Room, x: Tensor<4>) -> Tensor<4> {
        self.attack.norm.projection(images, self.eps, room)(x)
    }

    /// Which points are the best by now, and the cotangents at all.
    fn judge(&self, logits: Tensor<2>, first: bool, rows: &mut [Row]) -> Result<(Vec<bool>, Tensor<2>)> {
        let (dims, device, dtype) = (logits.dims(), logits.device(), logits.dtype());
        let values = to_vec(logits)?;
        let mut cotangent = vec![0f32; values.len()];
        let of_rows = values.chunks_exact(dims[1]).zip(cotangent.chunks_exact_mut(dims[1]));
        let better = of_rows
            .zip(rows)
            .map(|((logits, cotangent), row)| {
                let loss = self.attack.loss.at(logits, row.class, row.target, cotangent) * self.goal.sign();
                let better = first || loss > row.best;
                if first {
                    row.best_then = loss;
                } else if loss > row.last {
                    row.rises += 1;
                }
                row.last = loss;
                if better {
                    row.best = loss;
                }
                better
            })
            .collect();
        let cotangent = Tensor::from_data(TensorData::new(cotangent, dims), (&device, dtype));
        Ok((better, cotangent))
    }
}

/// `yes` where an image is marked, else `no`.
fn choose(marks: &[bool], yes: Tensor<4>, no: Tensor<4>) -> Tensor<4> {
    if marks.iter().all(|&marked| marked) {
        return yes;
    }
    if !marks.contains(&true) {
        return no;
    }
    let mask = Tensor::<1, Bool>::from_data(TensorData::new(marks.to_vec(), [marks.len()]), &no.device());
    let mask = mask.reshape([-1, 1, 1, 1]).expand(no.dims());
    no.mask_where(mask, yes)
}

/// A value for each image, `[n, 1, 1, 1]`.
fn of_images(values: Vec<f32>, like: &Tensor<4>) -> Tensor<4> {
    let count = values.len();
    let data = TensorData::new(values, [count, 1, 1, 1]);
    Tensor::from_data(data, (&like.device(), like.dtype()))
}

/// Places of the marks.
fn marked(marks: &[bool], like: &Tensor<4>) -> Tensor<1, Int> {
    let places: Vec<i64> = (0..marks.len()).filter(|&i| marks[i]).map(|i| i as i64).collect();
    let count = places.len();
    Tensor::from_data(TensorData::new(places, [count]), &like.device())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_those_of_the_paper() {
        let of = |steps| {
            Apgd {
                steps,
                ..Apgd::default()
            }
            .checkpoints()
        };
        assert_eq!(of(100), [22, 41, 57, 70, 80, 87, 93, 99]);
        assert_eq!(of(10), [3, 5, 6, 7, 8, 9, 10, 10]);
        assert_eq!(of(1000), [220, 410, 570, 700, 800, 870, 930, 990]);
    }

    /// Three quarters of the steps are enough; a step that was halved is given time.
    #[test]
    fn steps_are_halved_where_the_loss_does_not_rise() {
        let row = |rises, best, best_then, halved_then| {
            let mut row = Row {
                step: 1.0,
                rises,
                best,
                best_then,
                halved_then,
                ..Row::default()
            };
            (row.check(16), row.step, row.rises)
        };
        assert_eq!(row(12, 2.0, 1.0, false), (false, 1.0, 0));
        assert_eq!(row(11, 2.0, 1.0, false), (true, 0.5, 0));
        assert_eq!(row(16, 1.0, 1.0, false), (true, 0.5, 0));
        assert_eq!(row(16, 1.0, 1.0, true), (false, 1.0, 0));
    }
}
