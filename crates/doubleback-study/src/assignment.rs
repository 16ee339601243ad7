//! Which images a participant sees, and in what order.
//!
//! Each participant sees one image of each original class and model that has candidates. The images come in blocks of one image of each model. Over
//! participants, each model stands equally often in each place of a block, and two images of the same original class do not follow each other. All of it is a
//! function of the study's seed and the participant's number, so that nothing needs to be kept.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::folder::Manifest;

/// Attempts at an order in which no two images of the same class follow each other.
const TRIES: usize = 64;

/// Draws the images of each participant.
#[derive(Clone, Debug)]
pub struct Assignment {
    seed: u64,
    /// By model and then by class: indices of candidates.
    cells: Vec<Vec<Vec<usize>>>,
}

/// A place in a participant's order, while it is drawn.
#[derive(Clone, Copy)]
struct Item {
    model: usize,
    class: usize,
}

impl Assignment {
    /// What a study's participants see.
    pub fn new(manifest: &Manifest) -> Self {
        let mut cells = vec![vec![Vec::new(); manifest.classes.len()]; manifest.models.len()];
        for (index, candidate) in manifest.candidates.iter().enumerate() {
            if let Some(cell) = cells
                .get_mut(candidate.model)
                .and_then(|model| model.get_mut(candidate.original))
            {
                cell.push(index);
            }
        }
        Self {
            seed: manifest.seed,
            cells,
        }
    }

    /// Images that each participant sees: the cells, of a class and a model, that have candidates.
    pub fn items(&self) -> usize {
        self.cells.iter().flatten().filter(|cell| !cell.is_empty()).count()
    }

    /// Cells without a candidate, as (model, original class): no participant sees them.
    pub fn empty_cells(&self) -> Vec<(usize, usize)> {
        let all = self
            .cells
            .iter()
            .enumerate()
            .flat_map(|(model, classes)| (0..classes.len()).map(move |class| (model, class)));
        all.filter(|&(model, class)| self.cells[model][class].is_empty())
            .collect()
    }

    /// Indices of the candidates that participant `number` (from 1) sees, in order.
    pub fn order(&self, number: u64) -> Vec<usize> {
        let mut random = random(self.seed, number, 0);
        let models = self.models(number, &mut random);
        let items = self.classes(&models, &mut random);
        let draw = |item: &Item| {
            let cell = &self.cells[item.model][item.class];
            cell[random.random_range(..cell.len())]
        };
        items.iter().map(draw).collect()
    }

    /// Indices of so many confusion matrices, in the order in which participant `number` of a study of this seed sees them.
    pub fn matrices(seed: u64, matrices: usize, number: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..matrices).collect();
        order.shuffle(&mut random(seed, number, 1));
        order
    }

    /// The model of each place. A model with fewer images than others is in as many blocks as it has images, which are drawn.
    fn models(&self, number: u64, random: &mut ChaCha8Rng) -> Vec<usize> {
        let images: Vec<usize> = self
            .cells
            .iter()
            .map(|classes| classes.iter().filter(|cell| !cell.is_empty()).count())
            .collect();
        let blocks = images.iter().copied().max().unwrap_or(0);
        let mut present = Vec::with_capacity(images.len());
        for &images in &images {
            let mut chosen: Vec<bool> = (0..blocks).map(|block| block < images).collect();
            if images < blocks {
                chosen.shuffle(random);
            }
            present.push(chosen);
        }
        let order = (0..blocks).flat_map(|block| {
            let (group, turn) = turn(number, block, images.len());
            permutation(images.len(), group, turn)
                .into_iter()
                .map(move |model| (block, model))
        });
        order
            .filter(|&(block, model)| present[model][block])
            .map(|(_, model)| model)
            .collect()
    }

    /// A class for each place: each model's classes in random order, changed where two of the same follow each other. Where that cannot be avoided, as with
    /// one class, as few do as were found.
    fn classes(&self, models: &[usize], random: &mut ChaCha8Rng) -> Vec<Item> {
        let mut best: Option<(usize, Vec<Item>)> = None;
        for _ in 0..TRIES {
            let mut items = self.shuffled(models, random);
            separate(&mut items, random);
            let found = repeats(&items);
            if best.as_ref().is_none_or(|(fewest, _)| found < *fewest) {
                best = Some((found, items));
            }
            if found == 0 {
                break;
            }
        }
        best.map(|(_, items)| items).unwrap_or_default()
    }

    fn shuffled(&self, models: &[usize], random: &mut ChaCha8Rng) -> Vec<Item> {
        let mut left: Vec<Vec<usize>> = Vec::with_capacity(self.cells.len());
        for classes in &self.cells {
            let mut filled: Vec<usize> = (0..classes.len()).filter(|&class| !classes[class].is_empty()).collect();
            filled.shuffle(random);
            left.push(filled);
        }
        models
            .iter()
            .filter_map(|&model| {
                Some(Item {
                    model,
                    class: left[model].pop()?,
                })
            })
            .collect()
    }
}

