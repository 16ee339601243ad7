//! The page on a diagnosis is whole, says what was measured and no more, and needs nothing else.

use crate::fixture;

use std::fs;

use doubleback::diagnose::Estimate;
use doubleback_experiments::diagnosis::DiagnosisResults;
use doubleback_report::{Error, diagnosis_html, write_diagnosis};
use fixture::diagnosis::{diagnosis, estimate};
use fixture::html::{assert_alone, assert_drawing_alone, assert_no_broken_number, select, text};
use scraper::Html;

fn parsed(results: &DiagnosisResults) -> Html {
    Html::parse_document(&diagnosis_html(results))
}

fn one_model() -> DiagnosisResults {
    let mut results = diagnosis("mnist");
    results.models.truncate(1);
    results
}

#[test]
fn the_page_stands_alone_whatever_the_run_has() {
    let mut bare = one_model();
    let model = &mut bare.models[0];
    model.layers.clear();
    model.probes.clear();
    model.information.clear();
    model.images.clear();
    model.flips.clear();
    model.sweep.clear();
    model.correlations.clear();
    model.generators.losses.clear();
    let mut nothing = one_model();
    nothing.models.clear();
    for results in [diagnosis("mnist"), diagnosis("mnist-mini"), one_model(), bare, nothing] {
        assert_alone(&diagnosis_html(&results));
    }
}

#[test]
fn the_answer_is_one_sentence_with_its_interval() {
    let page = parsed(&one_model());
    assert_eq!(
        text(&page, ".lede"),
        "Of the 51.7 points of error that PGD at ε = 0.1 adds, the most arise at conv2: 20.7 points [+18.3, +23.1], \
         clearly more than at dense1 (+6.9)."
    );
    let mut close = one_model();
    close.models[0].layers[3].v = estimate(0.07, 0.024);
    assert!(text(&parsed(&close), ".lede").contains("not clearly more than at dense1"));
    let mut harmless = one_model();
    harmless.models[0].attack.damage = estimate(0.0, 0.01);
    assert!(text(&parsed(&harmless), ".lede").contains("adds no error"));
}

#[test]
fn every_part_of_a_whole_run_is_drawn() {
    let page = parsed(&diagnosis("mnist"));
    assert!(select(&page, ".missing").is_empty());
    for (section, charts) in [
        ("compare", 2),
        ("vulnerability", 6),
        ("agreement", 2),
        ("flips", 4),
        ("information", 6),
        ("correlation", 4),
        ("sweep", 2),
        ("training", 6),
    ] {
        assert_eq!(
            select(&page, &format!("#{section} svg.chart")).len(),
            charts,
            "{section}"
        );
    }
    for chart in select(&page, "svg.chart") {
        assert!(chart.attr("aria-label").unwrap().len() > 20);
    }
    // Of each of two models eight images, with one z and with the mean: the pair itself and a pair a stage.
    assert_eq!(select(&page, "#explanations img").len(), 2 * 8 * 2 * 2 * 8);
}

#[test]
fn a_check_is_passed_or_missed_by_its_value() {
    let page = parsed(&one_model());
    assert_eq!(select(&page, "#checks .verdict.holds").len(), 5);
    assert!(select(&page, ".top .note").is_empty());

    let mut results = one_model();
    let model = &mut results.models[0];
    model.layers[4].agreement.clean_prediction = estimate(0.949, 0.01);
    model.layers[6].agreement.attacked_prediction = estimate(0.91, 0.01);
    model.consistency = estimate(-0.06, 0.01);
    model.attack.success = estimate(0.97, 0.01);
    let page = parsed(&results);
    assert_eq!(select(&page, "#checks .verdict.does-not-hold").len(), 4);
    assert_eq!(select(&page, "#checks .verdict.holds").len(), 1);
    let checks = text(&page, "#checks");
    assert!(
        checks.contains("least at pool2: 94.9 % [93.9, 95.9] (close)"),
        "{checks}"
    );
    assert!(checks.contains("logits: 91.0 %"), "{checks}");
    assert!(checks.contains("−6.0 [−7.0, −5.0] points"), "{checks}");
    assert!(text(&page, ".top .note").contains("4 of 5 checks of the explanations were not passed"));
}

