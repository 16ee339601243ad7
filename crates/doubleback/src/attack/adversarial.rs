use burn::tensor::Tensor;

use super::{BoundedAttack, Cost, Goal, Metric, MinimalAttack, Norm, Room, Standing};
use crate::nn::{Checked, Classifier, predictions, to_vec};
use crate::{Error, Result};

/// Adversarial examples of a batch for one epsilon.
#[derive(Clone, Debug)]
pub struct Adversarial {
    /// Perturbation size that the attack was given; for a minimal attack its [`size`](MinimalAttack::size).
    pub eps: f64,
    /// The examples, within the model's bounds; a value that lies beyond them may stay where it is, see [`Room`].
    pub images: Tensor<4>,
    /// The attacked model's class for each.
    pub predictions: Vec<usize>,
    /// Whether the attack reached its goal: any wrong class, or the target. Always from `predictions`, never assumed.
    pub success: Vec<bool>,
    /// L2 length of each perturbation.
    pub l2: Vec<f32>,
    /// Largest change of a pixel value in each image.
    pub linf: Vec<f32>,
    /// Changed pixel values in each image.
    pub l0: Vec<f32>,
    /// What it took.
    pub cost: Cost,
}

/// What an attack did to a batch.
#[derive(Clone, Debug)]
pub struct Attacked {
    /// One entry an epsilon, in the order given; a single one for a minimal attack.
    pub by_eps: Vec<Adversarial>,
    /// By image: the loss gradient was always exactly zero, so the attack had no direction to move the image in.
    pub zero_gradient: Vec<bool>,
    /// By image, of an attack that looks for the nearest example: how far that is, in the attack's norm; none if it found no example. 0 if the image itself is
    /// where it should be. Of other attacks this is empty.
    pub distance: Vec<Option<f32>>,
}

impl Attacked {
    /// Gradients computed for one epsilon, mean of images and epsilons.
    pub fn mean_gradients(&self) -> f64 {
        self.mean(|cost| &cost.gradients)
    }

    /// Forward passes for one epsilon, besides those of the gradients, mean of images and epsilons.
    pub fn mean_forwards(&self) -> f64 {
        self.mean(|cost| &cost.forwards)
    }

    fn mean(&self, of: impl Fn(&Cost) -> &Vec<usize>) -> f64 {
        let counts = || self.by_eps.iter().flat_map(|adversarial| of(&adversarial.cost));
        counts().sum::<usize>() as f64 / counts().count().max(1) as f64
    }
}

/// Attacks a batch: perturbs, clips to the room that the model's bounds leave, predicts again.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use doubleback::attack::{Fgsm, Goal, run};
/// use doubleback::data::{Bounds, ImageShape};
/// use doubleback::nn::FromFunction;
///
/// let shape = ImageShape { channels: 1, height: 1, width: 2 };
/// let weight = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], &Device::flex());
/// let model = FromFunction::new(shape, Bounds::UNIT, 2, |x: Tensor<4>| x.reshape([-1, 2]).matmul(weight.clone()));
/// let images = Tensor::<4>::from_floats([[[[0.6, 0.5]]]], &Device::flex());
/// let attacked = run(&model, &Fgsm::default(), &images, &Goal::AwayFrom(vec![0]), &[0.1, 0.2])?;
/// assert_eq!(attacked.by_eps[1].success, [true]);
/// # Ok::<(), doubleback::Error>(())
/// ```
///
/// # Errors
/// When images, goal or epsilons do not fit the model; [`Error::NotFinite`] when the model's logits or gradients are NaN or infinite for an image, or
/// the image is.
pub fn run(
    model: &dyn Classifier,
    attack: &dyn BoundedAttack,
    images: &Tensor<4>,
    goal: &Goal,
    eps: &[f64],
) -> Result<Attacked> {
    check_eps_in(attack.norm(), eps, model)?;
    goal.check(images.dims()[0], model.classes())?;
    watched(model, images, |model, room| {
        let perturbation = attack.perturb(model, images, goal, eps)?;
        let by_eps = eps
            .iter()
            .zip(perturbation.images)
            .zip(perturbation.cost)
            .map(|((&eps, perturbed), cost)| judge(model, images, room.clip(perturbed), goal, eps, cost))
            .collect::<Result<Vec<_>>>()?;
        Ok(Attacked {
            by_eps,
            zero_gradient: perturbation.zero_gradient,
            distance: Vec::new(),
        })
    })
}

/// Attacks a batch with an attack that takes no epsilon: searches, clips to the model's bounds, predicts again.
///
/// # Errors
/// When images or goal do not fit the model, or a setting of the attack is out of range; [`Error::NotFinite`] as from [`run`].
pub fn run_minimal(
    model: &dyn Classifier,
    attack: &dyn MinimalAttack,
    images: &Tensor<4>,
    goal: &Goal,
) -> Result<Attacked> {
    goal.check(images.dims()[0], model.classes())?;
    watched(model, images, |model, room| {
        let found = attack.search(model, images, goal)?;
        let examples = room.clip(found.images);
        let example = judge(model, images, examples, goal, attack.size(), found.cost)?;
        Ok(Attacked {
            distance: distances(attack, images, &example)?,
            by_eps: vec![example],
            zero_gradient: found.zero_gradient,
        })
    })
}

