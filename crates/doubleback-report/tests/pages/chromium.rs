//! What a reader presses, drags and points at really changes what is shown, in a real Chromium; and the page asks for nothing but itself.

use crate::fixture;

use std::path::{Path, PathBuf};

use doubleback_report::{write_audit, write_diagnosis, write_pooling, write_reproduction};
use doubleback_test_browser::{ARROW_LEFT, ARROW_RIGHT, Browser, ESCAPE, Element, Options};
use serde_json::{Value, json};

/// A window as of a laptop, and one as of a telephone.
const WIDE: [u32; 2] = [1280, 900];
const NARROW: [u32; 2] = [500, 800];

fn open(size: [u32; 2]) -> Option<Browser> {
    Browser::open(size, Options::new("reports in a browser"))
}

fn reproduction(folder: &Path) -> PathBuf {
    let (results, pictures) = (fixture::full_results("mnist"), fixture::full_pictures());
    write_reproduction(&results, &pictures, folder).unwrap().remove(0)
}

fn diagnosis(folder: &Path) -> PathBuf {
    write_diagnosis(&fixture::diagnosis::diagnosis("mnist"), folder)
        .unwrap()
        .remove(0)
}

fn pooling(folder: &Path) -> PathBuf {
    write_pooling(&fixture::pooling::pooling("mnist"), folder)
        .unwrap()
        .remove(0)
}

fn audit(folder: &Path) -> PathBuf {
    let (results, pictures) = (fixture::audit::audit(), fixture::audit::examples());
    write_audit(&results, &pictures, folder).unwrap().remove(0)
}

/// Checks that hold for every page; not all have legends, whose buttons take lines away.
fn every_page(write: fn(&Path) -> PathBuf, has_legends: bool) {
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path());
    let Some(browser) = open(WIDE) else { return };
    browser.load(&page);
    asks_for_nothing(&browser, &page);
    themes(&browser);
    legends(&browser, has_legends);
    values(&browser);
    unfolds(&browser);
    saves(&browser, folder.path());
    assert_eq!(browser.console(), Vec::<String>::new(), "after all of this");
    drop(browser);
    let Some(browser) = open(NARROW) else { return };
    browser.load(&page);
    fits(&browser);
}

