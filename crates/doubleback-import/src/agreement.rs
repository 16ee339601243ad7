//! Comparing an imported network with inputs and logits that its own framework stored.
//!
//! It is the only way to see what no file says: arrays that were stored transposed, another form of an architecture, a forgotten epsilon.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData, activation::softmax};
use doubleback::data::arrays::{Array, of_npz};
use doubleback::nn::{Classifier, to_vec};
use doubleback::{Error, Result};

use crate::options::Normalization;

/// Names that the inputs may have, and the logits.
const INPUTS: [&str; 3] = ["inputs", "input", "x"];
const LOGITS: [&str; 3] = ["logits", "output", "y"];

/// The largest difference of logits, relative to the largest logit, of a network that was read rightly.
const TOLERANCE: f64 = 1e-3;

/// Images that are computed at once.
const BATCH: usize = 16;

/// How near a network is to stored logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Images that were compared.
    pub images: usize,
    /// The largest difference of a logit, relative to the largest logit.
    pub difference: f64,
}

/// Compares a network with an `.npz` file of inputs (`inputs`, `input` or `x`; NCHW or NHWC) and what the model's own framework made of them
/// (`logits`, `output` or `y`). The inputs are those that the model itself was given: behind `normalize`, which is the first layer here.
///
/// # Errors
/// When the file cannot be read, its arrays do not fit the network, or a logit differs by more than a thousandth of the largest.
pub fn agreement(
    network: &dyn Classifier,
    normalize: Option<&Normalization>,
    path: &Path,
    device: &Device,
) -> Result<Agreement> {
    let refused = |problem: String| Error::file(path, problem);
    let bytes = std::fs::read(path).map_err(Error::io(path, "reading inputs and logits"))?;
    let arrays = of_npz(bytes, &[&INPUTS, &LOGITS]).map_err(|e| refused(e.to_string()))?;
    let [inputs, stored] = arrays.as_slice() else {
        return Err(Error::internal("reading arrays", "not as many as asked for"));
    };
    let (mut images, count) = images(inputs, network).map_err(refused)?;
    if let Some(array) = arrays
        .iter()
        .find(|array| array.values.iter().any(|value| !value.is_finite()))
    {
        return Err(refused(format!("`{}` holds values that are not finite", array.name)));
    }
    let classes = network.classes();
    let shape = network.shape();
    if let Some(normalize) = normalize {
        let (mean, deviation) = normalize.of_channels(shape.channels).map_err(refused)?;
        for (index, pixels) in images.chunks_mut(shape.height * shape.width).enumerate() {
            let channel = index % shape.channels;
            let raw = |pixel: f32| (f64::from(pixel) * deviation[channel] + mean[channel]) as f32;
            pixels.iter_mut().for_each(|pixel| *pixel = raw(*pixel));
        }
    }
    let mut logits = Vec::new();
    let mut probabilities = Vec::new();
    for batch in images.chunks(BATCH * shape.len()) {
        let n = batch.len() / shape.len();
        let data = TensorData::new(batch.to_vec(), [n, shape.channels, shape.height, shape.width]);
        let found = network.logits(Tensor::from_data(data, device))?;
        probabilities.extend(to_vec(softmax(found.clone(), 1))?);
        logits.extend(to_vec(found)?);
    }
    let found = match outputs(stored, count, classes).map_err(refused)? {
        Outputs::Logits => logits,
        Outputs::Probabilities => probabilities,
        Outputs::OneLogit => logits.chunks(2).map(|two| two[1] - two[0]).collect(),
    };
    compare(&found, &stored.values, count).map_err(refused)
}

/// Height and width of the stored inputs; none if they cannot be told.
pub(crate) fn image_size(path: &Path) -> Option<[usize; 2]> {
    /// Most channels of an image; a side has more pixels.
    const CHANNELS: usize = 4;
    let arrays = of_npz(std::fs::read(path).ok()?, &[&INPUTS]).ok()?;
    match *arrays.first()?.shape.as_slice() {
        [_, channels, height, width] if channels <= CHANNELS => Some([height, width]),
        [_, height, width, channels] if channels <= CHANNELS => Some([height, width]),
        _ => None,
    }
}

/// What the stored outputs are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outputs {
    Logits,
    /// Each row is positive and sums to 1: the softmax was in the model.
    Probabilities,
    /// One value an image, of a network that became one of two classes.
    OneLogit,
}

