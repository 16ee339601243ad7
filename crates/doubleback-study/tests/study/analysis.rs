//! Intervals cover what they say, tests reject as often as they say, and an analysis goes to JSON and back.
//!
//! The measured tables of docs/study-analysis.md are made by the two tests that are ignored:
//! `cargo test -p doubleback-study --no-default-features --test study analysis::the_table -- --ignored --nocapture`

use doubleback_study::Error;
use doubleback_study::analysis::{
    AnswerModel, Counted, Flag, Impression, Measure, Options, PowerOptions, SETTINGS, Setting, Verdict, analyse,
    paper_manifest, simulate,
};
use doubleback_study::answer::Response;
use doubleback_study::folder::{Manifest, Role};
use rayon::prelude::*;

const ROLES: [Role; 3] = [Role::Normal, Role::Distilled, Role::Regularized];

/// Only rates and tests: what many studies are simulated for.
fn bare(flips: usize) -> Options {
    Options {
        flips,
        draws: 100,
        mixed: false,
        power: None,
        ..Options::default()
    }
}

/// Studies with these answers, each analysed.
fn studies<T: Send>(
    manifest: &Manifest,
    people: usize,
    answers: &AnswerModel,
    options: &Options,
    seeds: std::ops::Range<u64>,
    of: impl Fn(&doubleback_study::analysis::Analysis) -> T + Sync,
) -> Vec<T> {
    seeds
        .into_par_iter()
        .map(|seed| {
            let responses = simulate(manifest, people, answers, seed).unwrap();
            of(&analyse(
                manifest,
                &responses,
                &[],
                &Options {
                    seed,
                    ..options.clone()
                },
            )
            .unwrap())
        })
        .collect()
}

/// By model, then fooled and reasonable: the share of studies whose interval covers the true rate.
fn coverage(setting: &Setting, people: usize, answers: &AnswerModel, seeds: std::ops::Range<u64>) -> Vec<[f64; 2]> {
    let manifest = paper_manifest(setting, &ROLES);
    let count = seeds.end - seeds.start;
    let covered = studies(&manifest, people, answers, &bare(99), seeds, |analysis| {
        let of = |model: usize, measure: Measure, truth: f64| {
            let [low, high] = analysis.rates[model].of(measure).unwrap().interval.unwrap();
            low <= truth && truth <= high
        };
        let truths = answers.rates.iter().enumerate();
        truths
            .map(|(model, rates)| {
                [
                    of(model, Measure::Fooled, rates[0]),
                    of(model, Measure::Reasonable, rates[1]),
                ]
            })
            .collect::<Vec<_>>()
    });
    let share =
        |model: usize, measure: usize| covered.iter().filter(|one| one[model][measure]).count() as f64 / count as f64;
    (0..ROLES.len())
        .map(|model| [share(model, 0), share(model, 1)])
        .collect()
}

#[test]
fn intervals_cover_the_published_rates_in_simulated_studies() {
    let studies = 400;
    // Three standard errors of a share near 95 % around what is promised for 1,000 studies.
    let slack = 3.0 * (0.95 * 0.05 / studies as f64).sqrt();
    for setting in &SETTINGS {
        for people in [11, 30] {
            let manifest = paper_manifest(setting, &ROLES);
            let answers = AnswerModel::published(setting, &manifest);
            let found = coverage(setting, people, &answers, 0..studies);
            for (rates, covered) in answers.rates.iter().zip(found) {
                for (rate, covered) in rates.iter().zip(covered) {
                    if *rate == 0.0 {
                        assert_eq!(covered, 1.0, "a rate of 0 is always covered");
                    } else {
                        let low = 0.93 - slack;
                        assert!(
                            (low..1.0).contains(&covered),
                            "{} {people} {rate}: {covered}",
                            setting.name
                        );
                        // What is rare is counted in whole people: its coverage has steps.
                        assert!(
                            *rate < 0.05 || covered <= 0.97 + slack,
                            "{} {people} {rate}: {covered}",
                            setting.name
                        );
                    }
                }
            }
        }
    }
}

