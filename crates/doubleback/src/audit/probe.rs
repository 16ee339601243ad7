//! What a model is asked besides the attacks of an ensemble: whether its answers and its gradients can be trusted.

use burn::tensor::Tensor;

use super::gradient_check::check;
use super::record::{AtSize, Probe, ProbeAttacks};
use crate::Result;
use crate::attack::{Apgd, BoundedAttack, Ensemble, Fgsm, Goal, Norm, run};
use crate::nn::{Classifier, Loss, to_vec};

/// Images that an audit probes, at most: the first ones.
pub const PROBED: usize = 128;

/// Of these, those that the model is asked about one by one.
const ALONE: usize = 16;
/// Gradients of a short attack.
const SHORT: usize = 20;
/// Gradients and starts of the longer attack on images that stand.
const LONG: usize = 200;
const STARTS: usize = 3;
/// How far the sum of probabilities may be from 1.
const ROUNDING: f64 = 1e-3;

/// The sizes at which probes attack: from a quarter of eps to four times as much, and the greatest of all.
pub(super) fn sizes(norm: Norm, eps: f64, model: &dyn Classifier) -> Vec<f64> {
    let greatest = norm.greatest_eps(model);
    let mut sizes: Vec<f64> = [0.25, 0.5, 1.0, 2.0, 4.0].iter().map(|share| share * eps).collect();
    sizes.retain(|&size| size < greatest);
    sizes.push(greatest);
    sizes
}

/// Probes images of a batch. `places` are those in the whole audit.
pub(super) fn probe(
    model: &dyn Classifier,
    (images, labels, places): (&Tensor<4>, &[usize], &[usize]),
) -> Result<Vec<Probe>> {
    let classes = model.classes();
    let ask = |images: Tensor<4>| to_vec(model.logits(images)?);
    let (first, second) = (ask(images.clone())?, ask(images.clone())?);
    let gradients = check(model, images, labels)?;
    let mut probes = Vec::with_capacity(labels.len());
    for (image, found) in gradients.into_iter().enumerate() {
        let row = image * classes..(image + 1) * classes;
        let logits = &first[row.clone()];
        let alone = if places[image] < ALONE {
            let apart = ask(images.clone().narrow(0, image, 1))?;
            Some(change(logits, &apart))
        } else {
            None
        };
        probes.push(Probe {
            zero_gradient: found.zero,
            not_finite: found.not_finite,
            probabilities: are_probabilities(logits),
            log_probabilities: are_log_probabilities(logits),
            repeat_change: change(logits, &second[row]),
            alone_change: alone,
            slope_error: found.slope_error,
            attacks: None,
            broken_by_more: None,
        });
    }
    Ok(probes)
}

/// What short attacks do to images of a batch.
pub(super) fn short_attacks(
    model: &dyn Classifier,
    (images, labels): (&Tensor<4>, &[usize]),
    (norm, sizes, eps): (Norm, &[f64], f64),
    seed: u64,
) -> Result<Vec<ProbeAttacks>> {
    let goal = Goal::AwayFrom(labels.to_vec());
    // Along the sign in both norms; in L2 it is as long as eps.
    let one_step = |loss: Loss| -> Result<Vec<bool>> {
        let attack = Fgsm { loss };
        let size = match norm {
            Norm::Linf => eps,
            Norm::L2 => eps / (model.shape().len() as f64).sqrt(),
        };
        let attacked = run(model, &attack, images, &goal, &[size])?;
        Ok(attacked.by_eps.into_iter().flat_map(|found| found.success).collect())
    };
    let fgsm = one_step(Loss::CrossEntropy)?;
    let fgsm_margin = one_step(Loss::Margin)?;
    let apgd = Apgd {
        norm,
        steps: SHORT,
        seed,
        ..Apgd::default()
    };
    let attacked = run(model, &apgd, images, &goal, sizes)?;
    let mut found: Vec<ProbeAttacks> = fgsm
        .into_iter()
        .zip(fgsm_margin)
        .map(|(fgsm, fgsm_margin)| ProbeAttacks {
            fgsm,
            fgsm_margin,
            at_sizes: Vec::new(),
        })
        .collect();
    for at in attacked.by_eps {
        let ahead = Loss::Margin.values(&model.logits(at.images)?, labels)?;
        for (attacks, (ahead, broken)) in found.iter_mut().zip(ahead.into_iter().zip(at.success)) {
            attacks.at_sizes.push(AtSize {
                broken,
                margin: -ahead as f32,
            });
        }
    }
    Ok(found)
}

/// By image: a longer attack than those of the ensemble, from other starts, breaks it.
pub(super) fn more(
    model: &dyn Classifier,
    (images, labels): (&Tensor<4>, &[usize]),
    (norm, eps): (Norm, f64),
    seed: u64,
) -> Result<Vec<bool>> {
    let apgd = Apgd {
        norm,
        steps: LONG,
        // Other starts than those of the ensemble.
        seed: seed.wrapping_add(1),
        ..Apgd::default()
    };
    let mut attacks: Vec<Box<dyn BoundedAttack>> = vec![Box::new(apgd.restarts(STARTS)?)];
    if model.classes() >= 4 {
        attacks.push(Box::new(apgd.targeted(3, 1)?));
    }
    let attack = Ensemble::new(attacks, Loss::Margin)?;
    let attacked = run(model, &attack, images, &Goal::AwayFrom(labels.to_vec()), &[eps])?;
    Ok(attacked.by_eps.into_iter().flat_map(|found| found.success).collect())
}

/// The greatest difference, as a share of the greatest value.
fn change(a: &[f32], b: &[f32]) -> f32 {
    let scale = a.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    let most = a.iter().zip(b).fold(0f32, |most, (a, b)| {
        // Not a number on both sides is no difference.
        let both = !a.is_finite() && !b.is_finite();
        most.max(if both { 0.0 } else { (a - b).abs() })
    });
    let share = most / scale;
    if share.is_finite() { share } else { 1.0 }
}

fn are_probabilities(outputs: &[f32]) -> bool {
    let sum: f64 = outputs.iter().map(|&v| f64::from(v)).sum();
    outputs.iter().all(|v| (-1e-6..=1.0 + 1e-6).contains(v)) && (sum - 1.0).abs() < ROUNDING
}

fn are_log_probabilities(outputs: &[f32]) -> bool {
    let sum: f64 = outputs.iter().map(|&v| f64::from(v).exp()).sum();
    outputs.iter().all(|&v| v <= 1e-6) && (sum - 1.0).abs() < ROUNDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_told_apart() {
        assert!(are_probabilities(&[0.25, 0.75]) && !are_probabilities(&[0.25, 0.7]));
        assert!(!are_probabilities(&[-0.5, 1.5]));
        let logs = [0.25f32.ln(), 0.75f32.ln()];
        assert!(are_log_probabilities(&logs) && !are_log_probabilities(&[-1.0, -2.0]));
        assert!(!are_probabilities(&logs));
        assert_eq!(change(&[2.0, -4.0], &[2.0, -3.0]), 0.25);
        assert_eq!(change(&[f32::NAN], &[f32::NAN]), 0.0);
    }
}