#[test]
fn what_was_not_measured_is_no_passed_check() {
    let mut results = one_model();
    results.models[0].layers.clear();
    let page = parsed(&results);
    assert_eq!(select(&page, "#checks .verdict.undecided").len(), 3);
}

#[test]
fn wrong_pictures_and_turns_are_marked_by_more_than_color() {
    let page = parsed(&one_model());
    let first = "#explanations .explained";
    let wrong = select(&page, &format!("{first} .guess.wrong"));
    assert!(!wrong.is_empty());
    for one in wrong {
        assert!(one.text().collect::<String>().starts_with('✗'));
    }
    let turns = select(&page, &format!("{first} .flips"));
    // Four of eight images turn, drawn with one z and as the mean.
    assert_eq!(turns.len(), 8);
    for one in turns {
        assert!(one.text().collect::<String>().contains("turns here"));
    }
    assert!(select(&page, &format!("{first} img:not([alt])")).is_empty());
}

#[test]
fn models_are_compared_only_when_there_are_several() {
    assert!(select(&parsed(&one_model()), "#compare").is_empty());
    let page = parsed(&diagnosis("mnist"));
    assert_eq!(
        text(&page, "#compare .reading"),
        "doubleback takes less damage than normal (+25.1 against +51.7 points); the most arises at dense1 instead of conv2; \
         its added error is clearly lower at 6 of 7 stages."
    );
    // Models with other stages cannot share the chart.
    let mut unlike = diagnosis("mnist");
    unlike.models[1].layers.pop();
    assert!(select(&parsed(&unlike), "#compare svg.chart").is_empty());
}

#[test]
fn a_models_name_stands_before_its_sentences_only_beside_others() {
    for reading in select(&parsed(&one_model()), ".reading") {
        let sentence: String = reading.text().collect();
        assert!(
            sentence.starts_with(|first: char| first.is_uppercase() || first.is_numeric()),
            "{sentence}"
        );
    }
    let page = parsed(&diagnosis("mnist"));
    let sentences: Vec<String> = select(&page, "#agreement .reading")
        .iter()
        .map(|reading| reading.text().collect())
        .collect();
    assert!(
        sentences[0].starts_with("normal: ") && sentences[1].starts_with("doubleback: "),
        "{sentences:?}"
    );
}

#[test]
fn masking_and_small_runs_are_said_at_the_top() {
    let mut results = diagnosis("mnist-mini");
    results.models[0].attack.zero_gradient_images = 17;
    let notes = text(&parsed(&results), ".top");
    assert!(
        notes.contains("On 17 images the gradient of the normal model was exactly zero"),
        "{notes}"
    );
    assert!(notes.contains("A small experiment."), "{notes}");
}

#[test]
fn the_page_says_whose_formulation_it_is() {
    let page = parsed(&one_model());
    for place in [".kicker", "#asked", "#limits", "footer"] {
        assert!(text(&page, place).contains("project's own"), "{place}");
    }
}

#[test]
fn what_is_no_number_is_not_shown() {
    let broken = Estimate {
        value: f64::NAN,
        low: f64::INFINITY,
        high: f64::NAN,
    };
    let mut results = diagnosis("mnist");
    results.oracle.error = broken;
    results.seconds.insert("total".to_owned(), f64::NAN);
    for model in &mut results.models {
        (model.clean_error, model.consistency, model.sum_of_v) = (broken, broken, broken);
        model.attack.damage = broken;
        model.attack.success = broken;
        for layer in model.layers.iter_mut().step_by(2) {
            (layer.r, layer.v, layer.smooth_r, layer.clean_error) = (broken, broken, broken, broken);
            layer.agreement.attacked_truth = broken;
            layer.agreement.attacked_prediction = broken;
        }
        model.probes[1].v = broken;
        model.probes[2].entropy_loss = Some(f64::NAN);
        model.information[3].loss = Some(broken);
        (model.information[4].mse, model.information[4].j) = (f64::NAN, f64::NAN);
        model.correlations[0].spearman = Some(broken);
        model.sweep[0].success = f64::NAN;
        model.generators.losses[3].generator[2] = f64::NAN;
        model.images[0].explanations[2].clean.frame.bytes.pop();
        model.images[1].explanations[3].attacked.probability = f64::NAN;
        model.images[2].explanations.pop();
    }
    results.models[1].layers.truncate(5);
    assert_no_broken_number(&diagnosis_html(&results));
}

