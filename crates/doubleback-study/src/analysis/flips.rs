//! A test of paired differences by flipping their signs.
//!
//! Each participant sees as many images of either model, so each gives a difference. If the models do not differ, which of the two an answer counts for is
//! as good as a coin, and so is the sign of each participant's difference: flipping all of them in all ways, or in many random ones, gives the distribution
//! of any statistic without a word about that of answers (Fisher 1935). A rank or t test would need that differences of shares of ten are spread like
//! something, and McNemar's test that answers of one person are independent.
//!
//! Participants share images, though: of 45 candidates a cell, 60 people see each more than once. What is odd about an image moves all who see it the same
//! way, which flips of people alone do not know of: with a plain mean difference the test rejects too often. The statistic is therefore the mean difference
//! by its standard error with *both* kinds of dependence (as in [`two_way_variance`](super::interval::two_way_variance)), which is worked out again for
//! each flip. Where images do not matter, the test is exact; where they do, it is right in large samples (Janssen 1997; Chung & Romano 2013 on such
//! studentized permutations), and by simulation in those of 11 (`docs/study-analysis.md`).

use rand::Rng;

use super::random::Purpose;

/// The variance is at least this part of that over people alone: with few images, all shared, its estimate may be near zero or below.
const LEAST_VARIANCE: f64 = 0.25;

/// Equal up to rounding counts as equal: flips give the same sums in another order.
const EQUAL: f64 = 1.0 - 1e-9;

/// Differences of people, and how those who saw the same images depend on each other.
pub struct SignFlips {
    /// By person, the difference.
    differences: Vec<f64>,
    /// By image (or pair of images) that several people saw: who, and what of their difference comes from it.
    shared: Vec<Vec<(usize, f64)>>,
    /// Sum of squared differences, and what `shared` counts of single people.
    people: f64,
    own: f64,
}

/// What a test gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Two-sided p.
    pub p: f64,
    /// Whether all flips were tried; else p is of random ones.
    pub exact: bool,
    /// How many were tried.
    pub flips: usize,
}

impl SignFlips {
    /// `differences` by person; `parts` are (image, person, contribution): those of a person add up to the difference.
    pub fn new(differences: Vec<f64>, mut parts: Vec<(usize, usize, f64)>) -> Self {
        parts.sort_by_key(|&(image, person, _)| (image, person));
        let mut shared: Vec<Vec<(usize, f64)>> = Vec::new();
        for group in parts.chunk_by(|one, other| one.0 == other.0) {
            let mut people: Vec<(usize, f64)> = Vec::new();
            for &(_, person, part) in group {
                match people.last_mut() {
                    Some(last) if last.0 == person => last.1 += part,
                    _ => people.push((person, part)),
                }
            }
            if people.len() > 1 {
                shared.push(people);
            }
        }
        Self {
            people: differences.iter().map(|one| one * one).sum(),
            own: shared.iter().flatten().map(|(_, part)| part * part).sum(),
            differences,
            shared,
        }
    }

    /// The size of the studentized mean difference under these signs.
    fn statistic(&self, signs: &[f64]) -> f64 {
        let sum: f64 = self.differences.iter().zip(signs).map(|(one, sign)| one * sign).sum();
        let images = self.shared.iter().map(|people| {
            let sum: f64 = people.iter().map(|&(person, part)| signs[person] * part).sum();
            sum * sum
        });
        let variance = self.people + images.sum::<f64>() - self.own;
        sum.abs() / variance.max(LEAST_VARIANCE * self.people).sqrt()
    }

