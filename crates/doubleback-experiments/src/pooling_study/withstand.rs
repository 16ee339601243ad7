//! What a pair of models, alike but for their pooling, withstands: image by image, so that attacks can be combined.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::plan::Plan;
use doubleback::attack::{Attack, Standing};
use doubleback::evaluate::{Chosen, TestSet};
use doubleback::nn::{Classifier, Loss, predictions};
use doubleback::{Error, Result};

/// Right answers of one model: by eps, then by image.
type Right = Vec<Vec<bool>>;

/// What one model of a pair withstands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Withstood {
    /// Right answers among so many unperturbed test images.
    pub clean: (usize, usize),
    /// The attacked images, unperturbed.
    pub unperturbed: Vec<bool>,
    pub fgsm: Right,
    pub pgd: Right,
    pub pgd_margin: Right,
    pub transfer: Right,
    /// Images whose cross-entropy gradient was exactly zero all along PGD.
    pub zero_gradient_images: usize,
}

impl Withstood {
    /// Right under all attacks on the model itself, at each eps.
    pub fn worst_case(&self) -> Right {
        let attacks = [&self.fgsm, &self.pgd, &self.pgd_margin];
        let mut held = self.unperturbed.clone();
        (0..self.pgd.len())
            .map(|place| {
                for right in attacks {
                    held.iter_mut()
                        .zip(&right[place])
                        .for_each(|(held, &right)| *held &= right);
                }
                held.clone()
            })
            .collect()
    }
}

/// Calls `breathe` between attacks: it may stop the work.
pub(super) fn withstand(
    models: [&dyn Classifier; 2],
    test: &TestSet<'_>,
    plan: &Plan,
    breathe: &mut dyn FnMut() -> Result<()>,
) -> Result<[Withstood; 2]> {
    let mut pair = [first(models[0], test, plan)?, first(models[1], test, plan)?];
    for (images, labels, _) in test.batches() {
        let batch = Batch { images, labels };
        for this in 0..2 {
            let (model, other) = (models[this], models[1 - this]);
            let unperturbed = batch.right(model, batch.images.clone())?;
            let (fgsm, _, _) = batch.attack(model, &plan.fgsm().attack()?, &plan.eps)?;
            let (mut pgd, mut transfer) = (Vec::new(), Vec::new());
            let mut zero = vec![true; batch.labels.len()];
            for &eps in &plan.eps {
                let (right, examples, zero_gradient) =
                    batch.attack(model, &plan.pgd(Loss::CrossEntropy).attack()?, &[eps])?;
                zero.iter_mut().zip(zero_gradient).for_each(|(all, zero)| *all &= zero);
                pgd.extend(right);
                for examples in examples {
                    transfer.push(batch.right(other, examples)?);
                }
                breathe()?;
            }
            let pgd_margin = batch.margin(model, &unperturbed, plan, breathe)?;
            let found = &mut pair[this];
            add(&mut found.fgsm, fgsm);
            add(&mut found.pgd, held(&unperturbed, pgd));
            add(&mut found.pgd_margin, pgd_margin);
            found.unperturbed.extend(unperturbed);
            found.zero_gradient_images += zero.iter().filter(|&&zero| zero).count();
            add(&mut pair[1 - this].transfer, transfer);
        }
    }
    Ok(pair)
}

/// A model that nothing but clean images was shown to yet.
fn first(model: &dyn Classifier, test: &TestSet<'_>, plan: &Plan) -> Result<Withstood> {
    let clean = TestSet {
        chosen: Chosen::First(plan.clean_images),
        ..*test
    };
    let mut right = 0;
    for (images, labels, _) in clean.batches() {
        let found = predictions(&model.logits(images)?)?;
        right += found.iter().zip(&labels).filter(|(a, b)| a == b).count();
    }
    Ok(Withstood {
        clean: (right, clean.count()),
        unperturbed: Vec::new(),
        fgsm: Vec::new(),
        pgd: Vec::new(),
        pgd_margin: Vec::new(),
        transfer: Vec::new(),
        zero_gradient_images: 0,
    })
}