fn outputs(stored: &Array, count: usize, classes: usize) -> std::result::Result<Outputs, String> {
    let name = &stored.name;
    let len = stored.values.len();
    if classes == 2 && len == count {
        return Ok(Outputs::OneLogit);
    }
    if Some(len) != count.checked_mul(classes) {
        return Err(format!(
            "`{name}` is {:?}, and the network gives {classes} logits for each of {count} images",
            stored.shape
        ));
    }
    let sums_to_one =
        |row: &[f32]| row.iter().all(|&value| value >= 0.0) && (row.iter().sum::<f32>() - 1.0).abs() < 1e-3;
    match classes > 1 && stored.values.chunks(classes).all(sums_to_one) {
        true => Ok(Outputs::Probabilities),
        false => Ok(Outputs::Logits),
    }
}

/// The images with their channels first, and how many they are.
fn images(inputs: &Array, network: &dyn Classifier) -> std::result::Result<(Vec<f32>, usize), String> {
    let shape = network.shape();
    let (channels, height, width) = (shape.channels, shape.height, shape.width);
    let unfit = || {
        format!(
            "`{}` is {:?}, and the network takes images of {channels} x {height} x {width}. Where the file leaves the size open it is that of the data set or of `--images`",
            inputs.name, inputs.shape
        )
    };
    let (count, sizes) = match inputs.shape.as_slice() {
        [count, sizes @ ..] if sizes.len() == 3 || (sizes.len() == 2 && channels == 1) => (*count, sizes),
        _ => return Err(unfit()),
    };
    if count == 0 {
        return Err(format!("`{}` holds no images", inputs.name));
    }
    if sizes == [channels, height, width] || sizes == [height, width] {
        return Ok((inputs.values.clone(), count));
    }
    if sizes != [height, width, channels] {
        return Err(unfit());
    }
    let mut images = Vec::with_capacity(inputs.values.len());
    for image in inputs.values.chunks(shape.len()) {
        for channel in 0..channels {
            images.extend(image.iter().skip(channel).step_by(channels));
        }
    }
    Ok((images, count))
}

fn compare(found: &[f32], stored: &[f32], images: usize) -> std::result::Result<Agreement, String> {
    let largest = stored
        .iter()
        .fold(0.0, |most: f64, &logit| most.max(f64::from(logit).abs()));
    let difference =
        |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).abs() / largest.max(f64::from(f32::MIN_POSITIVE));
    let differences = found.iter().zip(stored).map(difference).enumerate();
    let (place, difference) = differences.fold((0, 0.0), |most, next| match next.1 <= most.1 {
        true => most,
        // Also where it is no number.
        false => next,
    });
    if difference <= TOLERANCE {
        return Ok(Agreement { images, difference });
    }
    let row = found.len() / images;
    Err(format!(
        "logits differ by {difference:.1e} of the largest, more than {TOLERANCE:.0e}: of image {} output {} is {} here and {} there. The inputs may not be what the model itself was given (normalization, order of colors), the weights transposed (NumPy's save_file of safetensors 0.8 scrambles such arrays), or `--arch` another",
        place / row,
        place % row,
        found[place],
        stored[place]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(values: &[f32], shape: &[usize]) -> Array {
        Array {
            name: "logits".into(),
            shape: shape.to_vec(),
            values: values.to_vec(),
        }
    }

    #[test]
    fn outputs_are_told_by_their_values() {
        let of = |values: &[f32], classes| outputs(&array(values, &[values.len()]), 2, classes);
        assert_eq!(of(&[1.0, 2.0, -1.0, 0.0], 2), Ok(Outputs::Logits));
        assert_eq!(of(&[0.25, 0.75, 0.5, 0.5], 2), Ok(Outputs::Probabilities));
        assert_eq!(of(&[0.3, -2.0], 2), Ok(Outputs::OneLogit));
        assert!(
            of(&[0.3, -2.0], 3)
                .unwrap_err()
                .contains("gives 3 logits for each of 2 images")
        );
    }

    #[test]
    fn the_worst_logit_is_named() {
        let agreement = compare(&[1.0, 2.0], &[1.0, 2.001], 1).unwrap();
        assert!((agreement.difference - 0.0005).abs() < 1e-5);
        let problem = compare(&[1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 4.0, 4.0], 2).unwrap_err();
        assert!(
            problem.contains("of image 1 output 0 is 3 here and 4 there"),
            "{problem}"
        );
        assert!(compare(&[f32::NAN], &[1.0], 1).is_err());
    }
}
