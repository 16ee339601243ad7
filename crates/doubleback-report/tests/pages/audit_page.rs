//! The page on an audit is whole, says what was measured and no more, and needs nothing else.

use crate::fixture;

use std::fs;

use doubleback::audit::{Audit, Shard, flags};
use doubleback_experiments::audit::Examples;
use doubleback_report::{audit_html, write_audit, write_card};
use fixture::audit::{CLASSES, audit, custom, examples, nothing, partial};
use fixture::html::{assert_alone, assert_drawing_alone, assert_no_broken_number, select, text};
use scraper::Html;

fn parsed(audit: &Audit) -> Html {
    Html::parse_document(&audit_html(audit, &examples()))
}

#[test]
fn the_page_stands_alone_whatever_the_run_has() {
    for audit in [audit(), custom(), partial(), nothing()] {
        assert_alone(&audit_html(&audit, &examples()));
        assert_alone(&audit_html(&audit, &Examples::default()));
    }
}

#[test]
fn the_number_comes_first_with_its_interval_and_its_doubts() {
    let audit = audit();
    let page = parsed(&audit);
    let lede = text(&page, ".lede");
    let robust = audit.images.iter().filter(|image| image.stands()).count();
    assert!(
        lede.starts_with(&format!(
            "{robust}.0 % of 100 test images are classified rightly and withstand"
        )),
        "{lede}"
    );
    assert!(
        lede.contains("within eps 8/255 (L∞)") && lede.contains("unperturbed, accuracy is 95.0 %"),
        "{lede}"
    );
    let names: Vec<&str> = audit.flags.iter().map(|flag| flag.name.as_str()).collect();
    assert_eq!(names, [flags::BLACK_BOX_STRONGER]);
    assert!(text(&page, ".top").contains("One flag gives reason to doubt them"));
    assert!(text(&page, ".top").contains("Dropout at the end was left out"));
    let doubts = text(&page, "#flags");
    assert!(
        doubts.contains("black-box-stronger. Square, which uses no gradients, breaks"),
        "{doubts}"
    );
    assert!(text(&parsed(&custom()), ".top").contains("Nothing that was probed gives reason to doubt these numbers."));
    assert!(text(&parsed(&custom()), "#flags").contains("No flag was raised."));
}

#[test]
fn a_partial_audit_claims_no_robust_accuracy() {
    let lede = text(&parsed(&partial()), ".lede");
    assert!(
        lede.starts_with("This audit is partial. Robust accuracy is at most "),
        "{lede}"
    );
    assert!(
        lede.contains("The time was over before fab-t, square; finished: apgd-ce, apgd-t."),
        "{lede}"
    );
}

#[test]
fn every_part_of_a_whole_run_is_drawn() {
    let page = parsed(&audit());
    assert!(select(&page, ".missing").is_empty());
    for section in ["attacks", "classes", "curve"] {
        assert_eq!(select(&page, &format!("#{section} svg.chart")).len(), 1, "{section}");
    }
    assert_eq!(select(&page, "#attacks tbody tr").len(), 4);
    // A column for each check that can raise a flag, and what was raised.
    assert_eq!(select(&page, "#flags details tbody tr").len(), 18);
    assert_eq!(select(&page, "#flags details tbody strong").len(), 1);
    let shown = select(&page, "#examples tbody tr");
    assert_eq!(shown.len(), examples().examples.len());
    // Image, example, difference, and a method's maps of both.
    assert_eq!(select(&page, "#examples img").len(), 5 * shown.len());
    assert!(
        shown
            .iter()
            .all(|row| CLASSES.iter().any(|class| row.text().any(|cell| cell == *class)))
    );
}

/// What a reader copies: everything that the numbers depend on, in words of a shell.
#[test]
fn the_command_is_whole() {
    let command = |audit: &Audit| text(&parsed(audit), "#reproducibility pre");
    assert_eq!(
        command(&audit()),
        "doubleback audit models/resnet18.pth --arch resnet18 --normalize 'mean=0.5;std=0.25' --dataset cifar10 --norm linf --eps 8/255 \
         --ensemble standard --count 100 --sample-seed 3 --seed 0 --explain saliency"
    );
    // Where an option was given to several attacks it stands once.
    assert_eq!(
        command(&custom()),
        format!(
            "doubleback audit models/resnet18.pth --dataset cifar10 --norm linf --eps {} --ensemble custom --attacks apgd-ce,bim,fab,fmn --seed 0 \
             --restarts 3 --steps 20 --step-size 0.005 --surrogate --explain saliency",
            8.0 / 255.0
        )
    );
    let mut part = audit();
    part.setup.shard = Shard { number: 2, of: 8 };
    part.setup.model = "it's mine.pt".to_owned();
    let part = command(&part);
    assert!(part.starts_with(r"doubleback audit 'it'\''s mine.pt' --arch"), "{part}");
    assert!(part.ends_with(" --seed 0 --shard 2/8 --explain saliency"), "{part}");
}

#[test]
fn settings_that_are_not_the_defaults_are_shown() {
    let mut audit = custom();
    let words = "20 steps of chosen length; given: steps 20 instead of 100";
    audit.setup.settings.attacks[0].in_words = words.to_owned();
    let page = parsed(&audit);
    for section in ["#attacks", "#reproducibility"] {
        assert!(text(&page, section).contains(words), "{section}");
    }
    let folder = tempfile::tempdir().unwrap();
    let card = fs::read_to_string(&write_card(&audit, folder.path()).unwrap()[0]).unwrap();
    assert!(card.contains(words), "{card}");
}

