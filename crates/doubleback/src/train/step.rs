//! The gradients of one optimizer step.

use std::collections::HashSet;
use std::sync::Arc;

use burn::tensor::Gradients;

use super::objective::Objective;
use super::optimizer::{Collected, clip, collect};
use super::options::TrainOptions;
use super::training_batches::TrainingBatches;
use crate::Result;
use crate::batch::Batch;
use crate::nn::{Network, TrainingPass, predictions, to_vec};
use crate::stop;
use crate::work::PARAMETER_GRADIENTS;

/// What an optimizer step found on its batches.
pub(super) struct Found {
    /// The mean over all images.
    pub loss: f64,
    /// The same of the cross-entropy.
    pub cross_entropy: f64,
    /// Images that are classified rightly.
    pub right: usize,
    /// Images.
    pub images: usize,
    /// Of the loss by each parameter.
    pub gradients: Collected,
    /// What the forward passes of each batch saw.
    pub passes: Vec<TrainingPass>,
}

/// What is the same in every step.
pub(super) struct Constant {
    /// What the learning rate of each parameter is multiplied by; nothing if none is.
    pub factors: Vec<f64>,
    /// The batch norms that keep their moving averages.
    kept_norms: Arc<HashSet<String>>,
}

impl Constant {
    pub fn of(network: &Network, options: &TrainOptions) -> Self {
        Self {
            factors: options.layers.factors(network),
            kept_norms: options.layers.kept_norms(network.architecture()),
        }
    }
}

/// Goes through the batches of an optimizer step, counted from 0. Only numbers and gradients leave this function.
///
/// # Errors
/// Whatever the objective gives; when a parameter has no gradient.
pub(super) fn gradients(
    network: &Network,
    objective: &dyn Objective,
    batches: &TrainingBatches<'_>,
    options: &TrainOptions,
    constant: &Constant,
    step: usize,
) -> Result<Found> {
    let several = options.accumulate > 1;
    let indices = step * options.accumulate..(step + 1) * options.accumulate;
    let whole: f64 = indices.clone().map(|index| batches.weight(index)).sum();
    let mut found = Found {
        loss: 0.0,
        cross_entropy: 0.0,
        right: 0,
        images: 0,
        gradients: Vec::new(),
        passes: Vec::new(),
    };
    for index in indices {
        let batch = batches.get(index)?;
        let share = several.then(|| batches.weight(index) / whole);
        let mut pass = TrainingPass::new(options.seed, index).with_frozen_norms(constant.kept_norms.clone());
        let tracked = options.layers.tracked(network);
        let mut one = differentiate(objective, &tracked, &batch, &mut pass, share)?;
        found.loss += one.loss * share.unwrap_or(1.0);
        found.cross_entropy += one.cross_entropy * share.unwrap_or(1.0);
        found.right += one.right;
        found.images += batch.len();
        found.passes.push(pass);
        let collected = collect(&tracked, &mut one.gradients)?;
        found.gradients = match found.gradients.is_empty() {
            true => collected,
            false => {
                let pairs = found.gradients.into_iter().zip(collected);
                pairs.map(|(sum, gradient)| Some(sum? + gradient?)).collect()
            }
        };
    }
    if let Some(most) = options.clip_norm {
        found.gradients = clip(found.gradients, most)?;
    }
    Ok(found)
}

/// What was found on one batch.
struct Differentiated {
    loss: f64,
    cross_entropy: f64,
    right: usize,
    gradients: Gradients,
}

/// Evaluates the objective and differentiates `share` of it with respect to the parameters of `tracked`. Only numbers and gradients leave this
/// function: the objective's value holds the tape, and the tape a share of each parameter. The optimizer changes parameters in place, which
/// takes that nobody else holds them.
fn differentiate(
    objective: &dyn Objective,
    tracked: &Network,
    batch: &Batch,
    pass: &mut TrainingPass,
    share: Option<f64>,
) -> Result<Differentiated> {
    let value = objective.evaluate(tracked, batch, pass)?;
    PARAMETER_GRADIENTS.add(batch.len());
    let scalar = |t| -> Result<f64> { Ok(to_vec::<1>(t)?[0].into()) };
    let predicted = predictions(&value.logits.inner())?;
    stop::check()?;
    let loss = scalar(value.loss.clone().inner())?;
    let differentiated = match share {
        None => value.loss,
        Some(share) => value.loss * share,
    };
    let differentiated = Differentiated {
        loss,
        cross_entropy: scalar(value.cross_entropy.inner())?,
        right: predicted.iter().zip(&batch.labels).filter(|(a, b)| a == b).count(),
        gradients: differentiated.backward(),
    };
    stop::check()?;
    Ok(differentiated)
}