/// A design that knows nothing of people covers too little: the test above can fail.
#[test]
fn answers_of_the_same_people_widen_the_interval() {
    let setting = &SETTINGS[0];
    let manifest = paper_manifest(setting, &ROLES);
    let alike = AnswerModel {
        people: 2.0,
        ..AnswerModel::published(setting, &manifest)
    };
    let effects = studies(&manifest, 60, &alike, &bare(99), 0..20, |analysis| {
        analysis.rates[2].of(Measure::Reasonable).unwrap().design_effect
    });
    assert!(effects.iter().sum::<f64>() / 20.0 > 2.0, "{effects:?}");
}

/// Shares of studies without an effect whose p is at most 0.01, 0.05 and 0.10, by measure.
fn rejections(people: usize, answers: &AnswerModel, flips: usize, seeds: std::ops::Range<u64>) -> [[f64; 3]; 2] {
    let manifest = paper_manifest(&SETTINGS[0], &[Role::Normal, Role::Regularized]);
    let count = (seeds.end - seeds.start) as f64;
    let p = studies(&manifest, people, answers, &bare(flips), seeds, |analysis| {
        let measures = &analysis.comparisons[0].measures;
        [measures[0].p, measures[1].p]
    });
    [0, 1].map(|measure| LEVELS.map(|level| p.iter().filter(|p| p[measure] <= level).count() as f64 / count))
}

const LEVELS: [f64; 3] = [0.01, 0.05, 0.10];

fn null(fooled: f64, reasonable: f64) -> AnswerModel {
    AnswerModel {
        rates: vec![[fooled, reasonable]; 2],
        people: 0.7,
        images: 1.0,
        slopes: 0.0,
    }
}

#[test]
fn the_test_rejects_no_more_than_it_says_and_not_much_less() {
    let studies = 600;
    for people in [11, 60] {
        let found = rejections(people, &null(0.164, 0.418), 399, 0..studies);
        for (level, share) in found.iter().flat_map(|shares| LEVELS.iter().zip(shares)) {
            let error = (level * (1.0 - level) / studies as f64).sqrt();
            assert!(*share <= level + 3.0 * error, "{people} people, {level}: {share}");
            // Half of the level, less the same slack.
            assert!(
                people < 60 || *share >= level / 2.0 - 3.0 * error / 2.0_f64.sqrt(),
                "{people} people, {level}: {share}"
            );
        }
    }
}

#[test]
fn the_papers_effect_is_found_with_enough_people() {
    let manifest = paper_manifest(&SETTINGS[0], &ROLES);
    let answers = AnswerModel::published(&SETTINGS[0], &manifest);
    let responses = simulate(&manifest, 80, &answers, 3).unwrap();
    let analysis = analyse(&manifest, &responses, &[], &bare(999)).unwrap();
    let main: Vec<_> = analysis.comparisons.iter().filter(|one| one.main).collect();
    assert_eq!(main.len(), 1);
    for one in &main[0].measures {
        assert!(one.p_holm.unwrap() <= 0.01, "{one:?}");
        let [low, high] = one.interval.unwrap();
        let difference = one.difference.unwrap();
        assert!(low < difference && difference < high && (low > 0.0 || high < 0.0));
    }
    assert_eq!(analysis.claims[0].verdict, Verdict::Replicates);
    assert_eq!(analysis.claims[1].verdict, Verdict::Replicates);
}

fn whole() -> Options {
    Options {
        flips: 1_999,
        draws: 200,
        power: Some(PowerOptions {
            studies: 20,
            flips: 99,
            most: 20,
            ..PowerOptions::default()
        }),
        ..Options::default()
    }
}

fn a_study() -> (Manifest, Vec<Response>) {
    let manifest = paper_manifest(&SETTINGS[1], &ROLES);
    let responses = simulate(&manifest, 11, &AnswerModel::published(&SETTINGS[1], &manifest), 7).unwrap();
    (manifest, responses)
}

