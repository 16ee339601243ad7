//! The values that JSMA changes next, found without a table of all pairs.

/// The pair `i < j` with the greatest `(a_i + a_j) · (c_i + c_j)`, all in f32, among those in which both sums are above zero; of equals the
/// first, by `i` and then `j`. Places in the slices, which are equally long.
///
/// Each round takes one value and looks at all its partners, then forgets it, and with it every value that no better pair can hold:
///
/// - No pair with `i` exceeds `(a_i + max a) · (c_i + max c)`, rounding included, since sums and products round monotonically. The value
///   whose bound is greatest goes first.
/// - A product is at most the square of a mean, `A · C ≤ ((A / r + r · C) / 2)²` for every `r > 0`, with equality where `A = r² · C`. With the `r` of
///   the best pair so far, only values near the top in direction `(1 / r, r)` remain.
///
/// A few rounds do in practice; memory grows with the number of values, not of pairs.
pub(super) fn best_pair(a: &[f32], c: &[f32]) -> Option<[usize; 2]> {
    let (mut a, mut c) = (a.to_vec(), c.to_vec());
    let mut places: Vec<usize> = (0..a.len()).collect();
    let (mut bounds, mut scores) = (Vec::new(), Vec::new());
    let (mut best, mut pair) = (0.0, None);
    while places.len() > 1 {
        score_all(&a, &c, greatest(&a), greatest(&c), &mut bounds);
        let bound = greatest(&bounds);
        let Some(row) = bounds.iter().position(|&b| b == bound && b >= best) else {
            break;
        };
        score_all(&a, &c, a[row], c[row], &mut scores);
        scores[row] = -1.0;
        let found = greatest(&scores);
        let mut line = None;
        if found >= best
            && let Some(j) = scores.iter().position(|&score| score == found)
        {
            let candidate = [places[row].min(places[j]), places[row].max(places[j])];
            if found > best || pair.is_none_or(|pair| candidate < pair) {
                (best, pair) = (found, Some(candidate));
                line = Line::through(a[row] + a[j], c[row] + c[j], found, &a, &c);
            }
        }
        let mut kept = 0;
        for j in 0..places.len() {
            if j != row && bounds[j] >= best && !line.as_ref().is_some_and(|line| line.out_of_reach(a[j], c[j])) {
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

/// The line `A / r + r · C = 2 √best` of pair sums that touches the curve `A · C = best`.
struct Line {
    r: f64,
    height: f64,
    /// The greatest share of a value in the left side.
    most: f64,
}

impl Line {
    /// Touching at the sums of the best pair. None where f32 is too coarse, or not finite, for the margin below.
    fn through(sum_a: f32, sum_c: f32, best: f32, a: &[f32], c: &[f32]) -> Option<Self> {
        if !(1e-30..1e30).contains(&best) {
            return None;
        }
        let mut line = Self {
            r: (f64::from(sum_a) / f64::from(sum_c)).sqrt(),
            height: 2.0 * f64::from(best).sqrt(),
            most: f64::NEG_INFINITY,
        };
        for (&a, &c) in a.iter().zip(c) {
            line.most = line.most.max(line.share(a, c));
        }
        Some(line)
    }

    fn share(&self, a: f32, c: f32) -> f64 {
        f64::from(a) / self.r + self.r * f64::from(c)
    }

    /// Whether no pair with this value reaches the line; never where something is no number. The margin is for the rounding of sums and
    /// products in f32.
    fn out_of_reach(&self, a: f32, c: f32) -> bool {
        let share = self.share(a, c);
        let margin = 1e-6 * (share.abs() + self.most.abs());
        share + self.most + margin < self.height
    }
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

/// The score of each value with one whose numbers are given.
fn score_all(a: &[f32], c: &[f32], with_a: f32, with_c: f32, scores: &mut Vec<f32>) {
    scores.clear();
    scores.extend(a.iter().zip(c).map(|(a, c)| score(a + with_a, c + with_c)));
}

/// What is no number is passed over. Several maxima side by side, since the compiler may not reorder a single one's comparisons.
fn greatest(values: &[f32]) -> f32 {
    let larger = |most: f32, value: f32| if value > most { value } else { most };
    let mut lanes = [f32::NEG_INFINITY; 16];
    let chunks = values.chunks_exact(lanes.len());
    let rest = chunks.remainder();
    for chunk in chunks {
        for (most, &value) in lanes.iter_mut().zip(chunk) {
            *most = larger(*most, value);
        }
    }
    rest.iter().chain(&lanes).copied().fold(f32::NEG_INFINITY, larger)
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
        // More than the lanes of `greatest`.
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
            of((-1e-15f32..1e-15).boxed()),
            of((1f32..1.000_001).boxed()),
        ]
        .prop_map(|pairs| pairs.into_iter().unzip())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

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
