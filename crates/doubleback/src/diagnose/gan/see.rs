use burn::tensor::activation::softmax;
use burn::tensor::{Tensor, TensorData};
use rand::Rng;

use super::options::{ClassTarget, GanOptions};
use super::step::Seen;
use crate::Result;
use crate::nn::{Staged, one_hot, predictions};
use crate::random::Stream;

/// Latents and predictions of a batch from one pass through the classifier; some latents that are vectors are mixed. A function of images,
/// options and step alone.
pub(super) fn see(
    model: &dyn Staged,
    stages: &[usize],
    images: Tensor<4>,
    options: &GanOptions,
    step: usize,
) -> Result<Seen> {
    let known = model.stages();
    let last = known.len() - 1;
    let mut asked = stages.to_vec();
    if stages.last() != Some(&last) {
        asked.push(last);
    }
    let (n, classes) = (images.dims()[0], model.classes());
    let mut latents = model.latents(images, &asked)?;
    let logits = latents[latents.len() - 1].clone().reshape([n, classes]);
    latents.truncate(stages.len());
    let target = match options.class_target {
        ClassTarget::Decision => one_hot(&predictions(&logits)?, classes, &latents[0])?,
        ClassTarget::Probabilities => softmax(logits, 1),
    };
    let mut predicted = vec![target; stages.len()];
    let weights = weights(n, options, step);
    for (index, &stage) in stages.iter().enumerate() {
        let [height, width, _] = known[stage].size;
        if [height, width] == [1, 1] && options.mixed > 0.0 && n > 1 {
            latents[index] = mixture(latents[index].clone(), &weights);
            let logits = model.logits_from(stage, latents[index].clone())?;
            let hard = one_hot(&predictions(&logits)?, classes, &latents[index])?;
            predicted[index] = match options.class_target {
                ClassTarget::Decision => hard,
                ClassTarget::Probabilities => of_mixtures(hard, softmax(logits, 1), &weights),
            };
        }
    }
    Ok(Seen { latents, predicted })
}

/// `p_f`, and for mixtures the decision. Between two classes `p_f` is torn, and a generator that follows it draws the class that f does not choose
/// as often as `p_f` says; an explanation is to show the decision.
fn of_mixtures(hard: Tensor<2>, soft: Tensor<2>, weights: &[f32]) -> Tensor<2> {
    let mixed: Vec<f32> = weights.iter().map(|&weight| f32::from(weight < 1.0)).collect();
    let mixed = Tensor::from_data(
        TensorData::new(mixed, [weights.len(), 1]),
        (&soft.device(), soft.dtype()),
    );
    soft.clone() + (hard - soft) * mixed
}

/// For each image the weight of its own latent: 1 for those that are not mixed, else uniform in [0, 1).
fn weights(n: usize, options: &GanOptions, step: usize) -> Vec<f32> {
    let mut random = Stream::LatentMixture { step: step as u64 }.of(options.seed);
    let mut weight = || {
        let (chosen, weight): (f64, f32) = (random.random(), random.random());
        if chosen < options.mixed { weight } else { 1.0 }
    };
    (0..n).map(|_| weight()).collect()
}

/// Each latent with that of the next image.
fn mixture(latents: Tensor<4>, weights: &[f32]) -> Tensor<4> {
    let n = weights.len();
    let next = Tensor::cat(
        vec![latents.clone().narrow(0, 1, n - 1), latents.clone().narrow(0, 0, 1)],
        0,
    );
    let weights = Tensor::from_data(
        TensorData::new(weights.to_vec(), [n, 1, 1, 1]),
        (&latents.device().inner(), latents.dtype()),
    );
    next.clone() + (latents - next) * weights
}