    /// Tries all flips if those are no more than `flips`, or else so many random ones; the observed signs count among these (Phipson & Smyth 2010), so
    /// that p is never 0.
    pub fn test(&self, flips: usize, seed: u64) -> Tested {
        let people = self.differences.len();
        if self.people == 0.0 {
            return Tested {
                p: 1.0,
                exact: true,
                flips: 1,
            };
        }
        let mut signs = vec![1.0; people];
        let bar = self.statistic(&signs) * EQUAL;
        // The statistic is the same with all signs turned: the last one stays.
        let all = u32::try_from(people - 1)
            .ok()
            .and_then(|free| 1_usize.checked_shl(free));
        if let Some(all) = all.filter(|&all| all <= flips && people <= 60) {
            let as_far = (0..all).filter(|flip| {
                for (bit, sign) in signs.iter_mut().take(people - 1).enumerate() {
                    *sign = if flip >> bit & 1 == 1 { -1.0 } else { 1.0 };
                }
                self.statistic(&signs) >= bar
            });
            return Tested {
                p: as_far.count() as f64 / all as f64,
                exact: true,
                flips: all,
            };
        }
        let mut random = Purpose::Flips.random(seed);
        let as_far = (0..flips).filter(|_| {
            for chunk in signs.chunks_mut(64) {
                let mut bits: u64 = random.random();
                for sign in chunk {
                    *sign = if bits & 1 == 1 { -1.0 } else { 1.0 };
                    bits >>= 1;
                }
            }
            self.statistic(&signs) >= bar
        });
        Tested {
            p: (1 + as_far.count()) as f64 / (1 + flips) as f64,
            exact: false,
            flips,
        }
    }
}

/// Holm's correction (1979): the values of p as if each test were the only one, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&one, &other| p[one].total_cmp(&p[other]));
    let mut corrected = vec![1.0; p.len()];
    let mut least: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        least = least.max(p[index] * (p.len() - rank) as f64).min(1.0);
        corrected[index] = least;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(differences: &[f64]) -> SignFlips {
        SignFlips::new(differences.to_vec(), Vec::new())
    }

    #[test]
    fn all_flips_of_few_people_are_counted() {
        // All of one sign: one flip of 2^7 (up to turning all) is as far.
        let tested = alone(&[0.1, 0.2, 0.3, 0.1, 0.4, 0.2, 0.1, 0.5]).test(9_999, 0);
        assert_eq!((tested.p, tested.exact, tested.flips), (1.0 / 128.0, true, 128));
        // Sums of ±1 ±2 ±3 with 3 fixed: 6, 4, 2, 0; observed 1 + 2 - 3 = 0.
        assert_eq!(alone(&[1.0, 2.0, -3.0]).test(9_999, 0).p, 1.0);
        // Observed 4: 6 and 4 of 6, 4, 2, 0.
        assert_eq!(alone(&[-1.0, 2.0, 3.0]).test(9_999, 0).p, 0.5);
    }

    #[test]
    fn zeros_change_nothing_and_alone_say_nothing() {
        let with = alone(&[-1.0, 2.0, 3.0, 0.0, 0.0]).test(9_999, 0);
        assert_eq!(with.p, 0.5);
        assert_eq!(alone(&[0.0; 12]).test(9_999, 0).p, 1.0);
        assert_eq!(alone(&[0.5]).test(9_999, 0).p, 1.0);
        assert_eq!(alone(&[]).test(9_999, 0).p, 1.0);
    }

    #[test]
    fn random_flips_are_near_all_of_them() {
        let differences: Vec<f64> = (0..12).map(|i| f64::from((i * 7) % 5) - 1.2).collect();
        let exact = alone(&differences).test(9_999, 0);
        let random = alone(&differences).test(2_000, 3);
        assert!(exact.exact && !random.exact);
        assert!((exact.p - random.p).abs() < 0.03, "{exact:?} {random:?}");
        assert_eq!(random, alone(&differences).test(2_000, 3));
    }

    /// Two people whose whole difference is of one image are one observation.
    #[test]
    fn an_image_that_all_saw_is_no_evidence_of_many() {
        let differences = vec![1.0; 8];
        let parts: Vec<_> = (0..8).map(|person| (0, person, 1.0)).collect();
        let shared = SignFlips::new(differences.clone(), parts);
        // People 8, images 64, own 8: 8 / sqrt(64).
        assert!((shared.statistic(&[1.0; 8]) - 1.0).abs() < 1e-12);
        assert!(shared.test(9_999, 0).p > 10.0 * SignFlips::new(differences, Vec::new()).test(9_999, 0).p);
    }

    #[test]
    fn holm_multiplies_the_least_the_most() {
        let close = |found: Vec<f64>, wanted: &[f64]| found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(holm(&[0.01, 0.04, 0.03]), &[0.03, 0.06, 0.06]));
        assert!(close(holm(&[0.6, 0.7]), &[1.0, 1.0]));
        assert!(holm(&[]).is_empty());
    }
}