#[test]
fn an_analysis_is_whole_the_same_each_time_and_goes_to_json_and_back() {
    let (manifest, responses) = a_study();
    let impression = |participant, preferred, comment: &str| Impression {
        participant,
        preferred,
        comment: comment.to_owned(),
    };
    let impressions = [
        impression(2, Some(2), " mostly 4 and 9 "),
        impression(1, Some(2), ""),
        impression(3, None, "<b>none</b>"),
    ];
    let analysis = analyse(&manifest, &responses, &impressions, &whole()).unwrap();
    assert_eq!(
        analysis,
        analyse(&manifest, &responses, &impressions, &whole()).unwrap()
    );
    let json = serde_json::to_string(&analysis).unwrap();
    assert_eq!(
        serde_json::from_str::<doubleback_study::analysis::Analysis>(&json).unwrap(),
        analysis
    );

    assert_eq!(analysis.rates.len(), 3);
    assert_eq!(analysis.rates[0].of(Measure::Fooled).unwrap().answers, 110);
    for model in &analysis.rates {
        let of = |measure| model.of(measure).unwrap();
        let sum = of(Measure::Reasonable).rate.unwrap() + of(Measure::Unreasonable).rate.unwrap();
        assert!((sum - 1.0).abs() < 1e-12);
        assert!(of(Measure::Fooled).hits <= of(Measure::Reasonable).hits);
    }
    assert_eq!(
        analysis.comparisons.len(),
        2,
        "normal against regularized, and against distilled"
    );
    assert!(
        analysis.comparisons[0]
            .measures
            .iter()
            .all(|one| one.exact && one.flips == 1024)
    );
    assert_eq!(analysis.mixed.len(), 2);
    assert_eq!(analysis.agreement.len(), 4);
    assert!(analysis.published[1].same && !analysis.published[0].same);
    assert_eq!(analysis.power.unwrap().settings.len(), 2);
    assert_eq!(analysis.impressions.groups[2].participants, 2);
    assert_eq!(
        analysis.impressions.groups[2].comments,
        [(2, "mostly 4 and 9".to_owned())]
    );
    assert_eq!(analysis.impressions.groups[3].comments, [(3, "<b>none</b>".to_owned())]);
}

#[test]
fn order_of_answers_changes_nothing() {
    let (manifest, mut responses) = a_study();
    let before = analyse(&manifest, &responses, &[], &bare(199)).unwrap();
    responses.reverse();
    assert_eq!(analyse(&manifest, &responses, &[], &bare(199)).unwrap(), before);
}

#[test]
fn few_or_no_answers_are_said_not_guessed() {
    let (manifest, responses) = a_study();
    let none = analyse(&manifest, &[], &[], &whole()).unwrap();
    assert!(
        none.rates
            .iter()
            .flat_map(|one| &one.rates)
            .all(|rate| rate.rate.is_none() && rate.interval.is_none())
    );
    assert!(
        none.comparisons
            .iter()
            .flat_map(|one| &one.measures)
            .all(|one| one.difference.is_none() && one.p == 1.0)
    );
    assert!(none.mixed.iter().all(|one| !one.converged && !one.notes.is_empty()));
    let text = serde_json::to_string(&none).unwrap();
    assert!(serde_json::from_str::<doubleback_study::analysis::Analysis>(&text).is_ok());

    let one: Vec<Response> = responses.iter().filter(|one| one.participant == 1).cloned().collect();
    let alone = analyse(&manifest, &one, &[], &bare(199)).unwrap();
    assert!(
        alone
            .rates
            .iter()
            .flat_map(|one| &one.rates)
            .all(|rate| rate.rate.is_some() && rate.interval.is_none())
    );
    assert!(
        alone
            .comparisons
            .iter()
            .flat_map(|one| &one.measures)
            .all(|one| one.p == 1.0)
    );

    // Who left after ten images is listed, and counted only when asked.
    let left: Vec<Response> = responses
        .iter()
        .filter(|one| one.participant > 1 || one.position <= 10)
        .cloned()
        .collect();
    let of = |counted| {
        analyse(&manifest, &left, &[], &Options { counted, ..bare(199) })
            .unwrap()
            .description
    };
    assert_eq!(of(Counted::Finished).unfinished, [1]);
    assert_eq!(of(Counted::Finished).counted_answers, 300);
    assert_eq!(of(Counted::All).counted_answers, 310);
    assert!(
        of(Counted::All)
            .flagged
            .iter()
            .all(|one| !one.why.contains(&Flag::Hasty))
    );
}

