//! Intervals of shares whose answers come from the same people and images.
//!
//! Chosen by simulation (`docs/study-analysis.md` has the table) among Student's t, t on the logit, Jeffreys, mid-p and Clopper–Pearson intervals, all with
//! the same variance: a t interval covers 2 % of 110 answers in 84 to 88 % of studies and has no width at 0 %, Clopper–Pearson's on an effective sample
//! size in over 99 %. Wilson's score interval, with the effective sample size in the place of the number of answers and Student's t in the place of the
//! normal quantile, stays nearest to its level.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The smallest design effect that an estimate may give. One below 1 is mostly chance: cutting all of that off would widen intervals of few answers
/// beyond their level, and keeping all of it would give no width at all to a sample whose participants happen to agree.
const LEAST_DESIGN_EFFECT: f64 = 0.5;

/// A value with the two groups that it belongs to: whom, and what of.
#[derive(Clone, Copy, Debug)]
pub struct Grouped {
    /// Index of the person.
    pub person: usize,
    /// Index of the image.
    pub image: usize,
    /// 0 or 1 for an answer, or any contribution to a sum.
    pub value: f64,
}

/// Squared sums of the values by group, with the factor that makes up for few groups, g / (g − 1).
fn squares(values: impl Iterator<Item = (usize, f64)>) -> f64 {
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    for (group, value) in values {
        *sums.entry(group).or_default() += value;
    }
    let groups = sums.len() as f64;
    sums.values().map(|sum| sum * sum).sum::<f64>() * groups / (groups - 1.0).max(1.0)
}

/// Variance of the sum of values whose mean is zero, where those of a person depend on each other, and those of an image too (Cameron, Gelbach & Miller
/// 2011): the variance over people, plus that over images, less what both count.
pub fn two_way_variance(values: &[Grouped]) -> f64 {
    let people = squares(values.iter().map(|one| (one.person, one.value)));
    let images = squares(values.iter().map(|one| (one.image, one.value)));
    let each = squares(values.iter().map(|one| one.value).enumerate());
    people + images - each
}

/// How many answers as independent as coins say as much as these: their number by the design effect, the ratio of the variance of their share to that of
/// independent answers. Returns the share and the design effect, which is 1 where all answers are the same.
pub fn share(values: &[Grouped]) -> (f64, f64) {
    let count = values.len() as f64;
    let share = values.iter().map(|one| one.value).sum::<f64>() / count;
    let independent = share * (1.0 - share) * count;
    if independent <= 0.0 {
        return (share, 1.0);
    }
    let centered: Vec<Grouped> = values
        .iter()
        .map(|one| Grouped {
            value: one.value - share,
            ..*one
        })
        .collect();
    (
        share,
        (two_way_variance(&centered) / independent).max(LEAST_DESIGN_EFFECT),
    )
}

/// Quantile of Student's t for a two-sided interval of this confidence; the normal one's without an end to the degrees of freedom. `None` without any.
pub fn quantile(confidence: f64, freedom: usize) -> Option<f64> {
    let at = 0.5 + confidence / 2.0;
    let student = StudentsT::new(0.0, 1.0, freedom as f64).ok()?;
    Some(student.inverse_cdf(at)).filter(|value| value.is_finite())
}

/// Quantile of the normal distribution for a two-sided interval.
pub fn normal_quantile(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// Wilson's score interval (1927) of a share of `count` answers, at this quantile.
pub fn score(share: f64, count: f64, quantile: f64) -> [f64; 2] {
    let square = quantile * quantile / count;
    let center = share + square / 2.0;
    let half = quantile * (share * (1.0 - share) / count + square / (4.0 * count)).sqrt();
    // At the ends the two terms are equal but for rounding.
    let low = if share <= 0.0 {
        0.0
    } else {
        (center - half) / (1.0 + square)
    };
    let high = if share >= 1.0 {
        1.0
    } else {
        (center + half) / (1.0 + square)
    };
    [low.max(0.0), high.min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(values: &[(usize, usize, f64)]) -> Vec<Grouped> {
        let one = |&(person, image, value): &(usize, usize, f64)| Grouped { person, image, value };
        values.iter().map(one).collect()
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        assert!((quantile(0.95, 10).unwrap() - 2.228_139).abs() < 1e-5);
        assert!((quantile(0.95, 1).unwrap() - 12.706_205).abs() < 1e-4);
        assert!((normal_quantile(0.95) - 1.959_964).abs() < 1e-6);
        assert_eq!(quantile(0.95, 0), None);
    }

    #[test]
    fn the_score_interval_is_wilsons() {
        // 90 of 100: 0.8256 to 0.9448.
        let [low, high] = score(0.9, 100.0, 1.959_964);
        assert!((low - 0.8256).abs() < 1e-4 && (high - 0.9448).abs() < 1e-4);
        let [low, high] = score(0.0, 110.0, 2.0);
        assert!(low == 0.0 && (high - 4.0 / 114.0).abs() < 1e-12);
        assert_eq!(score(1.0, 110.0, 2.0)[1], 1.0);
    }

    /// By hand: people (0, 0), (1, 1); images 0, 1, 0, 1.
    #[test]
    fn people_who_agree_with_themselves_say_less() {
        let all = answers(&[(0, 0, 1.0), (0, 1, 1.0), (1, 2, 0.0), (1, 3, 0.0)]);
        // Centered ±1/2; people: (1 + 1) 2/1 = 4; images and each: (4/4) 4/3, equal; independent 1.
        let (share, design) = share(&all);
        assert!((share - 0.5).abs() < 1e-12 && (design - 4.0).abs() < 1e-12, "{design}");
    }

    #[test]
    fn answers_without_any_pattern_say_what_they_are() {
        let mut all = Vec::new();
        for person in 0..40 {
            for image in 0..40 {
                all.push((person, image, f64::from(u8::from((person + image) % 2 == 0))));
            }
        }
        assert!((share(&answers(&all)).1 - LEAST_DESIGN_EFFECT).abs() < 1e-9);
        let same = answers(&[(0, 0, 0.0), (1, 1, 0.0)]);
        assert_eq!(share(&same), (0.0, 1.0));
    }
}
