//! Orders of values, put together and made as small as they can be: a chain of reshapes and transposes is one permutation or none.

/// Values read as a tensor of sizes `from`, its axes in the order `order`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Permutation {
    pub from: Vec<usize>,
    pub order: Vec<usize>,
}

impl Permutation {
    /// Of all values as they are.
    pub fn identity(count: usize) -> Self {
        Self {
            from: vec![count],
            order: vec![0],
        }
    }

    /// Whether it leaves all values where they are. To be asked of the [`simplest`](Self::simplest).
    pub fn is_identity(&self) -> bool {
        self.order.len() <= 1
    }

    /// The same order of values with the fewest axes: none of size 1, and none that follows the one before it in both orders.
    pub fn simplest(&self) -> Self {
        let kept: Vec<usize> = (0..self.from.len()).filter(|&axis| self.from[axis] != 1).collect();
        let order = self.order.iter().filter_map(|axis| kept.iter().position(|k| k == axis));
        // Runs of axes that stay together, in the order of the result: first axis and number.
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for axis in order {
            match runs.last_mut() {
                Some((first, count)) if *first + *count == axis => *count += 1,
                _ => runs.push((axis, 1)),
            }
        }
        let mut sorted = runs.clone();
        sorted.sort_unstable();
        let size =
            |&(first, count): &(usize, usize)| kept[first..first + count].iter().map(|&k| self.from[k]).product();
        Self {
            from: sorted.iter().map(size).collect(),
            order: runs
                .iter()
                .filter_map(|run| sorted.iter().position(|s| s == run))
                .collect(),
        }
    }

    /// Sizes of the result.
    fn to(&self) -> Vec<usize> {
        self.order.iter().map(|&axis| self.from[axis]).collect()
    }

    /// This, then another of as many values, as one; none if the axes of the two cut the values in ways that have no common refinement.
    pub fn then(&self, next: &Self) -> Option<Self> {
        let (to, count) = (self.to(), self.from.iter().product::<usize>());
        if count == 0 || count != next.from.iter().product::<usize>() {
            return None;
        }
        // The values between the two, cut wherever either cuts them: by the number of values behind each cut.
        let mut cuts = [vec![count, 1], behind(&to), behind(&next.from)].concat();
        cuts.sort_unstable_by(|a, b| b.cmp(a));
        cuts.dedup();
        if cuts.windows(2).any(|pair| pair[0] % pair[1] != 0) {
            return None;
        }
        let sizes: Vec<usize> = cuts.windows(2).map(|pair| pair[0] / pair[1]).collect();
        // The fine axes that make up each coarse one.
        let parts = |coarse: &[usize]| -> Vec<Vec<usize>> {
            let below = behind(coarse);
            let above = std::iter::once(count).chain(below.iter().copied());
            let fine = |(above, &below): (usize, &usize)| {
                let within = |&fine: &usize| cuts[fine] <= above && cuts[fine + 1] >= below;
                (0..sizes.len()).filter(within).collect()
            };
            above.zip(&below).map(fine).collect()
        };
        let middle = parts(&to);
        // The fine axes as they stand in the values before both: those of the first axis of `from`, and so on.
        let mut place = vec![0; sizes.len()];
        let mut from = Vec::with_capacity(sizes.len());
        for axis in 0..self.from.len() {
            let position = self.order.iter().position(|&o| o == axis)?;
            for &fine in &middle[position] {
                place[fine] = from.len();
                from.push(sizes[fine]);
            }
        }
        let last = parts(&next.from);
        let order = next.order.iter().flat_map(|&axis| &last[axis]).map(|&fine| place[fine]);
        let order = order.collect();
        Some(Self { from, order }.simplest())
    }

    /// For each value of the result, which of the values it is.
    pub fn sources(&self) -> Vec<usize> {
        let steps = behind(&self.from);
        let mut sources = vec![0];
        for &axis in &self.order {
            let along = |source: usize| (0..self.from[axis]).map(move |index| (source, index));
            sources = sources
                .into_iter()
                .flat_map(along)
                .map(|(source, index)| source + index * steps[axis])
                .collect();
        }
        sources
    }
}

/// For each axis, the values behind it: its step in row-major order.
fn behind(sizes: &[usize]) -> Vec<usize> {
    let mut steps = vec![1; sizes.len()];
    for axis in (1..sizes.len()).rev() {
        steps[axis - 1] = steps[axis] * sizes[axis];
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permutation(from: &[usize], order: &[usize]) -> Permutation {
        Permutation {
            from: from.to_vec(),
            order: order.to_vec(),
        }
    }

    fn one_after_the_other(first: &Permutation, next: &Permutation) -> Vec<usize> {
        let first = first.sources();
        next.sources().into_iter().map(|source| first[source]).collect()
    }

    #[test]
    fn there_and_back_is_nothing() {
        let to_rows = permutation(&[6, 5, 4], &[2, 0, 1]);
        let back = permutation(&[4, 6, 5], &[1, 2, 0]);
        assert!(to_rows.then(&back).unwrap().is_identity());
    }

    #[test]
    fn a_channel_shuffle_between_layouts_is_one_permutation() {
        // [H, W, C] to [C, H, W], its two halves by turns, and back.
        let to_rows = permutation(&[28, 30, 116], &[2, 0, 1]);
        let shuffle = permutation(&[1, 2, 58, 28, 30], &[0, 2, 1, 3, 4]);
        let back = permutation(&[116, 28, 30], &[1, 2, 0]);
        let all = to_rows.then(&shuffle).unwrap().then(&back).unwrap();
        assert_eq!(all, permutation(&[840, 2, 58], &[0, 2, 1]));
    }

    #[test]
    fn compositions_move_values_as_their_parts_do() {
        for (first, next) in [
            (permutation(&[2, 3, 4], &[2, 0, 1]), permutation(&[8, 3], &[1, 0])),
            (permutation(&[2, 1, 6], &[2, 1, 0]), permutation(&[3, 2, 2], &[1, 2, 0])),
            (permutation(&[4, 6], &[1, 0]), permutation(&[2, 3, 4], &[2, 1, 0])),
            (permutation(&[4, 6], &[0, 1]), permutation(&[2, 12], &[1, 0])),
        ] {
            let both = first.then(&next).unwrap();
            assert_eq!(
                both.sources(),
                one_after_the_other(&first, &next),
                "{first:?}, {next:?}"
            );
        }
    }

    #[test]
    fn axes_that_cut_across_each_other_stay_two_permutations() {
        let [first, next] = [permutation(&[2, 3], &[1, 0]), permutation(&[2, 3], &[1, 0])];
        // The first gives rows of 2, the second takes rows of 3.
        assert_eq!(first.then(&next), None);
    }

    #[test]
    fn simplest_forms_have_no_axis_too_many() {
        assert_eq!(
            permutation(&[1, 5, 4, 1, 3], &[0, 3, 2, 4, 1]).simplest(),
            permutation(&[5, 12], &[1, 0])
        );
        assert!(permutation(&[1, 1], &[1, 0]).simplest().is_identity());
        assert!(permutation(&[2, 1, 3], &[1, 0, 2]).simplest().is_identity());
    }
}
