use super::super::options::Counted;
use super::super::paper::paper_manifest;
use super::super::published::SETTINGS;
use super::super::simulate::{AnswerModel, simulate};
use super::*;
use crate::answer::{Answer, Choice};

/// 480 answers of 20 people to 40 images in two columns, by a linear congruential generator that other programs can write too.
fn peer_data() -> Vec<Observation> {
    let mut state: u64 = 12_345;
    let places =
        (0..20_usize).flat_map(|person| (0..24_usize).map(move |place| (person, (person * 13 + place * 7) % 40)));
    places
        .map(|(person, image)| {
            let spread = |place: usize, of: usize| (place % of) as f64 / (of - 1) as f64 * 2.0 - 1.0;
            let logit = [-1.0, 0.4][image % 2] + 1.2 * spread(person * 7, 20) + 1.5 * spread(image * 11, 40);
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            let draw = state as f64 / 2_f64.powi(31);
            Observation {
                column: image % 2,
                person,
                image,
                value: f64::from(u8::from(draw < 1.0 / (1.0 + (-logit).exp()))),
            }
        })
        .collect()
}

/// `glmer(y ~ 0 + c + (1 | p) + (1 | j), family = binomial)` of lme4 1.1-31 on the same data, with `rhoend = 1e-9` for `bobyqa` and `tolPwrss = 1e-13`; its default
/// tolerance is 5e-4 off in the likelihood.
#[test]
fn lme4_finds_the_same() {
    let data = peer_data();
    assert_eq!(
        data.iter().map(|one| one.value).sum::<f64>(),
        225.0,
        "not the data that lme4 had"
    );
    let found = fit(data).unwrap();
    let near = |found: f64, wanted: f64, by: f64| assert!((found - wanted).abs() < by, "{found} for {wanted}");
    assert!(found.converged);
    near(found.log_likelihood, -293.030_431_160, 1e-6);
    near(found.fixed[0], -0.836_429_955, 5e-4);
    near(found.fixed[1], 0.458_546_855, 5e-4);
    near(found.deviations[0], 0.762_480_560, 5e-4);
    near(found.deviations[1], 0.931_129_569, 5e-4);
    let covariance = found.covariance.unwrap();
    near(covariance[0][0].sqrt(), 0.315_124_829, 2e-3);
    near(covariance[1][1].sqrt(), 0.308_485_652, 2e-3);
    let one_column = peer_data()
        .into_iter()
        .map(|one| Observation { column: 0, ..one })
        .collect();
    near(fit(one_column).unwrap().log_likelihood, -298.581_220_057, 1e-6);
}

fn of(rates: [[f64; 2]; 2], people: f64, images: f64, seed: u64) -> MixedModel {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal, Role::Regularized]);
    let model = AnswerModel {
        rates: rates.into(),
        people,
        images,
        slopes: 0.0,
    };
    let answers = simulate(&manifest, 120, &model, seed).unwrap();
    let sample = Sample::new(&manifest, &answers, Counted::All).unwrap();
    mixed(&manifest, &sample, Measure::Fooled, &Options::default())
}

/// The true odds ratio is that of the levels of the simulation, not of its rates.
#[test]
fn simulated_truth_is_found() {
    let found = of([[0.3, 0.4], [0.5, 0.6]], 0.8, 1.0, 4);
    assert!(found.converged, "{found:?}");
    assert!((found.people.unwrap() - 0.8).abs() < 0.25, "{found:?}");
    // Laplace's approximation finds less where each image has few answers.
    assert!((0.5..1.2).contains(&found.images.unwrap()), "{found:?}");
    let odds = &found.odds[0];
    let [low, high] = odds.interval.unwrap();
    // Levels -1.063 and 0 for deviations of 0.8 and 1.0.
    assert!(low < 1.063_f64.exp() && 1.063_f64.exp() < high, "{odds:?}");
    assert!(odds.p.unwrap() < 1e-3 && low > 1.0);
}

#[test]
fn no_deviation_is_said_to_be_none() {
    let found: Vec<MixedModel> = (0..4)
        .map(|seed| of([[0.3, 0.4], [0.3, 0.4]], 0.0, 0.0, seed))
        .collect();
    assert!(found.iter().all(|one| one.converged), "{found:?}");
    let zero = |one: &&MixedModel| one.people.unwrap() < NONE || one.images.unwrap() < NONE;
    let noted = found
        .iter()
        .filter(zero)
        .all(|one| one.notes.iter().any(|note| note.contains("came out as zero")));
    assert!(noted && found.iter().filter(zero).count() > 0, "{found:?}");
}

#[test]
fn models_without_a_finite_logit_are_left_out_aloud() {
    let found = of([[0.0, 0.4], [0.3, 0.6]], 0.7, 1.0, 1);
    assert_eq!(found.models.len(), 1);
    assert!(
        found.odds.is_empty() && found.notes[0].contains("none of its 1200 answers"),
        "{:?}",
        found.notes
    );
    let none = of([[0.0, 0.0], [0.0, 0.0]], 0.7, 1.0, 1);
    assert!(
        !none.converged && none.notes.last().unwrap().contains("Nothing"),
        "{none:?}"
    );
}

/// Few answers that count, to images that hardly anyone else saw.
#[test]
fn a_deviation_that_runs_away_is_no_fit() {
    let found: Vec<MixedModel> = (0..12).map(|seed| small([[0.02, 0.3], [0.13, 0.4]], seed)).collect();
    let away = |one: &&MixedModel| one.people.unwrap_or(0.0).max(one.images.unwrap_or(0.0)) > MOST;
    assert!(
        found.iter().any(|one| away(&one)),
        "no study of these runs away: choose others"
    );
    assert!(
        found
            .iter()
            .filter(away)
            .all(|one| !one.converged && one.odds.iter().all(|odds| odds.p.is_none()))
    );
}

fn small(rates: [[f64; 2]; 2], seed: u64) -> MixedModel {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal, Role::Regularized]);
    let model = AnswerModel {
        rates: rates.into(),
        people: 0.7,
        images: 1.0,
        slopes: 0.0,
    };
    let answers = simulate(&manifest, 29, &model, seed).unwrap();
    let sample = Sample::new(&manifest, &answers, Counted::All).unwrap();
    mixed(&manifest, &sample, Measure::Fooled, &Options::default())
}

#[test]
fn an_answer_counts_in_its_own_measure() {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal]);
    let answers = vec![crate::answer::Response {
        participant: 1,
        position: 1,
        candidate: 0,
        answer: Answer::new(Choice::NotApplicable, Choice::NotApplicable, 10).unwrap(),
        seconds: 1.0,
        changes: 0,
    }];
    let sample = Sample::new(&manifest, &answers, Counted::All).unwrap();
    let value = |measure| observations(&sample, measure, &[0], &[0])[0].value;
    assert_eq!(
        (
            value(Measure::Fooled),
            value(Measure::Reasonable),
            value(Measure::Unreasonable)
        ),
        (0.0, 1.0, 0.0)
    );
}