fn asks_for_nothing(browser: &Browser, page: &Path) {
    assert_eq!(browser.console(), Vec::<String>::new());
    let own = format!("file://{}", page.display());
    let asked = browser.requests();
    assert!(
        asked.contains(&own),
        "the page itself is among what was asked for: {asked:?}"
    );
    let others = asked
        .iter()
        .filter(|url| **url != own && !url.starts_with("data:image/"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    let broken = "return [...document.images].filter((image) => image.complete && image.naturalWidth === 0).length";
    assert_eq!(browser.run(broken, json!([])), 0, "pictures that are none");
    fits(browser);
}

/// Nothing is wider than the window: what needs room scrolls by itself.
fn fits(browser: &Browser) {
    let overflow = "const root = document.documentElement; return root.scrollWidth - root.clientWidth";
    assert_eq!(browser.run(overflow, json!([])), 0, "pixels beyond the window");
}

/// The button switches between light and dark ground, and says to which.
fn themes(browser: &Browser) {
    let button = browser.one("[data-theme-toggle]");
    let ground = || browser.run("return getComputedStyle(document.body).backgroundColor", json!([]));
    let light = (ground(), browser.text(&button));
    browser.click(&button);
    let dark = (ground(), browser.text(&button));
    assert!(light.0 != dark.0 && light.1 != dark.1, "{light:?} {dark:?}");
    browser.click(&button);
    assert_eq!((ground(), browser.text(&button)), light);
}

/// How many lines of a group of charts are shown.
fn lines(browser: &Browser, button: &Element) -> usize {
    let shown = "[...element.closest('.group').querySelectorAll('.charts .series')].filter((line) => getComputedStyle(line).display !== 'none').length";
    usize::try_from(browser.of(button, shown).as_u64().unwrap()).unwrap()
}

/// Each button of a legend takes its lines away and gives them back; what others stand for stays.
fn legends(browser: &Browser, expected: bool) {
    let buttons = browser.all("[data-hides]");
    assert_eq!(!buttons.is_empty(), expected, "the page has legends");
    for button in &buttons {
        let what = format!(
            "{} of {}",
            browser.text(button),
            browser.of(button, "element.closest('section').id")
        );
        let all = lines(browser, button);
        browser.click(button);
        let left = lines(browser, button);
        assert!(left < all, "{what}: {left} of {all} lines are left");
        assert_eq!(
            browser.of(button, "element.getAttribute('aria-pressed')"),
            "false",
            "{what}"
        );
        browser.click(button);
        assert_eq!(lines(browser, button), all, "{what}");
        assert_eq!(
            browser.of(button, "element.getAttribute('aria-pressed')"),
            "true",
            "{what}"
        );
    }
}

/// Every chart with values shows them by arrow keys, one place after the other, and by pointer; Escape takes them away.
fn values(browser: &Browser) {
    let values = browser.one(".values");
    let shown = || browser.of(&values, "!element.hidden") == Value::Bool(true);
    let charts = browser.all(".chart[data-head]");
    assert!(!charts.is_empty(), "the page has charts with values");
    for chart in &charts {
        let what = browser.of(chart, "element.getAttribute('aria-label')");
        // Scrolling hides the values.
        browser.bring_in(chart);
        let mut read = |key| {
            browser.press(chart, key);
            assert!(shown(), "{what}");
            browser.text(&values)
        };
        let head = browser.of(chart, "element.dataset.head");
        let [first, second, back] = [ARROW_RIGHT, ARROW_RIGHT, ARROW_LEFT].map(&mut read);
        assert!(first.contains(head.as_str().unwrap()), "{what}: {first}");
        assert_eq!(back, first, "{what}");
        let places = browser.of(
            chart,
            "new Set([...element.querySelectorAll('.series[data-points]')].flatMap((line) => line.dataset.points.split(';').map((point) => point.split('|')[0]))).size",
        );
        assert_eq!(first != second, places.as_u64() > Some(1), "{what}: {first} {second}");
        browser.press(chart, ESCAPE);
        assert!(!shown(), "{what}");
    }
    browser.point_at(&charts[0]);
    browser.until("the pointer shows values", shown);
    browser.point_at(&browser.one("h1"));
    browser.until("they are gone with it", || !shown());
}

/// What is folded opens.
fn unfolds(browser: &Browser) {
    let summary = browser.one("details:not([open]) > summary");
    let height = || {
        browser
            .of(&summary, "element.parentElement.offsetHeight")
            .as_u64()
            .unwrap()
    };
    let folded = height();
    browser.click(&summary);
    assert!(height() > folded + 20, "{} from {folded} pixels", height());
    browser.click(&summary);
    assert_eq!(height(), folded);
}

/// The button saves the results that the page holds.
fn saves(browser: &Browser, _: &Path) {
    let button = browser.one("[data-download]");
    browser.click(&button);
    let saved = browser.downloads().join("results.json");
    // The file is there before its content is.
    let read = || serde_json::from_slice::<Value>(&std::fs::read(&saved).unwrap_or_default());
    browser.until("the results are saved", || read().is_ok());
    let saved = read().unwrap();
    let held = browser.run("return document.getElementById('results').textContent", json!([]));
    assert_eq!(saved, serde_json::from_str::<Value>(held.as_str().unwrap()).unwrap());
}

#[test]
fn the_page_of_an_audit_answers_its_reader() {
    every_page(audit, false);
}

#[test]
fn the_page_of_a_diagnosis_answers_its_reader() {
    every_page(diagnosis, true);
}

#[test]
fn the_page_of_a_pooling_study_answers_its_reader() {
    every_page(pooling, true);
}

#[test]
fn the_page_of_a_reproduction_answers_its_reader() {
    every_page(reproduction, true);
}

/// The pane that is shown of some: attack and eps of the only one.
fn pane(browser: &Browser, name: &str) -> (String, String) {
    let shown = format!(
        "[...document.querySelectorAll('[data-panes=\"{name}\"] .pane')].filter((pane) => pane.offsetHeight > 0).map((pane) => [pane.dataset.attack, pane.dataset.eps])"
    );
    let shown = browser.run(&format!("return {shown}"), json!([]));
    let shown: Vec<(String, String)> = serde_json::from_value(shown).unwrap();
    assert_eq!(shown.len(), 1, "{name}: {shown:?}");
    shown.into_iter().next().unwrap()
}

#[test]
fn slider_and_attack_choose_the_pane() {
    let folder = tempfile::tempdir().unwrap();
    let page = reproduction(folder.path());
    let Some(browser) = open(WIDE) else { return };
    browser.load(&page);
    let name = "heat-map";
    let at = format!("[data-panes='{name}']");
    let (slider, output) = (
        browser.one(&format!("{at} input[type=range]")),
        browser.one(&format!("{at} output")),
    );
    let (attack, first) = pane(&browser, name);
    let mut sizes = vec![first];
    let end = |element: &Element| browser.of(element, "element.value === element.max") == Value::Bool(true);
    while !end(&slider) {
        browser.press(&slider, ARROW_RIGHT);
        let (same, eps) = pane(&browser, name);
        assert_eq!((same, browser.text(&output)), (attack.clone(), eps.clone()));
        assert_eq!(
            browser.of(&slider, "element.getAttribute('aria-valuetext')"),
            format!("ε {eps}")
        );
        assert!(eps > sizes[sizes.len() - 1], "{eps} after {sizes:?}");
        sizes.push(eps);
    }
    assert!(sizes.len() > 3, "{sizes:?}");
    browser.press(&slider, ARROW_LEFT);
    assert_eq!(pane(&browser, name).1, sizes[sizes.len() - 2]);
    let other = browser.one(&format!("{at} input[type=radio]:not(:checked)"));
    let wanted = browser.of(&other, "element.value").as_str().unwrap().to_owned();
    assert_ne!(wanted, attack);
    browser.click(&other);
    assert_eq!(
        pane(&browser, name),
        (wanted, sizes[sizes.len() - 2].clone()),
        "the size stays"
    );
}

#[test]
fn the_chosen_model_says_what_it_sees() {
    let folder = tempfile::tempdir().unwrap();
    let page = reproduction(folder.path());
    let Some(browser) = open(WIDE) else { return };
    browser.load(&page);
    let select = browser.one("#images [data-judge]");
    let guesses = || -> Vec<String> {
        let shown = "return [...document.querySelectorAll('#images .pane.on [data-guess]')].map((cell) => cell.querySelector('.guess').innerText)";
        serde_json::from_value(browser.run(shown, json!([]))).unwrap()
    };
    let choose = |value: &str| {
        browser.click(&browser.one(&format!("#images [data-judge] option[value='{value}']")));
        assert_eq!(browser.of(&select, "element.value"), value);
        guesses()
    };
    let own = guesses();
    // The images themselves belong to no model.
    let originals = own.iter().filter(|guess| guess.is_empty()).count();
    assert!(originals > 0 && originals < own.len() / 2, "{own:?}");
    let [first, second] = ["0", "4"].map(choose);
    assert!(first != own && second != first, "{own:?} {first:?} {second:?}");
    assert!(first.iter().all(|guess| guess.contains('%')), "{first:?}");
    assert_eq!(choose("own"), own);
}

#[test]
fn animations_wait_until_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let page = reproduction(folder.path());
    let Some(browser) = open(WIDE) else { return };
    browser.load(&page);
    let moving = || {
        let shown = "return [...document.querySelectorAll(\"img[src^='data:image/gif']\")].filter((image) => image.checkVisibility()).length";
        browser.run(shown, json!([])).as_u64().unwrap()
    };
    assert_eq!(moving(), 0);
    browser.click(&browser.one("#figure-11 details:has(img[src^='data:image/gif']) > summary"));
    assert!(moving() > 0);
}

/// What a reader sees of a map: its colors as they are drawn now, and whether it is there at all.
fn seen(browser: &Browser, map: &Element) -> (Value, bool) {
    (
        browser.of(map, "element.src"),
        browser.of(map, "element.checkVisibility()") == Value::Bool(true),
    )
}

#[test]
fn the_page_of_explanations_answers_its_reader() {
    let folder = tempfile::tempdir().unwrap();
    let page = fixture::explanations::several().write(folder.path()).remove(0);
    let Some(browser) = open(WIDE) else { return };
    browser.load(&page);
    asks_for_nothing(&browser, &page);
    themes(&browser);
    saves(&browser, folder.path());

    // A map of the second image: Grad-CAM says nothing of the first.
    let map = browser.one(".image-maps:nth-of-type(2) img.map");
    let of_other_model = browser.one(".image-maps:nth-of-type(2) [data-of-model='1'] img.map");
    let look = |value: &str| {
        browser.click(&browser.one(&format!("input[name=map-look][value={value}]")));
        seen(&browser, &map).0
    };
    let signed = seen(&browser, &map).0;
    let (size, over) = (look("size"), look("over"));
    assert!(signed != size && size != over && over != signed);
    // The value is that of the fixture, to half of a 127th of the greatest, whatever the map looks like.
    let range = browser.of(&map, "element.closest('.of-model').querySelector('.range').textContent");
    browser.press(&map, ARROW_RIGHT);
    let (side, scale) = (12, browser.of(&map, "Number(element.dataset.scale)").as_f64().unwrap());
    let (row, column) = (side / 2, side / 2 + 1);
    let box_of_maps = browser.one(".maps > .values");
    let shown = browser.text(&box_of_maps);
    assert!(
        shown.contains(&format!("row {row}, column {column}")) && shown.contains("gradient on normal"),
        "{shown}"
    );
    let read = "Number(element.closest('.of-model').querySelector('.range').textContent.replace('−', '-'))";
    for (map, model) in [(&map, 0), (&of_other_model, 1)] {
        let value = f64::from(fixture::explanations::value(model, "gradient", 1, row * side + column));
        let read = browser.of(map, read).as_f64().unwrap();
        assert!((read - value).abs() <= scale / 127.0, "{read} {value}");
    }
    assert_eq!(browser.all(".here").len(), 3 * 2, "one mark in each map of the image");
    browser.press(&map, ESCAPE);
    assert_eq!(browser.all(".here").len(), 0);
    assert_eq!(
        browser.of(&map, "element.closest('.of-model').querySelector('.range').textContent"),
        range
    );
    browser.point_at(&map);
    browser.until("the pointer shows values", || {
        browser.of(&box_of_maps, "!element.hidden") == Value::Bool(true)
    });
    browser.point_at(&browser.one("h1"));
    browser.until("they are gone with it", || {
        browser.of(&box_of_maps, "element.hidden") == Value::Bool(true)
    });

    let model = |value: &str| {
        browser.click(&browser.one(&format!("input[name=map-model][value='{value}']")));
        (seen(&browser, &map).1, seen(&browser, &of_other_model).1)
    };
    assert_eq!(
        [model("1"), model("0"), model("all")],
        [(false, true), (true, false), (true, true)]
    );
    assert_eq!(look("signed"), signed);
    assert_eq!(browser.console(), Vec::<String>::new(), "after all of this");
    drop(browser);
    let Some(browser) = open(NARROW) else { return };
    browser.load(&page);
    fits(&browser);
}