/// An image that was fooled at a smaller eps is fooled at a larger one too: its example lies within it.
fn held(unperturbed: &[bool], right: Right) -> Right {
    let mut held = unperturbed.to_vec();
    let cut = |right: Vec<bool>| {
        held.iter_mut().zip(right).for_each(|(held, right)| *held &= right);
        held.clone()
    };
    right.into_iter().map(cut).collect()
}

/// Adds the images of a batch.
fn add(all: &mut Right, batch: Right) {
    all.resize(batch.len(), Vec::new());
    all.iter_mut().zip(batch).for_each(|(all, batch)| all.extend(batch));
}

struct Batch {
    images: Tensor<4>,
    labels: Vec<usize>,
}

impl Batch {
    fn right(&self, model: &dyn Classifier, images: Tensor<4>) -> Result<Vec<bool>> {
        let found = predictions(&model.logits(images)?)?;
        Ok(found.iter().zip(&self.labels).map(|(a, b)| a == b).collect())
    }

    /// Right answers and examples at each eps, and where the gradient was zero.
    fn attack(
        &self,
        model: &dyn Classifier,
        attack: &Attack,
        eps: &[f64],
    ) -> Result<(Right, Vec<Tensor<4>>, Vec<bool>)> {
        let attacked = attack.run(model, &self.images, &self.labels, eps)?;
        let (right, examples) = attacked
            .by_eps
            .into_iter()
            .map(|found| {
                let right = found.predictions.iter().zip(&self.labels).map(|(a, b)| a == b);
                (right.collect(), found.images)
            })
            .unzip();
        Ok((right, examples, attacked.zero_gradient))
    }

    /// PGD on the margin. Its examples are of no further use, so images that are fooled already are left alone.
    fn margin(
        &self,
        model: &dyn Classifier,
        unperturbed: &[bool],
        plan: &Plan,
        breathe: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Right> {
        let mut held = unperturbed.to_vec();
        let mut right = Vec::with_capacity(plan.eps.len());
        for &eps in &plan.eps {
            let standing = Standing::of(&held);
            if !standing.is_empty() {
                let some = Batch {
                    images: standing.images(&self.images),
                    labels: standing.places().iter().map(|&i| self.labels[i]).collect(),
                };
                let (found, ..) = some.attack(model, &plan.pgd(Loss::Margin).attack()?, &[eps])?;
                let found = found.first().ok_or_else(|| Error::shape("attacked eps", 1, 0))?;
                for (held, &right) in standing.select(&mut held).into_iter().zip(found) {
                    *held = right;
                }
            }
            right.push(held.clone());
            breathe()?;
        }
        Ok(right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five images at two eps: one wrong unperturbed, one lost to each attack at the first eps, one never lost.
    #[test]
    fn the_worst_case_is_right_under_everything_at_this_and_smaller_eps() {
        let (t, f) = (true, false);
        let withstood = Withstood {
            clean: (4, 5),
            unperturbed: vec![f, t, t, t, t],
            fgsm: vec![vec![t, f, t, t, t], vec![t, t, t, t, t]],
            pgd: vec![vec![f, t, f, t, t], vec![f, t, f, t, t]],
            pgd_margin: vec![vec![f, t, t, t, t], vec![f, t, t, f, t]],
            transfer: vec![vec![f, f, f, f, f]; 2],
            zero_gradient_images: 0,
        };
        assert_eq!(withstood.worst_case(), [vec![f, f, f, t, t], vec![f, f, f, f, t]]);
    }

    #[test]
    fn an_image_once_fooled_stays_fooled() {
        let (t, f) = (true, false);
        let right = vec![vec![t, t, f, t], vec![t, f, t, t]];
        assert_eq!(held(&[f, t, t, t], right), [vec![f, t, f, t], vec![f, f, f, t]]);
    }
}
