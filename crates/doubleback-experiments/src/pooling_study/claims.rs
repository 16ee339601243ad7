//! Claims 4 and 5 of Zheng et al. 2020, held against a run's own numbers. The paper's abstract gives the claims and nothing else: which
//! networks, trainings, attacks and measures stand for them is this project's choice.

use super::WORST_CASE;
use super::compare::{ENTROPY_LOSS, INFORMATION_LOSS};
use super::results::{Comparison, Difference, LayerComparison, RankCorrelation};
use crate::claim::{Claim, Evidence, verdict};
use doubleback::data::words;
use doubleback::train::DefenseKind;

pub(super) fn claims(
    comparisons: &[Comparison],
    layers: &[LayerComparison],
    correlations: &[RankCorrelation],
) -> Vec<Claim> {
    let normal = |one: &&Comparison| one.training == DefenseKind::Normal.name();
    let attacked: Vec<&Comparison> = comparisons.iter().filter(|one| one.attack == WORST_CASE).collect();
    let plain = |keep: &dyn Fn(&&Comparison) -> bool| {
        let kept = attacked.iter().copied().filter(keep);
        kept.map(|one| (one, &one.difference)).collect::<Vec<_>>()
    };
    let matched = attacked.iter().map(|one| (*one, &one.matched)).collect::<Vec<_>>();
    vec![
        correlated(correlations),
        robust(
            "Average pooling is more robust than max pooling in networks with normal training.",
            &plain(&normal),
        ),
        robust(
            "Average pooling is more robust than max pooling in networks trained with a defense.",
            &plain(&|one| !normal(one)),
        ),
        robust(
            "Average pooling is more robust than max pooling at matched clean accuracy.",
            &matched,
        ),
        loses_less(
            "Average pooling layers lose less information about the image than max pooling layers.",
            INFORMATION_LOSS,
            "nats a pixel",
            layers,
        ),
        loses_less(
            "Average pooling layers lose less information about the class than max pooling layers.",
            ENTROPY_LOSS,
            "nats",
            layers,
        ),
    ]
}

/// Evidence that a number is above zero: only where its interval is on one side of it.
fn above_zero(low: Option<f64>, high: Option<f64>) -> Evidence {
    match low.zip(high) {
        Some((low, _)) if low > 0.0 => Evidence::For,
        Some((_, high)) if high < 0.0 => Evidence::Against,
        _ => Evidence::Open,
    }
}

fn claim(number: usize, statement: &str, cases: &[Evidence], measured: String) -> Claim {
    Claim {
        number,
        statement: statement.to_owned(),
        measured: match cases.is_empty() {
            true => "This run has no measurement of it.".into(),
            false => format!("{} {measured}", counted(cases)),
        },
        verdict: verdict(cases),
    }
}

/// How many cases are for a claim, against it, and neither.
fn counted(cases: &[Evidence]) -> String {
    let count = |kind| cases.iter().filter(|&&case| case == kind).count();
    format!(
        "Of {} cases {} for it, {} against, {} open.",
        cases.len(),
        count(Evidence::For),
        count(Evidence::Against),
        count(Evidence::Open)
    )
}

/// A mean with its interval, `scale` times, such as `+1.2 [-0.3, +2.7]`.
fn interval(mean: Option<f64>, low: Option<f64>, high: Option<f64>, scale: f64, digits: usize) -> String {
    let number = |value: f64| words::signed(scale * value, digits);
    match (mean, low.zip(high)) {
        (None, _) => "nothing".into(),
        (Some(mean), None) => format!("{} (no interval)", number(mean)),
        (Some(mean), Some((low, high))) => format!("{} [{}, {}]", number(mean), number(low), number(high)),
    }
}

fn correlated(correlations: &[RankCorrelation]) -> Claim {
    let mut cases = Vec::new();
    let mut text = Vec::new();
    for one in correlations {
        let value = interval(one.mean, one.low, one.high, 1.0, 2);
        // The last entry, of all models, says nothing new.
        if one.architecture == "all" {
            text.push(format!("all {} models {value}", one.values.len()));
        } else {
            text.push(format!("{} with {} pooling {value}", one.architecture, one.pool));
            cases.push(above_zero(one.low, one.high));
        }
    }
    claim(
        4,
        "Layers that lose more information tend to be more vulnerable.",
        &cases,
        format!(
            "Mean rank correlation of information loss and vulnerability over layers, normal training: {}.",
            text.join("; ")
        ),
    )
}