/// What is drawn for a participant and a purpose.
fn random(seed: u64, number: u64, purpose: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number.wrapping_mul(2).wrapping_add(purpose));
    random
}

/// How often an image follows one of the same class.
fn repeats(items: &[Item]) -> usize {
    items.windows(2).filter(|pair| pair[0].class == pair[1].class).count()
}

/// Whether the image at `place` follows, or is followed by, one of the same class.
fn conflicts(items: &[Item], place: usize) -> usize {
    let class = items[place].class;
    let before = place > 0 && items[place - 1].class == class;
    let after = items.get(place + 1).is_some_and(|next| next.class == class);
    usize::from(before) + usize::from(after)
}

/// Exchanges classes of the same model where an image follows one of the same class, as long as that leaves fewer such places.
fn separate(items: &mut [Item], random: &mut ChaCha8Rng) {
    let mut others: Vec<usize> = (0..items.len()).collect();
    for place in 0..items.len() {
        if conflicts(items, place) == 0 {
            continue;
        }
        others.shuffle(random);
        for &other in others.iter().filter(|&&other| other != place) {
            if items[other].model != items[place].model {
                continue;
            }
            let before = repeats(items);
            exchange(items, place, other);
            if repeats(items) < before {
                break;
            }
            exchange(items, place, other);
        }
    }
}

fn exchange(items: &mut [Item], one: usize, other: usize) {
    let class = items[one].class;
    items[one].class = items[other].class;
    items[other].class = class;
}

/// Which [`permutation`] a participant's block has. As many participants as there are models, one after the other, have all turns of the same order.
fn turn(number: u64, block: usize, models: usize) -> (u64, usize) {
    let (participant, models) = (number.saturating_sub(1), models.max(1));
    let group = participant / models as u64 + (block / models) as u64;
    (group, ((participant % models as u64) as usize + block) % models)
}

