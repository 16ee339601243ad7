//! Explanations of a few test images, to be looked at.

use burn::tensor::Tensor;
use burn::tensor::activation::softmax;

use super::attacked::Images;
use super::results::{ExplainedImage, Explanation, LabelledFrame};
use crate::class_sample::shown;
use doubleback::Result;
use doubleback::data::Frame;
use doubleback::diagnose::{Judge, greatest};
use doubleback::nn::{Stage, to_vec};

/// Draws of noise that a mean explanation is of.
const DRAWS: usize = 8;

/// One image of each class: the first that the attack turned wrong, or else the first. Of many classes a sample is shown.
pub(super) fn chosen(images: &Images, classes: usize) -> Vec<usize> {
    let fooled = images.fooled();
    let first = |class: usize| {
        let mut of_class = (0..images.labels.len()).filter(|&image| images.labels[image] == class);
        let any = of_class.clone().next();
        of_class.find(|&image| fooled[image]).or(any)
    };
    let mut present: Vec<usize> = images.labels.iter().copied().filter(|&class| class < classes).collect();
    present.sort_unstable();
    present.dedup();
    shown(&present).into_iter().filter_map(first).collect()
}

/// Explains the images at these places, clean and attacked, with the same noise.
pub(super) fn explained(
    judge: &Judge<'_>,
    images: &Images,
    places: &[usize],
    flips: &[Option<usize>],
    stages: &[Stage],
) -> Result<Vec<ExplainedImage>> {
    let bounds = judge.model.bounds();
    let frame = |pixels: &[f32]| Frame::quantized(pixels, [bounds.low, bounds.high]);
    let mut explained = Vec::with_capacity(places.len());
    for &place in places {
        let Some(batch) = images.batches.iter().find(|batch| batch.range.contains(&place)) else {
            continue;
        };
        let row = place - batch.range.start;
        let one = |tensor: &Tensor<4>| {
            let [_, channels, height, width] = tensor.dims();
            tensor.clone().slice([row..row + 1, 0..channels, 0..height, 0..width])
        };
        // Both images at once, so that they have the same noise.
        let both = Tensor::cat(vec![one(&batch.clean), one(&batch.attacked)], 0);
        let pixels = to_vec(both.clone())?;
        let (clean, attacked) = pixels.split_at(pixels.len() / 2);
        let latents = judge.model.latents(both, judge.stages)?;
        let mut explanations = Vec::with_capacity(stages.len());
        for (number, (latent, stage)) in latents.into_iter().zip(stages).enumerate() {
            let mut draws = Vec::with_capacity(DRAWS);
            for draw in 0..DRAWS {
                let z = judge.noise(1, place, draw, &latent.device());
                draws.push(judge.explainer.explain(number, latent.clone(), z.repeat(&[2, 1]))?);
            }
            let first = labelled(judge, draws[0].clone(), &frame)?;
            let sum = draws.into_iter().reduce(|sum, image| sum + image);
            let means = sum.map_or(Ok([first[0].clone(), first[1].clone()]), |sum| {
                labelled(judge, sum / DRAWS as f64, &frame)
            })?;
            let ([clean, attacked], [clean_mean, attacked_mean]) = (first, means);
            explanations.push(Explanation {
                layer: stage.name.clone(),
                clean,
                attacked,
                clean_mean,
                attacked_mean,
            });
        }
        explained.push(ExplainedImage {
            index: place,
            label: images.labels[place],
            clean_prediction: images.clean[place],
            attacked_prediction: images.attacked[place],
            flip: flips[place].map(|stage| stages[stage].name.clone()),
            clean: frame(clean),
            attacked: frame(attacked),
            explanations,
        });
    }
    Ok(explained)
}

/// Two images, with what the oracle takes them for.
fn labelled(judge: &Judge<'_>, images: Tensor<4>, frame: &dyn Fn(&[f32]) -> Frame) -> Result<[LabelledFrame; 2]> {
    let said = to_vec(softmax(judge.oracle.logits(images.clone())?, 1))?;
    let pixels = to_vec(images)?;
    let (values, classes) = (pixels.len() / 2, said.len() / 2);
    Ok([0, 1].map(|image| {
        let probabilities = &said[image * classes..(image + 1) * classes];
        let label = greatest(probabilities);
        LabelledFrame {
            frame: frame(&pixels[image * values..(image + 1) * values]),
            label,
            probability: probabilities[label].into(),
        }
    }))
}
