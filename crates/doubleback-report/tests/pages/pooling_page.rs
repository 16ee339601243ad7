//! The page on a pooling study is whole, says what was measured and no more, and needs nothing else.

use crate::fixture;

use std::fs;

use doubleback_experiments::pooling_study::{Difference, PoolingResults};
use doubleback_report::{pooling_html, write_pooling};
use fixture::html::{assert_alone, assert_drawing_alone, assert_no_broken_number, select, text};
use fixture::pooling::{difference, pooling};
use scraper::Html;

fn parsed(results: &PoolingResults) -> Html {
    Html::parse_document(&pooling_html(results))
}

fn nothing() -> PoolingResults {
    let mut results = pooling("mnist");
    results.models.clear();
    results.comparisons.clear();
    results.layers.clear();
    results.layer_comparisons.clear();
    results.correlations.clear();
    results.claims.clear();
    results.seconds.clear();
    results
}

/// Every worst case with these differences of three seeds.
fn worst(values: [f64; 3]) -> PoolingResults {
    let mut results = pooling("mnist");
    for one in results.comparisons.iter_mut().filter(|one| one.attack == "worst-case") {
        one.difference = difference(&[(0, values[0]), (1, values[1]), (2, values[2])]);
    }
    results
}

#[test]
fn the_page_stands_alone_whatever_the_run_has() {
    for results in [pooling("mnist"), pooling("mnist-mini"), nothing()] {
        assert_alone(&pooling_html(&results));
    }
}

#[test]
fn the_answer_follows_the_intervals() {
    for (values, answer) in [
        ([0.05, 0.06, 0.07], "Yes, everywhere in this study."),
        (
            [-0.05, -0.06, -0.07],
            "No: where there is a clear difference, max pooling is ahead.",
        ),
        ([-0.05, 0.06, 0.0], "This run cannot tell."),
    ] {
        let lede = text(&parsed(&worst(values)), ".lede");
        assert!(lede.starts_with(answer), "{lede}");
    }
    let lede = text(&parsed(&worst([0.05, 0.06, 0.07])), ".lede");
    assert!(
        lede.contains(
            "Of 24 comparisons under attack, average pooling is clearly more accurate in 24, clearly less in 0"
        ),
        "{lede}"
    );
    // Where neither kind of pooling keeps anything there is nothing to compare.
    let mut results = worst([0.05, 0.06, 0.07]);
    for one in results.comparisons.iter_mut().filter(|one| one.eps > 0.25) {
        (one.max, one.avg) = (0.002, 0.004);
    }
    assert!(text(&parsed(&results), ".lede").contains("Of 16 comparisons"));
}

#[test]
fn every_part_of_a_whole_run_is_drawn() {
    let page = parsed(&pooling("mnist"));
    assert!(select(&page, ".missing").is_empty());
    for (section, charts) in [("accuracy", 8), ("difference", 8), ("layers", 8), ("correlation", 5)] {
        assert_eq!(
            select(&page, &format!("#{section} svg.chart")).len(),
            charts,
            "{section}"
        );
    }
    assert_eq!(select(&page, "#numbers tbody tr").len(), 2 * 4 * 3);
    assert_eq!(select(&page, "#matched tbody tr").len(), 2 * 4 * 3);
    assert_eq!(select(&page, "#claims .verdict").len(), 3);
}

#[test]
fn the_table_holds_every_comparison_with_its_interval() {
    let mut results = pooling("mnist");
    let one = results
        .comparisons
        .iter_mut()
        .find(|one| {
            one.architecture == "small-cnn"
                && one.training == "doubleback"
                && one.attack == "pgd-margin"
                && one.eps == 0.2
        })
        .unwrap();
    (one.max, one.avg) = (0.1234, 0.4321);
    one.difference = Difference {
        seeds: vec![0, 1],
        values: vec![0.3, 0.32],
        mean: Some(0.3087),
        low: Some(0.2011),
        high: Some(0.4163),
    };
    let numbers = text(&parsed(&results), "#numbers");
    assert!(numbers.contains("12.3 → 43.2▲ +30.9[+20.1, +41.6]"), "{numbers}");
}

#[test]
fn a_pair_alone_has_no_interval_and_no_pair_nothing() {
    let mut results = pooling("mnist");
    results.comparisons.retain(|one| one.attack == "worst-case");
    results.comparisons.truncate(2);
    results.comparisons[0].matched = difference(&[(1, 0.021)]);
    results.comparisons[1].matched = difference(&[]);
    let page = parsed(&results);
    let rows: Vec<String> = select(&page, "#matched tbody tr")
        .iter()
        .map(|row| row.text().collect::<String>())
        .collect();
    assert!(rows[0].ends_with("· +2.11 of 3"), "{}", rows[0]);
    assert!(rows[1].ends_with("–0 of 3"), "{}", rows[1]);
}

