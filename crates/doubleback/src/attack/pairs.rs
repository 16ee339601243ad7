//! The values that JSMA changes next, found without a table of all pairs.

/// The pair `i < j` with the greatest `(a_i + a_j) · (c_i + c_j)`, all in f32, among those in which both sums are above zero; of equals the
/// first, by `i` and then `j`. Places in the slices, which are equally long.
///
/// A row of the search takes one value and looks at its partners. No pair with `i` exceeds `(a_i + max a) · (c_i + max c)`, rounding included,
/// since sums and products round monotonically; rows are taken in the order of this bound, and values whose bound is below the best pair
/// so far are forgotten, which tightens the others' bounds. A few rows do in practice; memory grows with the number of values, not of pairs.
pub(super) fn best_pair(a: &[f32], c: &[f32]) -> Option<[usize; 2]> {
    let (mut a, mut c) = (a.to_vec(), c.to_vec());
    let mut places: Vec<usize> = (0..a.len()).collect();
    let mut bounds: Vec<f32> = Vec::with_capacity(a.len());
    let (mut best, mut pair) = (0.0, None);
    while places.len() > 1 {
        let (most_a, most_c) = (greatest(&a), greatest(&c));
        bounds.clear();
        bounds.extend(a.iter().zip(&c).map(|(a, c)| score(a + most_a, c + most_c)));
        let bound = greatest(&bounds);
        let Some(row) = bounds.iter().position(|&b| b == bound && b >= best) else {
            break;
        };
        let with_row = |j: usize| score(a[row] + a[j], c[row] + c[j]);
        let found = row_maximum(&a, &c, row);
        if found >= best {
            let partner = (0..places.len()).find(|&j| j != row && with_row(j) == found);
            let candidate = partner.map(|j| [places[row].min(places[j]), places[row].max(places[j])]);
            if found > best || pair.is_none() || candidate < pair {
                (best, pair) = (found, candidate);
            }
        }
        let mut kept = 0;
        for j in 0..places.len() {
            if j != row && bounds[j] >= best {
                (places[kept], a[kept], c[kept]) = (places[j], a[j], c[j]);
                kept += 1;
            }
        }
        places.truncate(kept);
        a.truncate(kept);
        c.truncate(kept);
    }
    pair
}

/// The value with the greatest `a_i · c_i` among those with both above zero; of equals the first.
pub(super) fn best_single(a: &[f32], c: &[f32]) -> Option<usize> {
    let scores = || a.iter().zip(c).map(|(&a, &c)| score(a, c));
    let best = scores().fold(-1.0, f32::max);
    scores().position(|score| score >= 0.0 && score == best)
}

/// The product if both factors are above zero, otherwise -1, which is below every product.
fn score(a: f32, c: f32) -> f32 {
    if a > 0.0 && c > 0.0 { a * c } else { -1.0 }
}

fn greatest(values: &[f32]) -> f32 {
    values.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}

/// The greatest score of the value at `row` with any other.
fn row_maximum(a: &[f32], c: &[f32], row: usize) -> f32 {
    let (of_row_a, of_row_c) = (a[row], c[row]);
    let maximum = |a: &[f32], c: &[f32]| {
        a.iter()
            .zip(c)
            .fold(-1.0, |most: f32, (a, c)| most.max(score(of_row_a + a, of_row_c + c)))
    };
    maximum(&a[..row], &c[..row]).max(maximum(&a[row + 1..], &c[row + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_pairs(a: &[f32], c: &[f32]) -> Option<[usize; 2]> {
        let (mut best, mut pair) = (-1.0, None);
        for i in 0..a.len() {
            for j in i + 1..a.len() {
                let found = score(a[i] + a[j], c[i] + c[j]);
                if found > best {
                    (best, pair) = (found, Some([i, j]));
                }
            }
        }
        pair
    }

    fn values() -> impl Strategy<Value = (Vec<f32>, Vec<f32>)> {
        let of = |value: BoxedStrategy<f32>| prop::collection::vec((value.clone(), value), 0..40).boxed();
        prop_oneof![
            of((-1f32..1.0).boxed()),
            // Many ties.
            of((-3i8..4).prop_map(f32::from).boxed()),
            // Mostly without a valid pair.
            of((-1f32..0.05).boxed()),
            // Products that underflow and overflow, and what is no number.
            of(any::<f32>().boxed()),
            of((-1e-30f32..1e-30).boxed()),
        ]
        .prop_map(|pairs| pairs.into_iter().unzip())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_pair_is_that_of_a_search_of_all((a, c) in values()) {
            prop_assert_eq!(best_pair(&a, &c), all_pairs(&a, &c));
        }
    }

    #[test]
    fn the_first_of_equals_is_taken() {
        assert_eq!(best_pair(&[1.0; 5], &[1.0; 5]), Some([0, 1]));
        assert_eq!(best_pair(&[0.0, 2.0, 2.0, 0.0], &[2.0, 0.0, 0.0, 2.0]), Some([0, 1]));
        assert_eq!(best_pair(&[1.0], &[1.0]), None);
        assert_eq!(best_single(&[-3.0, 1.0, 2.0, 4.0], &[-3.0, 4.0, 2.0, 1.0]), Some(1));
        assert_eq!(best_single(&[-3.0, 1.0, f32::NAN], &[-3.0, 0.0, 1.0]), None);
    }
}
