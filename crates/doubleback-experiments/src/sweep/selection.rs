//! The paper's rule applied to means over the seeds.

use super::results::{Choice, Point, Weighted};
use crate::lambda_rule::{Candidate, choose, is_eligible};
use doubleback::statistics::mean;
use doubleback::train::DefenseKind;

/// Applies the rule to each data set and defense, to means over the seeds: the means of every weight, and the choices. A weight that lacks the
/// model of some seed cannot be chosen.
pub fn select(points: &[Point]) -> (Vec<Weighted>, Vec<Choice>) {
    let mut groups: Vec<Vec<&Point>> = Vec::new();
    for point in points {
        let same = |group: &&mut Vec<&Point>| {
            let first = group[0];
            (&first.dataset, first.defense, first.lambda) == (&point.dataset, point.defense, point.lambda)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(point),
            None => groups.push(vec![point]),
        }
    }
    let means: Vec<Weighted> = groups.iter().map(|group| weighted(group, points)).collect();
    let mut choices: Vec<Choice> = Vec::new();
    for one in &means {
        let known = choices
            .iter()
            .any(|c| c.dataset == one.dataset && c.defense == one.defense);
        if !known && one.defense != DefenseKind::Normal {
            choices.push(choice(&one.dataset, one.defense, &means, points));
        }
    }
    (means, choices)
}

/// Means over the models of one weight.
fn weighted(group: &[&Point], points: &[Point]) -> Weighted {
    let first = group[0];
    let models: Vec<&&Point> = group.iter().filter(|p| p.validation.is_some()).collect();
    let normal = |seed: u64| {
        points
            .iter()
            .find(|p| p.dataset == first.dataset && p.defense == DefenseKind::Normal && p.seed == seed)
            .and_then(|p| p.validation.as_ref())
            .map(|v| v.accuracy)
    };
    let of_eps = |values: fn(&Point) -> &[super::Accuracy]| -> Vec<(f64, f64)> {
        let eps = models.first().map(|p| values(p)).unwrap_or_default();
        eps.iter()
            .filter_map(|at| {
                let here = models
                    .iter()
                    .filter_map(|p| values(p).iter().find(|a| a.eps == at.eps).map(|a| a.accuracy));
                Some((at.eps, mean(here)?))
            })
            .collect()
    };
    let mut one = Weighted {
        dataset: first.dataset.clone(),
        defense: first.defense,
        lambda: first.lambda,
        paper_lambda: first.paper_lambda,
        seeds: models.len(),
        validation: mean(models.iter().filter_map(|p| p.validation.as_ref().map(|v| v.accuracy))),
        normal_validation: mean(models.iter().filter_map(|p| normal(p.seed))),
        validation_black_box: mean(
            models
                .iter()
                .filter_map(|p| p.validation_black_box.as_ref().map(|v| v.accuracy)),
        ),
        test: mean(models.iter().filter_map(|p| p.test.as_ref().map(|v| v.accuracy))),
        test_black_box: of_eps(|p| &p.test_black_box),
        test_white_box: of_eps(|p| &p.test_white_box),
        not_eligible: None,
    };
    one.not_eligible = objection(group, &one, |seed| normal(seed).is_some());
    one
}

/// Why the rule cannot choose a weight.
fn objection(group: &[&Point], one: &Weighted, has_normal: impl Fn(u64) -> bool) -> Option<String> {
    if let Some(point) = group.iter().find(|p| p.validation.is_none()) {
        return Some(format!("seed {} {}", point.seed, point.outcome));
    }
    if let Some(point) = group
        .iter()
        .find(|p| !has_normal(p.seed) || p.validation_black_box.is_none())
    {
        return Some(format!("there is no normal model of seed {}", point.seed));
    }
    match (one.validation, one.normal_validation) {
        (Some(accuracy), Some(normal)) if !is_eligible(accuracy, normal) => Some(format!(
            "{:.1} % as accurate as normal on clean validation images",
            100.0 * accuracy / normal
        )),
        (Some(_), Some(_)) => None,
        _ => Some("nothing was measured".into()),
    }
}

