//! Accuracy by class and confusions: every class and pair of few classes, the worst of many.

use crate::fixture;

use doubleback_experiments::reproduce::{PairSample, Results};
use doubleback_report::reproduction_html;
use fixture::html::select;
use fixture::{MODELS, by_class, full_pictures, full_results};
use scraper::{ElementRef, Html};

fn results(classes: usize) -> Results {
    let mut results = full_results("mnist-mini");
    results.data.classes = (0..classes).map(|class| class.to_string()).collect();
    results.by_class = by_class(&MODELS, classes);
    results
}

fn page(results: &Results) -> Html {
    Html::parse_document(&reproduction_html(results, &full_pictures(), None))
}

fn text(element: &ElementRef<'_>) -> String {
    let words: String = element.text().collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn of_few_classes_every_accuracy_and_confusion_is_shown() {
    for classes in [2, 10, 20] {
        let page = page(&results(classes));
        let rows = select(&page, "#classes .by-class tbody tr");
        assert_eq!(rows.len(), 2 * MODELS.len(), "{classes} classes");
        let cells = select(&page, "#classes .by-class td[title]");
        assert_eq!(cells.len(), 2 * MODELS.len() * classes);
        // Class 0 of the normal model.
        assert!(
            cells[0]
                .attr("title")
                .unwrap()
                .starts_with("normal, unperturbed, 0: 95.0\u{a0}% ["),
            "{:?}",
            cells[0].attr("title")
        );
        assert_eq!(select(&page, "#classes .matrices table").len(), 2 * MODELS.len());
        let pairs = select(&page, "#classes .matrices table:first-of-type tbody td");
        assert_eq!(pairs.len(), 2 * MODELS.len() * classes * classes);
        assert_eq!(
            pairs[0].attr("title"),
            Some("0, taken for 0: 95 of 100 images (95.0\u{a0}%)")
        );
        let summaries = select(&page, "#classes summary");
        assert!(
            text(&summaries[0]).contains("under FGSM, ε 0.2, crafted on doubleback (by class "),
            "{}",
            text(&summaries[0])
        );
    }
}

#[test]
fn of_many_classes_the_worst_and_the_most_frequent_are_listed() {
    let mut many = results(120);
    for one in &mut many.targeted {
        one.by_class.clear();
        one.sample = Some(PairSample {
            drawn: 380,
            of: 14_280,
            all_up_to: 20,
        });
    }
    let page = page(&many);
    assert_eq!(select(&page, "#classes .by-class").len(), 0);
    let tables = select(&page, "#classes table");
    assert_eq!(tables.len(), 3 * MODELS.len());
    assert!(
        select(&page, "#classes tr").len() < 15 * tables.len(),
        "a list, not a square"
    );
    // By accuracy, then by the accuracy under attack, then in order.
    let first = |selector: &str| text(&select(&page, selector)[0]);
    assert_eq!(first("#classes tbody th"), "0");
    assert!(
        first("#classes tbody td").starts_with("95.0 [88.8, "),
        "{}",
        first("#classes tbody td")
    );
    let whole = text(&select(&page, "#classes")[0]);
    assert!(
        whole.contains("Of 120 classes those with the lowest accuracy are listed"),
        "{whole}"
    );
    let caption = text(&select(&page, "#figure-5")[0]);
    assert!(
        caption.contains("A sample of 380 of the 14,280 pairs of a true class and a target, drawn by a fixed seed"),
        "{caption}"
    );
    assert!(
        caption.contains("Of the 120 classes 10 are shown, drawn by a fixed seed."),
        "{caption}"
    );
    assert!(text(&select(&page, "#images")[0]).contains("Of the 120 classes"));
    assert!(!caption.contains("success by true class and target"), "an empty table");
}

#[test]
fn results_of_earlier_versions_say_that_it_was_not_measured() {
    let mut old = results(10);
    old.by_class.clear();
    let page = page(&old);
    assert_eq!(
        text(&select(&page, "#classes .missing")[0]),
        "Accuracy by class was not measured in this run."
    );
    let json = serde_json::to_string(&old).unwrap();
    assert!(!json.contains("by_class\":[]"), "nothing is written for nothing");
}
