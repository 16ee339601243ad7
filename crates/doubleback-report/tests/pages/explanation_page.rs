//! The page of explanations has every map of every image that it shows, says what was measured and what was not, and needs nothing else.

use crate::fixture;

use std::fs;

use doubleback_experiments::explanations::Models;
use fixture::explanations::{Explained, IMAGES, METRICS, all_methods, several, single, smoothed, unmeasured};
use fixture::html::{assert_alone, assert_drawing_alone, assert_no_broken_number, select, text};
use scraper::Html;

/// Images on a page.
const SHOWN: usize = 10;

fn parsed(explained: &Explained) -> Html {
    Html::parse_document(&explained.html())
}

#[test]
fn the_page_stands_alone_whatever_was_asked_for() {
    for explained in [several(), single(), unmeasured()] {
        assert_alone(&explained.html());
    }
    let mut nothing = several();
    nothing.outcome.results.models = Models::default();
    nothing.outcome.maps.clear();
    assert_alone(&nothing.html());
}

#[test]
fn every_method_of_every_model_stands_beside_each_image() {
    for (explained, models) in [(several(), 2), (single(), 1)] {
        let page = parsed(&explained);
        assert_eq!(select(&page, ".image-maps").len(), SHOWN);
        assert_eq!(select(&page, "img.picture").len(), SHOWN);
        assert_eq!(select(&page, "img.map").len(), SHOWN * 3 * models);
        assert_eq!(
            select(&page, "input[name=map-model]").len(),
            if models == 2 { 3 } else { 0 }
        );
        // Arrow keys move the pixel of all maps of an image.
        assert_eq!(select(&page, "img.map[tabindex]").len(), SHOWN);
        // Grad-CAM says nothing of the first image.
        assert_eq!(select(&page, ".silent").len(), models);
        let caption = text(&page, "#images > .caption");
        assert!(
            caption.starts_with("Drawn are the first 10 of the 12 images"),
            "{caption}"
        );
        let scales: Vec<f32> = select(&page, "img.map")
            .iter()
            .map(|map| map.attr("data-scale").unwrap().parse().unwrap())
            .collect();
        assert_eq!(scales.iter().filter(|scale| **scale == 0.0).count(), models);
    }
}

