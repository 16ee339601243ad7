use burn::tensor::Tensor;

use super::{BoundedAttack, Cost, Goal, Norm, Perturbation, Room, Standing};
use crate::nn::{Classifier, Loss, predictions};
use crate::{Error, Result};

/// Several attacks, or several starts of one, each on the images that none before it has beaten. The example of an image is that of the first
/// attack that reaches the goal, else that of the attack with the best loss.
///
/// An ensemble of one attack is that attack, and costs no more.
pub struct Ensemble {
    members: Members,
    loss: Loss,
}

enum Members {
    Attacks(Vec<Box<dyn BoundedAttack>>),
    Starts {
        count: usize,
        /// Made when its turn comes: of many starts mostly few are tried.
        start: Box<dyn Fn(u64) -> Box<dyn BoundedAttack> + Send + Sync>,
    },
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
        Ok(Self {
            members: Members::Attacks(attacks),
            loss,
        })
    }

    /// `count` starts of one attack, of which `start` gives the one of a number, from 0.
    ///
    /// # Errors
    /// When there are none.
    pub fn of_starts(
        count: usize,
        loss: Loss,
        start: impl Fn(u64) -> Box<dyn BoundedAttack> + Send + Sync + 'static,
    ) -> Result<Self> {
        if count == 0 {
            return Err(Error::value("restarts", "at least 1", 0));
        }
        let start = Box::new(start);
        Ok(Self {
            members: Members::Starts { count, start },
            loss,
        })
    }

    fn len(&self) -> usize {
        match &self.members {
            Members::Attacks(attacks) => attacks.len(),
            Members::Starts { count, .. } => *count,
        }
    }

    /// What `ask` makes of the member at a place below [`len`](Self::len).
    fn ask<T>(&self, place: usize, ask: impl FnOnce(&dyn BoundedAttack) -> T) -> T {
        match &self.members {
            Members::Attacks(attacks) => ask(attacks[place].as_ref()),
            Members::Starts { start, .. } => ask(start(place as u64).as_ref()),
        }
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
        let mut standing = Standing::all(n);
        let mut best = images.clone();
        let mut greatest = vec![f64::NEG_INFINITY; n];
        let mut cost = Cost::of_each(n, 0);
        for member in 0..self.len() {
            if standing.is_empty() {
                break;
            }
            let (some, goal) = (standing.images(images), standing.goal(goal));
            let found = self.ask(member, |attack| attack.perturb(model, &some, &goal, &[eps]))?;
            let (Some(examples), Some(spent)) = (found.images.into_iter().next(), found.cost.first()) else {
                return Err(Error::value("attacked eps", "one", 0));
            };
            let examples = Room::of(&some, model.bounds())?.clip(examples);
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
        self.ask(0, |attack| attack.norm())
    }

    fn reach(&self, eps: f64) -> f64 {
        match &self.members {
            Members::Attacks(attacks) => attacks.iter().map(|attack| attack.reach(eps)).fold(0.0, f64::max),
            // Starts of one attack reach as far as each other.
            Members::Starts { start, .. } => start(0).reach(eps),
        }
    }

    fn perturb(&self, model: &dyn Classifier, images: &Tensor<4>, goal: &Goal, eps: &[f64]) -> Result<Perturbation> {
        if self.len() == 1 {
            return self.ask(0, |attack| attack.perturb(model, images, goal, eps));
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