/// The rule of the clean accuracy begins at the first point of the curve, and its name may not cover it.
#[test]
fn the_name_of_the_clean_accuracy_hides_no_point() {
    for audit in [audit(), custom()] {
        let page = parsed(&audit);
        let labels = select(&page, "#curve svg .tick");
        let label = labels
            .iter()
            .find(|label| label.text().any(|text| text == "clean"))
            .unwrap();
        let [x, y] = ["x", "y"].map(|name| label.attr(name).unwrap().parse::<f64>().unwrap());
        for mark in select(&page, "#curve svg .mark") {
            let [mark_x, mark_y] = ["x", "y"].map(|name| mark.attr(name).unwrap().parse::<f64>().unwrap());
            let beside =
                mark_x + 5.0 < x || mark_x - 5.0 > x + 29.0 || mark_y + 5.0 < y - 9.0 || mark_y - 5.0 > y + 3.0;
            assert!(beside, "the label at {x}, {y} and the point at {mark_x}, {mark_y}");
        }
    }
}

/// Audits of this program prove nothing and say so; what another one proved, in the form that other programs rely on, is read, kept and shown.
#[test]
fn what_is_certified_is_told_apart_from_what_attacks_left() {
    let audit = audit();
    let mut json = serde_json::to_value(&audit).unwrap();
    assert_eq!(json["certified"], serde_json::Value::Null);
    assert!(text(&parsed(&audit), "#flags").contains("nothing is certified here"));
    let proved = serde_json::json!({"method": "interval bounds", "norm": "linf", "accuracy": 0.25});
    json["certified"] = proved.clone();
    let read: Audit = serde_json::from_value(json).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap()["certified"], proved);
    let page = parsed(&read);
    assert!(
        text(&page, ".facts").contains("Certified accuracy25.0 % (interval bounds, L∞)"),
        "{}",
        text(&page, ".facts")
    );
    assert!(!text(&page, "#flags").contains("certified"));
}

#[test]
fn what_a_run_lacks_is_named() {
    let page = Html::parse_document(&audit_html(&nothing(), &Examples::default()));
    for section in ["classes", "curve", "examples"] {
        assert_eq!(select(&page, &format!("#{section} .missing")).len(), 1, "{section}");
    }
    assert!(text(&page, ".lede").contains("0"), "{}", text(&page, ".lede"));
}

#[test]
fn what_is_no_number_is_not_shown() {
    let mut audit = custom();
    audit.robust_accuracy = Some(f64::NAN);
    audit.clean_accuracy = f64::NAN;
    audit.low = Some(f64::NEG_INFINITY);
    for (_, attack) in &mut audit.attacks {
        (attack.cumulative, attack.seconds) = (f64::NAN, f64::INFINITY);
        if let Some(distance) = &mut attack.distance {
            distance.median = Some(f64::NAN);
        }
    }
    audit.per_class[0].robust = f64::NAN;
    (audit.curve[0].accuracy, audit.curve[1].low, audit.curve[2].eps) = (f64::NAN, f64::NAN, f64::INFINITY);
    for image in &mut audit.images {
        (image.l2, image.margin) = (Some(f32::NAN), Some(f32::INFINITY));
    }
    // A check and a norm are called so.
    let html = audit_html(&audit, &examples())
        .replace("NaN or infinite", "")
        .replace("linf", "");
    assert_no_broken_number(&html);
}

#[test]
fn names_are_escaped() {
    let evil = "<script>alert(1)</script>\"&";
    let mut audit = audit();
    for name in [
        &mut audit.setup.model,
        &mut audit.setup.dataset,
        &mut audit.setup.classes[0],
        &mut audit.setup.notes[0],
    ] {
        *name = evil.to_owned();
    }
    audit.setup.arguments[1] = evil.to_owned();
    audit.flags[0].detail = evil.to_owned();
    audit.per_class[0].class = evil.to_owned();
    audit.attacks[0].0 = evil.to_owned();
    let html = audit_html(&audit, &examples());
    assert!(!html.contains("<script>alert"));
    assert_alone(&html);
}

#[test]
fn the_page_holds_its_results() {
    let audit = audit();
    let json: String = select(&parsed(&audit), "script#results")[0].text().collect();
    assert_eq!(serde_json::from_str::<Audit>(&json).unwrap(), audit);
}

#[test]
fn figures_are_files_with_their_values_and_always_the_same() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let audit = audit();
    let paths = write_audit(&audit, &examples(), first.path()).unwrap();
    assert_eq!(paths.len(), 1 + 3 * 2);
    for (a, b) in paths
        .iter()
        .zip(write_audit(&audit, &examples(), second.path()).unwrap())
    {
        assert!(fs::read(a).unwrap() == fs::read(&b).unwrap(), "{}", b.display());
    }
    for path in paths.iter().filter(|path| path.extension().unwrap() == "svg") {
        assert_drawing_alone(path);
    }
    let mut reader = csv::Reader::from_path(first.path().join("figures/attacks.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows[0][2].parse::<usize>().unwrap(), audit.attacks[0].1.broken);
}
