use super::attack::TargetedAttack;
use super::images::{first_of, gather};
use super::{TargetShare, TargetedSummary};
use doubleback::evaluate::{Named, TestSet};
use doubleback::statistics::wilson;
use doubleback::{Error, Result};

/// Images a batch.
const BATCH: usize = 256;

/// Attacks one model's first `per_class` test images of each class with every other class as the target, and has all other models classify
/// the examples. Images that the model takes for another class from the start are among them.
///
/// # Errors
/// When the images do not fit a model, a setting of the attack is out of range, or `per_class` is 0.
pub fn targeted(
    attack: &TargetedAttack,
    crafted_on: Named<'_>,
    models: &[Named<'_>],
    test: &TestSet<'_>,
    per_class: usize,
) -> Result<TargetedSummary> {
    if per_class == 0 {
        return Err(Error::value("images a class", "at least 1", per_class));
    }
    let classes = crafted_on.model.classes();
    let places: Vec<Vec<usize>> = (0..classes).map(|class| first_of(test, class, per_class)).collect();
    let others: Vec<&Named<'_>> = models.iter().filter(|m| m.name != crafted_on.name).collect();
    // By target, then by true class.
    let mut reached = vec![vec![0; classes]; classes];
    let mut taken = vec![0; others.len()];
    let (mut pairs, mut changed, mut l2) = (0, 0.0, 0.0);
    for (target, reached) in reached.iter_mut().enumerate() {
        let from_others: Vec<usize> = (0..classes)
            .filter(|&class| class != target)
            .flat_map(|class| places[class].iter().copied())
            .collect();
        for places in from_others.chunks(BATCH) {
            let (images, labels) = gather(test, places);
            let attacked = attack.run(crafted_on.model, &images, target);
            let attacked = attacked.map_err(|error| error.of_model(crafted_on.name, |row| places[row]))?;
            for example in &attacked.by_eps {
                pairs += labels.len();
                changed += sum(&example.l0);
                l2 += sum(&example.l2);
                for (&label, &success) in labels.iter().zip(&example.success) {
                    reached[label] += usize::from(success);
                }
                for (named, taken) in others.iter().zip(&mut taken) {
                    let predicted = named.predict(&example.images, |row| places[row])?;
                    *taken += predicted.iter().filter(|&&class| class == target).count();
                }
            }
        }
    }
    let successes: usize = reached.iter().flatten().sum();
    let (low, high) = wilson(successes, pairs);
    Ok(TargetedSummary {
        attack: attack.name().into(),
        model: crafted_on.name.into(),
        step_size: attack.step_size(),
        steps: attack.steps(test.shape.len())?,
        images: places.iter().map(Vec::len).sum(),
        pairs,
        success: share(successes as f64, pairs),
        low,
        high,
        mean_changed: share(changed, pairs),
        mean_l2: share(l2, pairs),
        by_class: by_class(&reached, &places),
        taken_for_target: others
            .iter()
            .zip(taken)
            .map(|(named, taken)| {
                let (low, high) = wilson(taken, pairs);
                TargetShare {
                    model: named.name.into(),
                    share: share(taken as f64, pairs),
                    low,
                    high,
                    count: pairs,
                }
            })
            .collect(),
    })
}

fn by_class(reached: &[Vec<usize>], places: &[Vec<usize>]) -> Vec<Vec<Option<f64>>> {
    let cell = |source: usize, target: usize| {
        let count = places[source].len();
        (source != target && count > 0).then(|| share(reached[target][source] as f64, count))
    };
    (0..reached.len())
        .map(|source| (0..reached.len()).map(|target| cell(source, target)).collect())
        .collect()
}

fn sum(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value)).sum()
}

fn share(part: f64, count: usize) -> f64 {
    if count == 0 { 0.0 } else { part / count as f64 }
}