#[test]
fn answers_of_another_study_and_options_that_cannot_be_are_refused() {
    let (manifest, responses) = a_study();
    let message = |responses: &[Response], options: &Options| match analyse(&manifest, responses, &[], options) {
        Err(Error::Setting(message)) => message,
        other => panic!("{other:?}"),
    };
    let mut strange = responses.clone();
    strange[0].candidate = 5_000;
    assert!(message(&strange, &bare(99)).contains("no candidate 5000"));
    let twice = [responses.clone(), vec![responses[0].clone()]].concat();
    assert!(message(&twice, &bare(99)).contains("second answer"));
    assert!(
        message(
            &responses,
            &Options {
                confidence: 95.0,
                ..bare(99)
            }
        )
        .contains("confidence of 95")
    );
    assert!(message(&responses, &bare(9)).contains("flips of 9"));
    let power = Some(PowerOptions {
        people: -1.0,
        ..PowerOptions::default()
    });
    assert!(message(&responses, &Options { power, ..bare(99) }).contains("deviations"));
}

#[test]
#[ignore = "the full table of coverage: minutes"]
fn the_table_of_coverage() {
    for (people_sd, images_sd) in [(0.7, 1.0), (1.2, 1.5), (0.0, 0.0)] {
        println!("people {people_sd}, images {images_sd}");
        for setting in &SETTINGS {
            for people in [11, 30, 60] {
                let manifest = paper_manifest(setting, &ROLES);
                let answers = AnswerModel {
                    people: people_sd,
                    images: images_sd,
                    ..AnswerModel::published(setting, &manifest)
                };
                let found = coverage(setting, people, &answers, 10_000..11_000);
                let cells = answers
                    .rates
                    .iter()
                    .zip(&found)
                    .flat_map(|(rates, covered)| rates.iter().zip(covered));
                let cells: Vec<String> = cells
                    .map(|(rate, covered)| format!("{:.1}: {:.1}", 100.0 * rate, 100.0 * covered))
                    .collect();
                println!("| {} | {people} | {} |", setting.name, cells.join(" | "));
            }
        }
    }
}

#[test]
#[ignore = "the full table of rejections: minutes"]
fn the_table_of_rejections() {
    let of = |name: &str, model: AnswerModel| {
        for people in [11, 30, 60] {
            let found = rejections(people, &model, 499, 20_000..21_000);
            let words = found.map(|shares| shares.map(|share| format!("{:.1}", 100.0 * share)).join(" / "));
            println!("| {name} | {people} | {} |", words.join(" | "));
        }
    };
    for [fooled, reasonable] in [[0.02, 0.26], [0.164, 0.418], [0.4, 0.633], [0.463, 0.815]] {
        of(&format!("{fooled} {reasonable}"), null(fooled, reasonable));
    }
    of(
        "no effects",
        AnswerModel {
            people: 0.0,
            images: 0.0,
            ..null(0.164, 0.418)
        },
    );
    of(
        "large effects",
        AnswerModel {
            people: 1.2,
            images: 1.5,
            ..null(0.164, 0.418)
        },
    );
    of(
        "people differ in the difference",
        AnswerModel {
            slopes: 0.7,
            ..null(0.164, 0.418)
        },
    );
}