/// By image, how far the examples of an attack are that looks for the nearest.
fn distances(attack: &dyn MinimalAttack, images: &Tensor<4>, example: &Adversarial) -> Result<Vec<Option<f32>>> {
    let lengths = match attack.nearest_in() {
        None => return Ok(Vec::new()),
        Some(Metric::Linf) => example.linf.clone(),
        Some(Metric::L2) => example.l2.clone(),
        Some(Metric::L1) => {
            let change: Tensor<2> = (example.images.clone() - images.clone()).flatten(1, 3);
            to_vec(change.abs().sum_dim(1))?
        }
    };
    let found = lengths.into_iter().zip(&example.success);
    Ok(found.map(|(length, &success)| success.then_some(length)).collect())
}

/// Attacks a batch with an attack that looks for the nearest examples, once, and says for each epsilon who has one within. An image whose example is farther is moved
/// towards it as far as epsilon allows, and judged there.
///
/// # Errors
/// As from [`run`]; and when the attack does not look for the nearest example.
pub fn run_within(
    model: &dyn Classifier,
    attack: &dyn MinimalAttack,
    images: &Tensor<4>,
    goal: &Goal,
    eps: &[f64],
) -> Result<Attacked> {
    let Some(metric) = attack.nearest_in() else {
        return Err(Error::value(
            "attack",
            "one that looks for the nearest example",
            "another",
        ));
    };
    check_eps_in(metric, eps, model)?;
    goal.check(images.dims()[0], model.classes())?;
    watched(model, images, |model, room| {
        let found = attack.search(model, images, goal)?;
        let examples = room.clip(found.images);
        let nearest = judge(model, images, examples.clone(), goal, attack.size(), found.cost.clone())?;
        let distance = distances(attack, images, &nearest)?;
        let within = |&eps: &f64| {
            let near: Vec<bool> = distance
                .iter()
                .map(|far| far.is_some_and(|far| f64::from(far) <= eps))
                .collect();
            let moved = metric.within(eps, images, examples.clone(), room);
            let moved = Standing::all(near.len()).replace(moved, examples.clone(), &near);
            judge(model, images, moved, goal, eps, found.cost.clone())
        };
        Ok(Attacked {
            by_eps: eps.iter().map(within).collect::<Result<_>>()?,
            zero_gradient: found.zero_gradient,
            distance,
        })
    })
}

/// What `attack` makes of images that are finite and a model whose every answer is.
fn watched(
    model: &dyn Classifier,
    images: &Tensor<4>,
    attack: impl FnOnce(&dyn Classifier, &Room) -> Result<Attacked>,
) -> Result<Attacked> {
    let room = Room::of(images, model.bounds())?;
    let checked = Checked::new(model);
    let attacked = attack(&checked, &room);
    // That the model fails says more than what came of it.
    checked.verdict(images)?;
    attacked
}

/// Predicts, and measures the perturbations.
fn judge(
    model: &dyn Classifier,
    images: &Tensor<4>,
    examples: Tensor<4>,
    goal: &Goal,
    eps: f64,
    cost: Cost,
) -> Result<Adversarial> {
    let predictions = predictions(&model.logits(examples.clone())?)?;
    let change = (examples.clone() - images.clone()).reshape([goal.classes().len(), model.shape().len()]);
    let changed = change.clone().not_equal_elem(0.0).float();
    Ok(Adversarial {
        eps,
        images: examples,
        success: goal.reached(&predictions),
        predictions,
        l2: to_vec(change.clone().square().sum_dim(1).sqrt())?,
        linf: to_vec(change.abs().max_dim(1))?,
        l0: to_vec(changed.sum_dim(1))?,
        cost,
    })
}

/// Refuses epsilons of the L∞ norm that are negative, not numbers, or longer than the range of the data.
///
/// # Errors
/// Names the first such epsilon.
pub fn check_eps(eps: &[f64], model: &dyn Classifier) -> Result<()> {
    check_eps_in(Norm::Linf, eps, model)
}

/// Refuses epsilons of a norm as [`check_eps`] does: in L2 no image is further from another than the range times the root of the number of values, in L1 than
/// the range times that number.
pub(super) fn check_eps_in(metric: impl Into<Metric>, eps: &[f64], model: &dyn Classifier) -> Result<()> {
    let metric = metric.into();
    let (bounds, greatest) = (model.bounds(), metric.greatest(model));
    let Some(eps) = eps.iter().find(|&&eps| !(0.0..=greatest).contains(&eps)) else {
        return Ok(());
    };
    let expected = match metric {
        Metric::Linf => format!(
            "between 0 and {greatest}, the range of the data ({} to {})",
            bounds.low, bounds.high
        ),
        Metric::L2 | Metric::L1 => format!(
            "between 0 and {greatest:.1}, the largest {} distance of two images of {} values from {} to {}",
            metric.sign(),
            model.shape().len(),
            bounds.low,
            bounds.high
        ),
    };
    let unit = eps / 255.0;
    let meant = match metric == Metric::Linf && *eps >= 2.0 && unit <= greatest {
        true => format!("; {eps}/255 may be meant"),
        false => String::new(),
    };
    Err(Error::value("eps", expected + &meant, eps))
}