fn choice(dataset: &str, defense: DefenseKind, means: &[Weighted], points: &[Point]) -> Choice {
    let all: Vec<&Weighted> = means
        .iter()
        .filter(|one| one.dataset == dataset && one.defense == defense)
        .collect();
    let eligible: Vec<&&Weighted> = all.iter().filter(|one| one.not_eligible.is_none()).collect();
    let chosen = choose(eligible.iter().map(|&&one| Candidate {
        model: one,
        lambda: one.lambda.unwrap_or(0.0),
        attacked: one.validation_black_box.unwrap_or(0.0),
    }));
    let reason = match chosen {
        Some(_) => format!("highest accuracy of {} eligible out of {}", eligible.len(), all.len()),
        None => {
            let why: Vec<String> = all
                .iter()
                .map(|one| {
                    let why = one.not_eligible.as_deref().unwrap_or_default();
                    match one.lambda {
                        Some(lambda) => format!("lambda {lambda}: {why}"),
                        None => why.to_owned(),
                    }
                })
                .collect();
            format!("none eligible ({})", why.join("; "))
        }
    };
    let cells = points
        .iter()
        .filter(|p| p.dataset == dataset && p.defense == defense && chosen.is_some_and(|one| one.lambda == p.lambda))
        .map(|p| p.cell.clone())
        .collect();
    Choice {
        dataset: dataset.to_owned(),
        defense,
        chosen: chosen.cloned(),
        cells,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Accuracy;

    /// Accuracies in percent: clean, and on the normal model's examples.
    fn point(defense: &str, lambda: Option<f64>, seed: u64, found: Option<(usize, usize)>) -> Point {
        let accuracy = |eps, percent| Accuracy::new(eps, percent, 100);
        Point {
            cell: format!("{defense}-{lambda:?}-{seed}"),
            dataset: "digits".into(),
            defense: defense.parse().unwrap(),
            lambda,
            paper_lambda: None,
            seed,
            outcome: if found.is_some() { "trained" } else { "diverged" }.into(),
            problem: None,
            validation: found.map(|(clean, _)| accuracy(0.0, clean)),
            validation_black_box: found.map(|(_, attacked)| accuracy(0.1, attacked)),
            test: found.map(|(clean, _)| accuracy(0.0, clean)),
            test_black_box: found.map(|(_, attacked)| accuracy(0.1, attacked)).into_iter().collect(),
            test_white_box: found.map(|(_, attacked)| accuracy(0.1, attacked)).into_iter().collect(),
            zero_gradient_images: 0,
        }
    }

    fn normal(seed: u64) -> Point {
        point("normal", None, seed, Some((100, 20)))
    }

    fn chosen(points: &[Point]) -> Option<f64> {
        let (_, choices) = select(points);
        choices[0].chosen.as_ref().and_then(|one| one.lambda)
    }

    #[test]
    fn the_most_robust_of_those_accurate_enough_is_chosen() {
        let with = |clean_of_strong| {
            [
                normal(0),
                point("doubleback", Some(1.0), 0, Some((99, 60))),
                point("doubleback", Some(10.0), 0, Some((98, 80))),
                point("doubleback", Some(100.0), 0, Some((clean_of_strong, 90))),
            ]
        };
        assert_eq!(chosen(&with(96)), Some(10.0));
        // Exactly 97 % is enough.
        assert_eq!(chosen(&with(97)), Some(100.0));
    }

    #[test]
    fn means_over_seeds_decide() {
        let points = [
            normal(0),
            normal(1),
            point("doubleback", Some(1.0), 0, Some((99, 90))),
            point("doubleback", Some(1.0), 1, Some((99, 50))),
            point("doubleback", Some(2.0), 0, Some((99, 75))),
            point("doubleback", Some(2.0), 1, Some((96, 75))),
        ];
        assert_eq!(chosen(&points), Some(2.0));
        let (means, choices) = select(&points);
        assert_eq!(means.iter().map(|m| m.seeds).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(means[1].test_black_box, [(0.1, 0.7)]);
        assert_eq!(choices[0].cells, ["doubleback-Some(2.0)-0", "doubleback-Some(2.0)-1"]);
    }

    #[test]
    fn of_equals_the_weaker_is_chosen() {
        let points = [
            normal(0),
            point("doubleback", Some(3.0), 0, Some((99, 80))),
            point("doubleback", Some(2.0), 0, Some((98, 80))),
        ];
        assert_eq!(chosen(&points), Some(2.0));
    }

    #[test]
    fn none_eligible_is_said_with_the_reasons() {
        let points = [
            normal(0),
            point("insensitive", Some(1.0), 0, Some((90, 80))),
            point("insensitive", Some(9.0), 0, None),
        ];
        let (_, choices) = select(&points);
        assert_eq!((choices[0].chosen.clone(), choices[0].cells.len()), (None, 0));
        assert_eq!(
            choices[0].reason,
            "none eligible (lambda 1: 90.0 % as accurate as normal on clean validation images; lambda 9: seed 0 diverged)"
        );
    }

    #[test]
    fn without_the_normal_model_of_a_seed_nothing_is_chosen() {
        let points = [
            normal(0),
            point("advtrain", None, 0, Some((99, 80))),
            point("advtrain", None, 1, Some((99, 80))),
        ];
        let (_, choices) = select(&points);
        assert_eq!(choices[0].reason, "none eligible (there is no normal model of seed 1)");
    }
}
