//! What an imported network does with two images of noise: the last check before it is handed out.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use doubleback::data::{Bounds, ImageShape};
use doubleback::nn::{Classifier, Network, to_vec};
use doubleback::{Error, Result};

/// Most that a logit may differ with the batch around its image, relative to the largest.
const TOLERANCE: f32 = 1e-4;

/// Most values of one image in all layers for which it is tried: half a gigabyte, and a small file can ask for far more.
const MOST: usize = 1 << 27;

/// Refuses a network whose logits of two images of noise within the bounds are not finite, or differ from those of one of them alone. What is
/// strange about them is told in sentences.
pub(crate) fn check(network: &Network, path: &Path) -> Result<Vec<String>> {
    let working = network.architecture().working_values()?;
    if working > MOST {
        return Ok(vec![format!(
            "it was not tried on noise: its layers give {working} values for one image"
        )]);
    }
    let images = noise(network.shape(), network.bounds(), network.device());
    let [one, two] = [0, 1].map(|image| images.clone().narrow(0, image, 1));
    let both = to_vec(network.logits(images)?)?;
    let alone = [to_vec(network.logits(one)?)?, to_vec(network.logits(two)?)?].concat();
    if let Some(bad) = both.iter().chain(&alone).find(|value| !value.is_finite()) {
        let problem = format!(
            "its logits of noise within the bounds are not finite ({bad}): its weights may be damaged, or `--bounds` or `--normalize` are missing"
        );
        return Err(Error::file(path, problem));
    }
    let largest = both.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let apart = both.iter().zip(&alone).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    if apart > TOLERANCE * largest {
        let problem = format!(
            "its logits of an image depend on the images around it (by {apart}, the largest is {largest}): a mistake of this program. Please \
             report it"
        );
        return Err(Error::file(path, problem));
    }
    let (first, second) = both.split_at(network.classes());
    let mut notes = Vec::new();
    if first == second {
        notes.push("its logits are the same for two different images of noise".into());
    }
    let probabilities = |values: &[f32]| {
        values.iter().all(|value| (0.0..=1.0).contains(value)) && (values.iter().sum::<f32>() - 1.0).abs() < 1e-4
    };
    if probabilities(first) && probabilities(second) {
        notes.push(
            "its outputs look like probabilities, not logits: attacks and explanations that take logits are weaker on them. `--output` takes \
             another value of the model"
                .into(),
        );
    }
    Ok(notes)
}

/// Two images whose values are spread over the bounds; the same ones each time.
fn noise(shape: ImageShape, bounds: Bounds, device: &Device) -> Tensor<4> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        // An xorshift generator (Marsaglia 2003): there is nothing to be random for.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let part = (state >> 40) as f32 / (1u64 << 24) as f32;
        bounds.low + (bounds.high - bounds.low) * part
    };
    let values: Vec<f32> = (0..2 * shape.len()).map(|_| next()).collect();
    let sizes = [2, shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(values, sizes), device)
}