fn robust(statement: &str, cells: &[(&Comparison, &Difference)]) -> Claim {
    let mut cases = Vec::new();
    let mut text: Vec<String> = Vec::new();
    for (one, difference) in cells.iter().filter(|(one, _)| one.keeps_images()) {
        cases.push(above_zero(difference.low, difference.high));
        let value = interval(difference.mean, difference.low, difference.high, 100.0, 1);
        let pairs = match difference.seeds.len() {
            0 => "no pair".to_owned(),
            1 => format!("{value}, 1 pair"),
            pairs => format!("{value}, {pairs} pairs"),
        };
        text.push(format!(
            "{} {} eps {:.3}: {pairs} (clean {})",
            one.architecture,
            one.training,
            one.eps,
            words::signed(100.0 * one.clean_difference, 1)
        ));
    }
    claim(
        5,
        statement,
        &cases,
        format!(
            "Worst-case accuracy of average less max pooling in points: {}.",
            text.join("; ")
        ),
    )
}

fn loses_less(statement: &str, measure: &str, unit: &str, layers: &[LayerComparison]) -> Claim {
    let mut cases = Vec::new();
    let mut text = Vec::new();
    for one in layers.iter().filter(|one| one.pooling && one.measure == measure) {
        let Difference { mean, low, high, .. } = one.difference;
        // Less is what the claim says.
        cases.push(above_zero(high.map(|high| -high), low.map(|low| -low)));
        text.push(format!(
            "{} {} {}",
            one.architecture,
            one.layer,
            interval(mean, low, high, 1.0, 3)
        ));
    }
    claim(
        5,
        statement,
        &cases,
        format!(
            "Loss of average less max pooling in {unit}, normal training: {}.",
            text.join("; ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::statistics::{correlation, difference};
    use super::*;
    use crate::claim::Verdict;

    fn comparison(training: &str, eps: f64, differences: [f64; 3], left: f64) -> Comparison {
        let pairs = || differences.into_iter().enumerate().map(|(i, d)| (i as u64, d));
        Comparison {
            architecture: "paper-cnn".into(),
            training: training.into(),
            attack: WORST_CASE.into(),
            eps,
            max: left,
            avg: left,
            difference: difference(pairs()),
            clean_difference: 0.002,
            matched: difference(pairs().take(1)),
        }
    }

    fn pool(mean: f64) -> LayerComparison {
        LayerComparison {
            architecture: "paper-cnn".into(),
            layer: "pool1".into(),
            pooling: true,
            measure: INFORMATION_LOSS.into(),
            max: 0.0,
            avg: mean,
            difference: difference([(0, mean - 0.01), (1, mean), (2, mean + 0.01)]),
        }
    }

    #[test]
    fn verdicts_follow_the_intervals() {
        let comparisons = [
            comparison("normal", 0.1, [0.05, 0.06, 0.07], 0.5),
            comparison("normal", 0.2, [0.0, 0.0, 0.0], 0.001),
            comparison("advtrain", 0.1, [-0.05, -0.06, -0.07], 0.5),
            comparison("pgd", 0.1, [0.05, 0.06, 0.07], 0.5),
        ];
        let correlations = [correlation("paper-cnn", "max", 6, vec![-0.5, -0.4, -0.6], 0)];
        let claims = claims(&comparisons, &[pool(-0.2)], &correlations);
        let verdicts: Vec<(usize, Verdict)> = claims.iter().map(|claim| (claim.number, claim.verdict)).collect();
        assert_eq!(
            verdicts,
            [
                (4, Verdict::DoesNotHold),
                (5, Verdict::Holds),
                (5, Verdict::Mixed),
                (5, Verdict::Undecided),
                (5, Verdict::Holds),
                (5, Verdict::Undecided),
            ]
        );
        // What neither keeps is left out.
        assert!(!claims[1].measured.contains("0.200"), "{}", claims[1].measured);
        assert!(
            claims[1].measured.contains("+6.0 [+3.5, +8.5], 3 pairs (clean +0.2)"),
            "{}",
            claims[1].measured
        );
        assert!(
            claims[2]
                .measured
                .starts_with("Of 2 cases 1 for it, 1 against, 0 open.")
        );
        assert_eq!(claims[5].measured, "This run has no measurement of it.");
    }
}
