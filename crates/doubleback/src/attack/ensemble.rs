use burn::tensor::Tensor;

use super::{BoundedAttack, Cost, Goal, Norm, Perturbation, Standing};
use crate::nn::{Classifier, Loss, predictions};
use crate::{Error, Result};

/// Several attacks, or several starts of one, each on the images that none before it has beaten. The example of an image is that of the first
/// attack that reaches the goal, else that of the attack with the best loss.
///
/// An ensemble of one attack is that attack, and costs no more.
pub struct Ensemble {
    attacks: Vec<Box<dyn BoundedAttack>>,
    loss: Loss,
}

impl Ensemble {
    /// Attacks that bound the same norm, in the order in which they are tried, and the loss by which their failures are compared.
    ///
    /// # Errors
    /// When there is no attack, or one bounds another norm than the first.
    pub fn new(attacks: Vec<Box<dyn BoundedAttack>>, loss: Loss) -> Result<Self> {
        let Some(norm) = attacks.first().map(|attack| attack.norm()) else {
            return Err(Error::value("attacks of an ensemble", "at least one", 0));
        };
        if let Some(other) = attacks.iter().map(|attack| attack.norm()).find(|&other| other != norm) {
            let expected = format!("{norm}, as of the first attack of the ensemble");
            return Err(Error::value("norm", expected, other));
        }
        Ok(Self { attacks, loss })
    }

    /// The best examples within one epsilon; clears the flag of images that had a gradient, and counts.
    fn best(
        &self,
        model: &dyn Classifier,
        images: &Tensor<4>,
        goal: &Goal,
        eps: f64,
        zero_gradient: &mut [bool],
    ) -> Result<(Tensor<4>, Cost)> {
        let n = goal.classes().len();
        let bounds = model.bounds();
        let mut standing = Standing::all(n);
        let mut best = images.clone();
        let mut greatest = vec![f64::NEG_INFINITY; n];
        let mut cost = Cost::of_each(n, 0);
        for attack in &self.attacks {
            if standing.is_empty() {
                break;
            }
            let (some, goal) = (standing.images(images), standing.goal(goal));
            let found = attack.perturb(model, &some, &goal, &[eps])?;
            let (Some(examples), Some(spent)) = (found.images.into_iter().next(), found.cost.first()) else {
                return Err(Error::value("attacked eps", "one", 0));
            };
            let examples = examples.clamp(bounds.low, bounds.high);
            let logits = model.logits(examples.clone())?;
            let reached = goal.reached(&predictions(&logits)?);
            let losses = self.loss.values(&logits, goal.classes())?;
            let mut better = vec![false; reached.len()];
            for (row, &place) in standing.places().iter().enumerate() {
                let loss = losses[row] * goal.sign();
                if reached[row] || loss > greatest[place] {
                    (better[row], greatest[place]) = (true, loss);
                }
                zero_gradient[place] &= found.zero_gradient[row];
                cost.gradients[place] += spent.gradients[row];
                cost.forwards[place] += spent.forwards[row] + 1;
            }
            best = standing.replace(best, examples, &better);
            standing.keep(&reached.iter().map(|reached| !reached).collect::<Vec<_>>());
        }
        Ok((best, cost))
    }
}

impl BoundedAttack for Ensemble {
    fn norm(&self) -> Norm {
        self.attacks.first().map_or(Norm::default(), |attack| attack.norm())
    }

    fn reach(&self, eps: f64) -> f64 {
        self.attacks.iter().map(|attack| attack.reach(eps)).fold(0.0, f64::max)
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        if let [attack] = self.attacks.as_slice() {
            return attack.perturb(model, images, goal, eps);
        }
        let mut perturbation = Perturbation {
            images: Vec::with_capacity(eps.len()),
            zero_gradient: vec![!eps.is_empty(); goal.classes().len()],
            cost: Vec::with_capacity(eps.len()),
        };
        for &eps in eps {
            let (best, cost) = self.best(model, images, goal, eps, &mut perturbation.zero_gradient)?;
            perturbation.images.push(best);
            perturbation.cost.push(cost);
        }
        Ok(perturbation)
    }
}