#[test]
fn signs_of_masking_are_named() {
    let page = parsed(&pooling("mnist"));
    let masking = text(&page, "#masking");
    assert!(masking.contains("2 signs of gradient masking."), "{masking}");
    assert!(
        masking.contains("paper-cnn, max pooling, normal training, seed 2: the gradient of 12 images"),
        "{masking}"
    );

    let mut results = pooling("mnist");
    results
        .models
        .iter_mut()
        .for_each(|model| model.zero_gradient_images = 0);
    assert!(text(&parsed(&results), "#masking").contains("No sign of gradient masking in 48 networks."));
    let model = &mut results.models[0];
    let transfer = model
        .attacked
        .iter_mut()
        .find(|one| one.attack == "transfer" && one.eps == 0.1)
        .unwrap();
    (
        transfer.accuracy.accuracy,
        transfer.accuracy.low,
        transfer.accuracy.high,
    ) = (0.1, 0.08, 0.12);
    let masking = text(&parsed(&results), "#masking");
    assert!(
        masking.contains("examples of the other network do better than its own (accuracy 10.0 %"),
        "{masking}"
    );
}

#[test]
fn what_a_run_lacks_is_named() {
    let page = parsed(&nothing());
    assert!(select(&page, "svg.chart").is_empty());
    for section in [
        "claims",
        "accuracy",
        "numbers",
        "difference",
        "matched",
        "layers",
        "correlation",
    ] {
        assert_eq!(select(&page, &format!("#{section} .missing")).len(), 1, "{section}");
    }
}

#[test]
fn few_seeds_and_quick_runs_are_called_small() {
    assert!(!text(&parsed(&pooling("mnist")), ".top").contains("A small experiment."));
    assert!(text(&parsed(&pooling("mnist-mini")), ".top").contains("A small experiment."));
    let mut results = pooling("mnist");
    results.seeds.truncate(2);
    assert!(text(&parsed(&results), ".top").contains("A small experiment."));
}

#[test]
fn the_page_says_whose_formulation_it_is() {
    let page = parsed(&pooling("mnist"));
    for place in [".kicker", "#setup", "#claims", "#limits", "footer"] {
        let text = text(&page, place);
        assert!(
            text.contains("project's own") || text.contains("this project's choice"),
            "{place}"
        );
    }
}

#[test]
fn eps_of_eight_bits_are_written_as_fractions() {
    let mut results = pooling("cifar10");
    for one in &mut results.comparisons {
        one.eps = (one.eps * 80.0 / 3.0).round() / 255.0;
    }
    let numbers = text(&parsed(&results), "#numbers");
    assert!(numbers.contains("8/255") && !numbers.contains("0.0313"), "{numbers}");
}

#[test]
fn what_is_no_number_is_not_shown() {
    let mut results = pooling("mnist");
    for one in results.comparisons.iter_mut().step_by(2) {
        (one.max, one.clean_difference) = (f64::NAN, f64::NAN);
        one.difference.mean = Some(f64::NAN);
        one.difference.low = Some(f64::NEG_INFINITY);
        one.matched.mean = Some(f64::NAN);
    }
    for one in results.layer_comparisons.iter_mut().step_by(3) {
        (one.max, one.avg) = (f64::NAN, f64::INFINITY);
        one.difference.mean = None;
        one.difference.high = Some(f64::NAN);
    }
    for model in results.models.iter_mut().step_by(5) {
        model.clean.accuracy = f64::NAN;
        model.attacked.clear();
    }
    results.layers[0].probes[2].v.value = f64::NAN;
    results.correlations[0].mean = None;
    results.correlations[1].low = Some(f64::NAN);
    results.seconds.insert("total".to_owned(), f64::NAN);
    assert_no_broken_number(&pooling_html(&results));
}

#[test]
fn names_are_escaped() {
    let evil = "<script>alert(1)</script>\"&";
    let mut results = pooling("mnist");
    results.dataset = evil.to_owned();
    results.architectures[0] = evil.to_owned();
    results.claims[0].measured = evil.to_owned();
    results.models[0].architecture = evil.to_owned();
    results
        .comparisons
        .iter_mut()
        .take(16)
        .for_each(|one| one.architecture = evil.to_owned());
    let html = pooling_html(&results);
    assert!(!html.contains("<script>alert"));
    assert_alone(&html);
}

#[test]
fn the_page_holds_its_results() {
    let results = pooling("mnist");
    let json: String = select(&parsed(&results), "script#results")[0].text().collect();
    assert_eq!(serde_json::from_str::<PoolingResults>(&json).unwrap(), results);
}

#[test]
fn figures_are_files_with_their_values_and_always_the_same() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let results = pooling("mnist");
    let paths = write_pooling(&results, first.path()).unwrap();
    assert_eq!(paths.len(), 1 + 4 * 2);
    for (a, b) in paths.iter().zip(write_pooling(&results, second.path()).unwrap()) {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
    for path in paths.iter().filter(|path| path.extension().unwrap() == "svg") {
        assert_drawing_alone(path);
    }
    let mut reader = csv::Reader::from_path(first.path().join("figures/difference.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), results.comparisons.len());
    assert_eq!(rows[1][6].parse::<f64>().ok(), results.comparisons[1].difference.mean);
}
