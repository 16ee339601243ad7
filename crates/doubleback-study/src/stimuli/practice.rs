//! Images to practise on: unchanged, and in no cell.

use std::collections::BTreeMap;

use doubleback::data::{Dataset, sha256};
use rand::Rng as _;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::attempts::by_class;
use super::levels::{Drawn, Scale};
use super::names;
use crate::Result;
use crate::folder::Practice;

/// How many.
const COUNT: usize = 3;
/// The stream of random numbers, apart from those of participants.
const STREAM: u64 = u64::MAX;

/// Draws images of different classes, none among the first `per_class` of its class, and adds their files. There are fewer where classes have no others.
pub(super) fn practice(
    dataset: &Dataset,
    per_class: usize,
    seed: u64,
    scale: Scale,
    files: &mut BTreeMap<String, Vec<u8>>,
) -> Result<Vec<Practice>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    let rest = by_class(dataset).into_iter().enumerate();
    let mut classes: Vec<(usize, Vec<usize>)> = rest
        .map(|(label, places)| (label, places.into_iter().skip(per_class).collect::<Vec<_>>()))
        .filter(|(_, places)| !places.is_empty())
        .collect();
    classes.shuffle(&mut random);
    let mut chosen = Vec::new();
    for (label, places) in classes.into_iter().take(COUNT) {
        let index = places[random.random_range(0..places.len())];
        let drawn = Drawn::of(&dataset.test.image(index), scale, dataset.shape)?;
        let file = names::file(seed, &format!("practice {index}"));
        chosen.push(Practice {
            sha256: sha256(std::iter::once(drawn.png.as_slice())),
            file: file.clone(),
            index,
            label,
        });
        files.insert(file, drawn.png);
    }
    Ok(chosen)
}