/// An order of `models` models, turned so many places to the left. As many groups as there are cyclic orders have each of them once.
fn permutation(models: usize, group: u64, turn: usize) -> Vec<usize> {
    if models == 0 {
        return Vec::new();
    }
    let mut rest: Vec<usize> = (1..models).collect();
    let mut order = vec![0];
    let mut index = group;
    while !rest.is_empty() {
        let count = rest.len() as u64;
        order.push(rest.remove((index % count) as usize));
        index /= count;
    }
    order.rotate_left(turn);
    order
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn assignment(seed: u64, cells: Vec<Vec<usize>>) -> Assignment {
        let mut next = 0;
        let mut cell = |count: usize| {
            next += count;
            (next - count..next).collect::<Vec<_>>()
        };
        let cells = cells
            .into_iter()
            .map(|classes| classes.into_iter().map(&mut cell).collect())
            .collect();
        Assignment { seed, cells }
    }

    /// The (model, class) of each candidate.
    fn origins(assignment: &Assignment) -> BTreeMap<usize, (usize, usize)> {
        let mut origins = BTreeMap::new();
        for (model, classes) in assignment.cells.iter().enumerate() {
            for (class, cell) in classes.iter().enumerate() {
                origins.extend(cell.iter().map(|&candidate| (candidate, (model, class))));
            }
        }
        origins
    }

    proptest! {
        #[test]
        fn each_class_and_model_once_and_no_class_after_itself(
            seed: u64, number in 1..100_000_u64, models in 1..6_usize, classes in 3..13_usize, candidates in 1..4_usize,
        ) {
            let assignment = assignment(seed, vec![vec![candidates; classes]; models]);
            let origins = origins(&assignment);
            let order = assignment.order(number);
            let seen: Vec<_> = order.iter().map(|candidate| origins[candidate]).collect();
            prop_assert_eq!(order.len(), assignment.items());
            prop_assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), models * classes);
            for pair in seen.windows(2) {
                prop_assert_ne!(pair[0].1, pair[1].1);
            }
            for block in seen.chunks(models) {
                prop_assert_eq!(block.iter().map(|(model, _)| model).collect::<BTreeSet<_>>().len(), models);
            }
            prop_assert_eq!(&order, &assignment.order(number));
        }

        #[test]
        fn cells_without_candidates_are_left_out(seed: u64, number in 1..1000_u64, filled in prop::collection::vec(prop::collection::vec(0..3_usize, 5), 1..4)) {
            let assignment = assignment(seed, filled.clone());
            let origins = origins(&assignment);
            let seen: BTreeSet<_> = assignment.order(number).iter().map(|candidate| origins[candidate]).collect();
            let all = filled.iter().flatten();
            prop_assert_eq!(seen.len(), all.filter(|&&count| count > 0).count());
            prop_assert_eq!(seen.len(), assignment.items());
            prop_assert_eq!(assignment.items() + assignment.empty_cells().len(), filled.len() * 5);
        }

        #[test]
        fn over_participants_each_model_is_in_each_place_equally_often(seed: u64, models in 1..5_usize, first in 0..50_u64) {
            let assignment = assignment(seed, vec![vec![2; 10]; models]);
            let origins = origins(&assignment);
            let mut counts = BTreeMap::new();
            for number in 1..=models as u64 {
                let order = assignment.order(first * models as u64 + number);
                for (place, candidate) in order.iter().enumerate() {
                    *counts.entry((place, origins[candidate].0)).or_insert(0) += 1;
                }
            }
            prop_assert_eq!(counts.len(), 10 * models * models);
            prop_assert!(counts.values().all(|&count| count == 1));
        }
    }

    #[test]
    fn all_orders_of_models_come_before_one_comes_again() {
        for models in 1..6 {
            let orders: u64 = (1..=models as u64).product();
            let of = |number: u64, block| {
                let (group, turn) = turn(number, block, models);
                permutation(models, group, turn)
            };
            for block in [0, 4] {
                let seen: BTreeSet<_> = (1..=orders).map(|number| of(number, block)).collect();
                assert_eq!(seen.len() as u64, orders);
                assert_eq!(of(orders + 1, block), of(1, block));
            }
        }
    }

    #[test]
    fn candidates_and_matrices_are_drawn_evenly() {
        let assignment = assignment(7, vec![vec![4; 10]; 3]);
        let (mut drawn, mut first) = (BTreeMap::new(), BTreeMap::new());
        for number in 1..=1200 {
            for candidate in assignment.order(number) {
                *drawn.entry(candidate).or_insert(0_u32) += 1;
            }
            *first.entry(Assignment::matrices(7, 3, number)).or_insert(0_u32) += 1;
        }
        // 300 expected of each of 120 candidates with a standard deviation of 15, and 200 of each of 6 orders with one of 13: five of them either way.
        assert_eq!(drawn.len(), 120);
        assert!(drawn.values().all(|count| (225..=375).contains(count)), "{drawn:?}");
        assert_eq!(first.len(), 6);
        assert!(first.values().all(|count| (135..=265).contains(count)), "{first:?}");
    }

    #[test]
    fn other_participants_and_seeds_see_other_orders() {
        let of = |seed, number| assignment(seed, vec![vec![3; 10]; 3]).order(number);
        assert_ne!(of(1, 1), of(1, 2));
        assert_ne!(of(1, 1), of(2, 1));
    }
}