#[test]
fn names_are_escaped() {
    let evil = "<script>alert(1)</script>\"&";
    let mut results = diagnosis("mnist");
    results.dataset = evil.to_owned();
    results.classes[0] = evil.to_owned();
    results.oracle.description = evil.to_owned();
    results.settings.insert(evil.to_owned(), evil.to_owned());
    let model = &mut results.models[0];
    model.model = evil.to_owned();
    model.layers[2].layer = evil.to_owned();
    model.correlations[0].name = evil.to_owned();
    let html = diagnosis_html(&results);
    assert!(!html.contains("<script>alert"));
    assert_alone(&html);
}

#[test]
fn the_page_holds_its_results() {
    let mut results = one_model();
    results.models[0].images.truncate(2);
    let page = parsed(&results);
    let json: String = select(&page, "script#results")[0].text().collect();
    assert_eq!(serde_json::from_str::<DiagnosisResults>(&json).unwrap(), results);
}

#[test]
fn figures_are_files_with_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let results = diagnosis("mnist");
    let paths = write_diagnosis(&results, folder.path().join("new")).unwrap();
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names[0], "report.html");
    for figure in [
        "explanations",
        "vulnerability",
        "agreement",
        "flips",
        "information",
        "correlation",
        "sweep",
        "training",
        "models",
    ] {
        for extension in ["svg", "csv"] {
            assert!(names.contains(&format!("{figure}.{extension}")), "{figure}.{extension}");
        }
    }
    assert!(names.contains(&"explanations-normal.png".to_owned()));
    assert_eq!(names.len(), 1 + 9 * 2 + 2);
    for path in paths.iter().filter(|path| path.extension().unwrap() == "svg") {
        assert_drawing_alone(path);
    }

    let mut reader = csv::Reader::from_path(folder.path().join("new/figures/vulnerability.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2 * 7 * 3, "models, stages, and three views of each");
    let row = rows
        .iter()
        .find(|row| (&row[0], &row[1], &row[2]) == ("normal", "conv2", "explanations"))
        .unwrap();
    let layer = &results.models[0].layers[3];
    assert_eq!(row[5].parse::<f64>().unwrap(), layer.r.value);
    assert_eq!(row[8].parse::<f64>().unwrap(), layer.v.value);
}

#[test]
fn the_same_results_give_the_same_files() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let results = diagnosis("mnist");
    let both = write_diagnosis(&results, first.path())
        .unwrap()
        .into_iter()
        .zip(write_diagnosis(&results, second.path()).unwrap());
    for (a, b) in both {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
}

#[test]
fn a_smaller_run_leaves_out_the_figures_that_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = one_model();
    results.models[0].sweep.clear();
    results.models[0].images.clear();
    let paths = write_diagnosis(&results, folder.path()).unwrap();
    let has = |name: &str| paths.iter().any(|path| path.ends_with(name));
    assert!(!has("sweep.svg") && !has("explanations.svg") && !has("explanations-normal.png") && !has("models.svg"));
    let page = parsed(&results);
    assert!(text(&page, "#sweep .missing").contains("No sweep was needed"));
}

#[test]
fn color_images_are_drawn() {
    let mut results = one_model();
    results.shape[0] = 3;
    for image in &mut results.models[0].images {
        let frames = [&mut image.clean, &mut image.attacked].into_iter();
        let explained = image.explanations.iter_mut().flat_map(|one| {
            [
                &mut one.clean,
                &mut one.attacked,
                &mut one.clean_mean,
                &mut one.attacked_mean,
            ]
            .map(|labelled| &mut labelled.frame)
        });
        for frame in frames.chain(explained) {
            frame.bytes = frame.bytes.repeat(3);
        }
    }
    assert!(select(&parsed(&results), "#explanations .missing").is_empty());
    let folder = tempfile::tempdir().unwrap();
    let paths = write_diagnosis(&results, folder.path()).unwrap();
    assert!(paths.iter().any(|path| path.ends_with("explanations-normal.png")));
}

#[test]
fn an_error_names_the_folder_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("diagnosis");
    fs::write(&taken, "a file").unwrap();
    let error = write_diagnosis(&one_model(), &taken).unwrap_err();
    assert!(matches!(&error, Error::Write { path, .. } if *path == taken));
    assert!(error.to_string().contains("could not create the folder"), "{error}");
}