#[test]
fn what_a_model_takes_the_image_for_stands_above_its_maps() {
    let page = parsed(&single());
    let notes: Vec<String> = select(&page, ".image-maps .panel-note")
        .iter()
        .map(|note| {
            note.text()
                .collect::<String>()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let sure = 1.0 / (1.0 + 9.0 * (-4f64).exp());
    assert_eq!(
        notes[0],
        format!("Taken for digit 0 ({:.1} %); explained: digit 0.", 100.0 * sure)
    );
    assert!(notes[2].starts_with("Taken for ✗ digit 3"), "{}", notes[2]);
    assert_eq!(select(&page, ".image-maps .guess.wrong").len(), 1);
}

#[test]
fn each_method_has_its_sentence_its_gap_and_its_warning() {
    let page = parsed(&several());
    let words = text(&page, "#methods dl");
    for part in [
        "gradientThe signed gradient of the target's logit.",
        "20 Gauss-Legendre points from baseline zero. Its values miss what they should sum to by 0.125 on average on normal, by 0.125 at most.",
        "Its maps have 4 by 4 pixels.",
        "It says nothing of 1 of 12 images on doubleback.",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let top = text(&page, ".top");
    assert!(
        top.contains("grad-cam on normal says nothing of 1 of 12 images"),
        "{top}"
    );
    assert!(top.contains("normal: Dropout at the end was left out"), "{top}");
    assert!(text(&page, ".lede").starts_with("3 methods say which values of 12 test images speak for the true class."));
}

#[test]
fn metrics_are_drawn_with_their_directions_and_what_is_missing_is_said() {
    let page = parsed(&several());
    assert_eq!(select(&page, "#metrics svg.chart").len(), METRICS.len());
    let table = text(&page, "#metrics table thead");
    assert_eq!(table, "MethodModeldeletion ↓sparseness ↑completeness ↓rank-agreement ·");
    assert_eq!(select(&page, "#metrics tbody tr").len(), 6);
    // The lowest deletion, the highest sparseness, the lowest gap; agreement has no better value.
    let best: Vec<String> = select(&page, "#metrics tbody strong")
        .iter()
        .map(|cell| cell.text().collect())
        .collect();
    assert_eq!(best, ["0.200", "0.300", "0.450"]);
    let readings = text(&page, "#metrics .reading");
    assert!(
        readings.contains("By deletion (lower is better), gradient on normal is best: 0.200; its interval overlaps that of gradient on doubleback, integrated-gradients on normal."),
        "{readings}"
    );
    let lacks = text(&page, "#metrics .plain-list");
    assert!(
        lacks.contains("completeness of gradient on normal, grad-cam on normal, gradient on doubleback, grad-cam on doubleback: the method promises no completeness."),
        "{lacks}"
    );
    assert!(
        lacks.contains("grad-cam on normal: 1 of 12 images left out by deletion, sparseness, rank-agreement"),
        "{lacks}"
    );
    let none = text(&parsed(&unmeasured()), "#metrics .missing");
    assert!(none.starts_with("No metric was asked for"), "{none}");
}

#[test]
fn what_smoothing_gains_is_said_where_it_was_asked_for() {
    assert!(
        select(&parsed(&several()), "#metrics h3")
            .iter()
            .all(|heading| !heading.text().any(|text| text.contains("smoothing")))
    );
    let page = parsed(&smoothed());
    let rows: Vec<Vec<String>> = select(&page, "#metrics table")[1]
        .select(&scraper::Selector::parse("tbody tr").unwrap())
        .map(|row| {
            row.children()
                .filter_map(scraper::ElementRef::wrap)
                .map(|cell| cell.text().collect())
                .collect()
        })
        .collect();
    // Deletion rises from method to method by 0.1, which is worse, sparseness too, which is better; agreement has no better values.
    assert_eq!(
        rows,
        [
            [
                "deletion",
                "−0.100[−0.100,\u{a0}−0.100]",
                "−0.100[−0.100,\u{a0}−0.100]",
                "0.0500[0.0500,\u{a0}0.0500]",
                "holds in part"
            ],
            [
                "sparseness",
                "0.100[0.100,\u{a0}0.100]",
                "0.100[0.100,\u{a0}0.100]",
                "−0.0500[−0.0500,\u{a0}−0.0500]",
                "does not hold"
            ],
        ]
    );
}

#[test]
fn an_interval_apart_from_all_others_is_clear() {
    let mut explained = single();
    let first = &mut explained.outcome.results.models.0[0].methods[0].metrics[0];
    (first.mean, first.interval) = (Some(0.01), Some([0.0, 0.02]));
    let readings = text(&parsed(&explained), "#metrics .reading");
    assert!(
        readings.contains("gradient is best: 0.0100; clear of all others."),
        "{readings}"
    );
}

/// What a reader copies: everything that the numbers depend on, in words of a shell.
#[test]
fn the_command_is_whole() {
    let command = |explained: &Explained| text(&parsed(explained), "#reproducibility pre");
    assert_eq!(
        command(&several()),
        "doubleback explain --model models/normal.safetensors --model models/doubleback.safetensors --normalize 'mean=0.5;std=0.25' --dataset mnist-mini \
         --method gradient,integrated-gradients,grad-cam --count 12 --sample-seed 3 --steps 20 --metric deletion,sparseness,completeness,rank-agreement \
         --report explanations"
    );
    let mut other = unmeasured();
    let results = &mut other.outcome.results;
    (results.sample_seed, results.by_index) = (None, true);
    results.index.truncate(2);
    results.target = "digit 3".to_owned();
    results.arguments.clear();
    results.models.0[0].model = "plain".to_owned();
    assert_eq!(
        command(&other),
        "doubleback explain --model plain=models/normal.safetensors --dataset mnist-mini --method gradient,integrated-gradients,grad-cam --target 'digit 3' \
         --index 0,1 --steps 20 --report explanations"
    );
}

#[test]
fn a_page_of_all_methods_stays_small_and_large_images_are_fewer() {
    let page = all_methods(28).html();
    assert!(page.len() < 3 << 20, "{} bytes", page.len());
    let large = Html::parse_document(&all_methods(224).html());
    assert_eq!(select(&large, ".image-maps").len(), 1);
    assert!(text(&large, "#images > .caption").starts_with("Drawn is the first of the 12 images"));
}

#[test]
fn what_is_no_number_is_not_shown() {
    let mut explained = several();
    for method in &mut explained.outcome.results.models.0[0].methods {
        (method.seconds, method.summary.mean_magnitude) = (f64::INFINITY, f64::NAN);
        for metric in &mut method.metrics {
            (metric.mean, metric.interval) = (Some(f64::NAN), Some([f64::NEG_INFINITY, f64::NAN]));
        }
    }
    assert_no_broken_number(&explained.html());
}

#[test]
fn names_are_escaped() {
    let evil = "<script>alert(1)</script>\"&";
    let mut explained = several();
    let results = &mut explained.outcome.results;
    results.dataset = evil.to_owned();
    results.target = evil.to_owned();
    results.classes[0] = evil.to_owned();
    results.models.0[0].model = evil.to_owned();
    results.models.0[0].notes = vec![evil.to_owned()];
    let html = explained.html();
    assert!(!html.contains("<script>alert"));
    assert_alone(&html);
}

#[test]
fn the_page_holds_its_results() {
    let explained = several();
    let json: String = select(&parsed(&explained), "script#results")[0].text().collect();
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read, serde_json::to_value(&explained.outcome.results).unwrap());
}

#[test]
fn figures_are_files_with_their_values_and_always_the_same() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let explained = several();
    let paths = explained.write(first.path());
    assert_eq!(paths.len(), 1 + 2);
    for (a, b) in paths.iter().zip(explained.write(second.path())) {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
    assert_drawing_alone(&first.path().join("figures/metrics.svg"));
    let mut reader = csv::Reader::from_path(first.path().join("figures/metrics.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2 * 3 * METRICS.len());
    assert_eq!(
        (&rows[0][0], &rows[0][1], &rows[0][2], &rows[0][5]),
        ("normal", "gradient", "deletion", "0.2")
    );
    assert_eq!(rows[0][8].parse::<usize>().unwrap(), IMAGES);
}
