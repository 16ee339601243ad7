//! Names of image files, which say nothing of what is in them.

use doubleback::data::sha256;

/// A name for the image of a purpose, such as `candidate 0 17 3`: a hash of the seed and the purpose.
pub(super) fn file(seed: u64, purpose: &str) -> String {
    let hash = sha256([&seed.to_le_bytes()[..], purpose.as_bytes()].into_iter());
    format!("{}.png", &hash[..24])
}
