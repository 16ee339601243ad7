use burn::tensor::{Device, Tensor};
use doubleback::nn::{Architecture, Loss, Module, Network, TrainingPass, to_vec};
use doubleback::train::{GradientPenalty, Objective};
use doubleback::{Error, Result};

use super::batch::random_batch;

/// How far a device's gradients are from the CPU's, as shares of the length of the CPU's.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// Of the gradient of the cross-entropy with respect to the images, in inference.
    pub input_gradient: f64,
    /// Of the gradient of double backprop's objective with a penalty that outweighs the cross-entropy: the parameter that is farthest off.
    pub second_order: f64,
    /// That parameter.
    pub parameter: String,
}

/// Weight of the penalty.
const PENALTY: f64 = 100.0;

/// Parameters whose gradient is shorter than this share of the whole gradient are not compared.
const LEAST_SHARE: f64 = 1e-6;

/// Compares gradients on a device with those on the CPU: the same network with random weights, images and labels.
///
/// # Errors
/// When the architecture's layers do not fit each other, or the device fails.
pub fn agreement(architecture: &Architecture, batch: usize, device: &Device) -> Result<Agreement> {
    let ours = Gradients::on(architecture, batch, &Device::flex())?;
    let theirs = Gradients::on(architecture, batch, device)?;
    let mut found = Agreement {
        input_gradient: apart(&theirs.input, &ours.input),
        second_order: 0.0,
        parameter: String::new(),
    };
    // A parameter that hardly counts, such as a bias in front of a batch norm, has a gradient of rounding alone.
    let all = ours.parameters.iter().map(|(_, gradient)| length(gradient).powi(2));
    let least = LEAST_SHARE * all.sum::<f64>().sqrt();
    for ((name, cpu), (_, other)) in ours.parameters.iter().zip(&theirs.parameters) {
        if length(cpu) < least {
            continue;
        }
        let apart = apart(other, cpu);
        if apart >= found.second_order {
            (found.second_order, found.parameter) = (apart, name.clone());
        }
    }
    Ok(found)
}

/// Of one network and batch.
struct Gradients {
    input: Vec<f32>,
    parameters: Vec<(String, Vec<f32>)>,
}

impl Gradients {
    fn on(architecture: &Architecture, count: usize, device: &Device) -> Result<Self> {
        let network = Network::new(architecture.clone(), 0, device)?;
        let batch = random_batch(architecture, count, device)?;
        let (input, _) = Loss::CrossEntropy.input_gradient(&network, batch.images(), &batch.labels)?;
        let tracked = network.tracked();
        let objective = GradientPenalty::double_backprop(PENALTY);
        // Dropout masks are drawn on the CPU, from the seed alone.
        let values = objective.evaluate(&tracked, &batch, &mut TrainingPass::new(0, 0))?;
        let mut gradients = values.loss.backward();
        drop(values);
        let parameters = tracked.parameters().map(|parameter| {
            let missing = || Error::internal("comparing gradients", "a parameter has none");
            let gradient: Tensor<1> = parameter.value().grad_remove(&mut gradients).ok_or_else(missing)?;
            Ok((parameter.name().to_owned(), to_vec(gradient)?))
        });
        Ok(Self {
            input: to_vec(input)?,
            parameters: parameters.collect::<Result<_>>()?,
        })
    }
}

/// Length of the difference by the length of what is expected.
fn apart(found: &[f32], expected: &[f32]) -> f64 {
    let difference: Vec<f32> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    length(&difference) / length(expected).max(f64::MIN_POSITIVE)
}

fn length(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&value| f64::from(value).powi(2));
    squares.sum::<f64>().sqrt()
}
