//! What an evaluation is of: everything that its numbers depend on.

use super::image_source::ImageSource;
use super::test_set::TestSet;
use super::unfinished::Identity;
use crate::attack::Attack;
use crate::data::sha256;
use crate::nn::{Classifier, Network, checksum, to_vec};
use crate::ops::kernels::isa;
use crate::{Error, Result};

/// The identity of an evaluation of models, by name, under an attack: with another one, its finished parts are not those of this one. `outputs` says
/// what is kept beside the numbers.
///
/// # Errors
/// When the device fails.
pub fn identity(
    models: &[(&str, &Network)],
    dataset: &str,
    test: &TestSet<'_>,
    attack: &Attack,
    eps: &[f64],
    outputs: &str,
) -> Result<Identity> {
    let checksums = models
        .iter()
        .map(|(name, network)| Ok(format!("{name} ({})", checksum(network)?)))
        .collect::<Result<Vec<String>>>()?;
    let settings = serde_json::to_string(&attack.spec()).map_err(|e| Error::internal("describing an attack", e))?;
    let images = match test.sample() {
        Some(sample) => format!("{} drawn by seed {}", test.count(), sample.seed()),
        None => format!("{} from the first", test.count()),
    };
    let eps: Vec<String> = attack.sizes(eps).iter().map(f64::to_string).collect();
    let facts = [
        ("attack", format!("{} {settings}", attack.name())),
        ("data", format!("{dataset} ({})", test.checksum())),
        ("device", format!("{:?}, {}", test.device, isa().name())),
        ("images", images),
        ("models", checksums.join(", ")),
        ("outputs", outputs.to_owned()),
        (attack.size_name(), eps.join(", ")),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    Ok(facts.map(|(name, fact)| (name.to_owned(), fact)).into())
}

/// SHA-256 of what a model says of the first few images, in lower-case hexadecimal: that is all that tells a model from others whose inside is not known,
/// such as a function.
///
/// # Errors
/// When there are no images, or they do not fit the model, or it fails.
pub fn answers(model: &dyn Classifier, images: &dyn ImageSource) -> Result<String> {
    const ASKED: usize = 16;
    let first: Vec<usize> = (0..images.count().min(ASKED)).collect();
    let logits = to_vec(model.logits(images.read(&first)?)?)?;
    let bytes: Vec<u8> = logits.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(sha256(std::iter::once(bytes.as_slice())))
}
