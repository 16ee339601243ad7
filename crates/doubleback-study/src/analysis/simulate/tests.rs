use super::super::paper::paper_manifest;
use super::super::published::SETTINGS;
use super::*;

#[test]
fn levels_give_the_rates() {
    assert!(level(0.5, 1.2).abs() < 1e-9);
    assert!((logistic(level(0.02, 0.0)) - 0.02).abs() < 1e-9);
    assert!(
        logistic(level(0.02, 1.2)) < 0.02,
        "the mean of a skewed one is above its middle"
    );
}

#[test]
fn rates_of_many_are_the_given_ones_and_seeds_decide() {
    let roles = [Role::Normal, Role::Distilled, Role::Regularized];
    let manifest = paper_manifest(&SETTINGS[0], &roles);
    let model = AnswerModel {
        images: 0.0,
        ..AnswerModel::published(&SETTINGS[0], &manifest)
    };
    let answers = simulate(&manifest, 3_000, &model, 1).unwrap();
    assert_eq!(answers.len(), 90_000);
    for (index, rates) in model.rates.iter().enumerate() {
        let own = answers
            .iter()
            .filter(|one| manifest.candidates[one.candidate].model == index);
        let scored: Vec<_> = own
            .map(|one| (one.answer, manifest.candidates[one.candidate].target))
            .collect();
        let share = |count: usize| count as f64 / scored.len() as f64;
        let fooled = share(scored.iter().filter(|(answer, target)| answer.fooled(*target)).count());
        let reasonable = share(
            scored
                .iter()
                .filter(|(answer, target)| answer.reasonable(*target))
                .count(),
        );
        // Five standard errors, with people's.
        assert!(
            (fooled - rates[0]).abs() < 0.022 && (reasonable - rates[1]).abs() < 0.022,
            "{fooled} {reasonable} {rates:?}"
        );
    }
    assert_eq!(
        simulate(&manifest, 7, &model, 5).unwrap(),
        simulate(&manifest, 7, &model, 5).unwrap()
    );
    assert_ne!(
        simulate(&manifest, 7, &model, 5).unwrap(),
        simulate(&manifest, 7, &model, 6).unwrap()
    );
}

/// Of 4,000 people with ten images each: the variance of their shares is that of their chances, and a tenth of a coin's.
#[test]
fn people_and_images_differ_as_much_as_they_should() {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal]);
    let spread = |people: f64, images: f64, by: fn(&Response) -> u64, seed: u64| {
        let model = AnswerModel {
            rates: vec![[0.5, 0.5]],
            people,
            images,
            slopes: 0.0,
        };
        let answers = simulate(&manifest, 4_000, &model, seed).unwrap();
        let mut groups: std::collections::BTreeMap<u64, (f64, f64)> = Default::default();
        for one in &answers {
            let group = groups.entry(by(one)).or_default();
            let fooled = one.answer.fooled(manifest.candidates[one.candidate].target);
            *group = (group.0 + f64::from(u8::from(fooled)), group.1 + 1.0);
        }
        let shares: Vec<f64> = groups.values().map(|(hits, all)| hits / all).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / shares.len() as f64
    };
    // Of the logistic of a normal of deviation 0.8: 0.0310 (trapezoid rule).
    let people = |one: &Response| one.participant;
    assert!((spread(0.8, 0.0, people, 1) - (0.0310 + 0.2190 / 10.0)).abs() < 0.003);
    assert!((spread(0.0, 0.0, people, 1) - 0.025).abs() < 0.002);
    // About 89 answers an image.
    let images = |one: &Response| one.candidate as u64;
    assert!((spread(0.0, 0.8, images, 1) - (0.0310 + 0.2190 / 89.0)).abs() < 0.008);
}

#[test]
fn rates_that_cannot_be_are_refused() {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal]);
    let model = |rates: Vec<[f64; 2]>, people| AnswerModel {
        rates,
        people,
        images: 1.0,
        slopes: 0.0,
    };
    for bad in [
        model(vec![[0.5, 0.4]], 1.0),
        model(vec![], 1.0),
        model(vec![[0.1, 1.1]], 1.0),
        model(vec![[0.1, 0.2]], f64::NAN),
    ] {
        assert!(simulate(&manifest, 2, &bad, 0).is_err(), "{bad:?}");
    }
}
