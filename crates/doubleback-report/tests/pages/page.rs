//! The page is well-formed, self-contained and honest about what is missing.

use crate::fixture;

use std::collections::{BTreeMap, HashSet};

use doubleback_experiments::reproduce::{Pictures, Results};
use doubleback_report::{Published, reproduction_html};
use scraper::{Html, Selector};

fn page(results: &Results, pictures: &Pictures, published: Option<&Published>) -> String {
    reproduction_html(results, pictures, published)
}

fn whole(dataset: &str) -> String {
    page(
        &fixture::full_results(dataset),
        &fixture::full_pictures(),
        Published::for_dataset(dataset).as_ref(),
    )
}

fn no_pictures() -> Pictures {
    Pictures {
        shape: [1, 28, 28],
        bounds: [0.0, 1.0],
        images: Vec::new(),
        lambda_gradients: Vec::new(),
        grids: Vec::new(),
    }
}

/// A run that stopped before anything was measured.
fn nothing() -> Results {
    let mut results = fixture::results("mnist");
    results.models.clear();
    results.training.clear();
    results.clean_accuracy.clear();
    results.clean.clear();
    results.transfer.clear();
    results.by_class.clear();
    results.masking.clear();
    results.margin_check.clear();
    results.gradients.clear();
    results.log_probabilities.clear();
    results.curves.clear();
    results.claims.clear();
    results.published_perturbations.clear();
    results.data.checksums.clear();
    results.seconds = doubleback_experiments::reproduce::Seconds::default();
    results
}

/// The parts of a page that a reader sees or that a browser acts on: all but scripts, styles and the bytes of pictures.
fn visible(html: &str) -> String {
    let page = Html::parse_document(html);
    let hidden = Selector::parse("script, style").expect("a selector");
    let text = page
        .select(&hidden)
        .fold(html.to_owned(), |text, element| text.replace(&element.html(), ""));
    let mut parts = text.split("base64,");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        text + part.split_once('"').map_or("", |(_, rest)| rest)
    })
}

fn select<'a>(page: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    page.select(&Selector::parse(selector).expect("a selector")).collect()
}

#[test]
fn every_page_is_well_formed() {
    let with_nan = broken_numbers();
    for html in [
        whole("mnist"),
        whole("mnist-mini"),
        page(&nothing(), &no_pictures(), None),
        page(
            &with_nan,
            &fixture::full_pictures(),
            Published::for_dataset("mnist").as_ref(),
        ),
    ] {
        let page = Html::parse_document(&html);
        assert_eq!(page.errors, Vec::<String>::new());
        let ids: Vec<&str> = select(&page, "[id]")
            .iter()
            .filter_map(|element| element.attr("id"))
            .collect();
        assert_eq!(
            ids.len(),
            ids.iter().collect::<HashSet<_>>().len(),
            "an id stands twice"
        );
        for link in select(&page, "[href]") {
            let target = link
                .attr("href")
                .unwrap()
                .strip_prefix('#')
                .expect("links stay in the page");
            assert!(ids.contains(&target), "no element #{target}");
        }
    }
}

#[test]
fn nothing_is_fetched() {
    let html = whole("mnist");
    assert!(!html.contains("http://") && !html.contains("https://"));
    assert!(!html.contains("@import") && !html.contains("url("));
    let page = Html::parse_document(&html);
    for element in select(&page, "[src], [srcset], [data], [poster], [action]") {
        let source = element.attr("src").unwrap();
        let kinds = ["data:image/png;base64,", "data:image/gif;base64,"];
        assert!(kinds.iter().any(|kind| source.starts_with(kind)));
    }
    assert!(select(&page, "link, iframe, object, embed, base").is_empty());
}

#[test]
fn each_section_is_drawn() {
    let html = whole("mnist");
    let page = Html::parse_document(&html);
    assert_eq!(select(&page, "section").len(), 20);
    assert!(select(&page, ".missing").is_empty());
    let charts = [
        ("FGSM: one for each of the five models whose examples they are", 5),
        (
            "Both defenses: one for each of the four models whose examples they are",
            4,
        ),
        ("TGSM: one for each of the five models whose examples they are", 5),
        ("Gradient norms of both attacks, and log-probabilities", 3),
        ("JSMA: success, and values changed", 2),
        ("Saliency: maps alone", 0),
        ("Training by weight: six curves for each of two penalties", 12),
        ("Training by defense: six curves", 6),
        ("Accuracy by weight: one for each of two penalties", 2),
        ("Overlap: three models under two attacks", 6),
        ("Iterated TGSM: success, and size", 2),
    ];
    for (index, (what, charts)) in charts.into_iter().enumerate() {
        let figure = format!("#figure-{}", index + 1);
        assert_eq!(
            select(&page, &format!("{figure} svg.chart")).len(),
            charts,
            "{figure}. {what}"
        );
        assert_eq!(
            select(&page, &format!("{figure} .reading")).len(),
            1,
            "{figure}. {what}"
        );
    }
    assert_eq!(select(&page, "#figure-1 .white-box .line").len(), 5);
    assert_eq!(select(&page, "#heat-map .pane").len(), 16);
    assert_eq!(select(&page, "#heat-map .pane.on").len(), 1);
    assert_eq!(select(&page, "#images .pane.on img").len(), 60);
    assert_eq!(select(&page, "#figure-6 img").len(), 60);
    // Three images, each with seven weights and 0.
    assert_eq!(select(&page, "#figure-9 img").len(), 3 * 9);
    assert_eq!(select(&page, "#figure-5 img").len(), 5);
    assert_eq!(select(&page, "#claims .verdict").len(), 4);
    for chart in select(&page, "svg.chart") {
        assert_eq!(chart.attr("role"), Some("img"));
        assert!(chart.attr("aria-label").unwrap().len() > 20);
    }
}

#[test]
fn the_summary_says_the_main_result() {
    let html = whole("mnist");
    let page = Html::parse_document(&html);
    let lede: String = select(&page, ".lede")[0].text().collect();
    assert_eq!(
        lede.replace('\u{a0}', " "),
        "On FGSM examples crafted on the normal model at ε = 0.2, doubleback classifies 95.1 % [93.6, 96.3] correctly, \
         the normal model 31.1 % [28.3, 34.0]."
    );
}

#[test]
fn published_numbers_stand_beside_mnist_only() {
    let mnist = whole("mnist");
    assert!(mnist.contains("paper 27.7"), "FGSM on normal at 0.2");
    assert!(!select(&Html::parse_document(&mnist), "#figure-1 .series.paper[data-points]").is_empty());

    let mini = whole("mnist-mini");
    assert!(!mini.contains("paper 27.7"));
    let page = Html::parse_document(&mini);
    assert!(select(&page, "#figure-1 .series.paper[data-points]").is_empty());
    let note: String = select(&page, ".top p.note")[0].text().collect();
    assert!(note.starts_with("A small experiment."), "{note}");
}

#[test]
fn a_model_that_masks_its_gradients_is_named() {
    let html = whole("mnist");
    let page = Html::parse_document(&html);
    let notes: Vec<String> = select(&page, "#masking .note")
        .iter()
        .map(|note| note.text().collect())
        .collect();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("distilled masks its gradients."), "{notes:?}");
}

#[test]
fn an_empty_run_says_what_is_missing() {
    let html = page(&nothing(), &no_pictures(), None);
    let page = Html::parse_document(&html);
    assert!(select(&page, "svg.chart").is_empty());
    for section in select(&page, "section") {
        let missing = section.select(&Selector::parse(".missing").unwrap()).next();
        assert!(missing.is_some(), "{}", section.attr("id").unwrap());
    }
}

/// No number that a figure draws is one.
fn broken_numbers() -> Results {
    let mut results = fixture::full_results("mnist");
    results.seeds.pop();
    results.seeds[1].transfer.clear();
    for point in &mut results.lambdas {
        (point.test.accuracy, point.validation_accuracy) = (f64::NAN, f64::INFINITY);
        point.black_box.clear();
    }
    results.lambdas[2].lambda = f64::NAN;
    results.lambdas[3].curve.clear();
    results.overlaps[0].count = 0;
    results.overlaps[1].regions[2] = usize::MAX;
    for one in results.targeted.iter_mut().step_by(2) {
        (one.success, one.mean_changed, one.mean_l2) = (f64::NAN, f64::NAN, f64::INFINITY);
        one.by_class[0][1] = Some(f64::NAN);
    }
    for cell in results.transfer.iter_mut().step_by(2) {
        (cell.accuracy, cell.low, cell.high) = (f64::NAN, f64::NAN, f64::INFINITY);
    }
    for clean in &mut results.clean {
        (clean.accuracy, clean.low) = (f64::INFINITY, f64::NAN);
    }
    for gradient in &mut results.gradients {
        gradient.norm.quantiles = [f64::NAN; 5];
        gradient.norm.log10.high = f64::NAN;
        gradient.roughness = Some(f64::NAN);
    }
    for point in results.curves.values_mut().flatten() {
        (point.loss, point.cross_entropy, point.gradient_norm) = (f64::NAN, f64::INFINITY, Some(0.0));
        point.validation_accuracy = None;
    }
    for check in &mut results.margin_check {
        check.margin_accuracy = f64::NAN;
    }
    for probability in &mut results.log_probabilities {
        probability.negative_log.log10.counts.clear();
        probability.negative_log.count = 0;
    }
    results.seconds.step.insert("normal".to_owned(), 0.0);
    results.seconds.total = f64::NAN;
    results.data.bounds = [f32::NAN, 0.0];
    results
}

#[test]
fn what_is_no_number_is_not_shown() {
    let mut pictures = fixture::full_pictures();
    pictures.lambda_gradients[0].gradients.clear();
    pictures.lambda_gradients[1].lambda = f64::NAN;
    pictures.grids[0].cells.pop();
    pictures.grids[1].cells[3].pixels.clear();
    pictures.grids[5].cells[1].frames.truncate(2);
    pictures.images[0].pixels.truncate(5);
    pictures.images[1].perturbed[0].pixels[3] = f32::NAN;
    pictures.images[2].saliency[0].values.clear();
    let html = visible(&page(
        &broken_numbers(),
        &pictures,
        Published::for_dataset("mnist").as_ref(),
    ));
    for word in ["NaN", "inf ", "inf%", ">inf", "\"inf"] {
        let place = html.find(word).map(|at| &html[at.saturating_sub(200)..at + word.len()]);
        assert_eq!(place, None, "{word}");
    }
}

#[test]
fn a_missing_model_leaves_the_rest() {
    let mut results = fixture::results("mnist");
    results
        .transfer
        .retain(|cell| cell.crafted_on != "advtrain" && cell.evaluated_on != "advtrain");
    results.clean.retain(|clean| clean.model != "advtrain");
    results.training.remove("advtrain");
    results.curves.remove("advtrain");
    let html = page(&results, &fixture::pictures(), None);
    let page = Html::parse_document(&html);
    assert_eq!(select(&page, "#figure-1 svg.chart").len(), 4);
    assert_eq!(select(&page, "#figure-3 svg.chart").len(), 4);
    assert_eq!(select(&page, "#clean tbody tr").len(), 5);
}

#[test]
fn names_are_escaped() {
    let evil = "<script>alert(1)</script>\"&";
    let mut results = fixture::results("mnist");
    results.dataset = evil.to_owned();
    results.models[0] = evil.to_owned();
    results.claims[0].measured = evil.to_owned();
    results.data.classes[0] = evil.to_owned();
    results.data.checksums = BTreeMap::from([(evil.to_owned(), evil.to_owned())]);
    for cell in &mut results.transfer {
        if cell.crafted_on == "normal" {
            cell.crafted_on = evil.to_owned();
        }
    }
    let html = page(&results, &fixture::pictures(), None);
    assert!(!html.contains("<script>alert"));
    assert_eq!(Html::parse_document(&html).errors, Vec::<String>::new());
}

#[test]
fn the_page_holds_its_results() {
    let results = fixture::results("mnist-mini");
    let html = page(&results, &no_pictures(), None);
    let page = Html::parse_document(&html);
    let json: String = select(&page, "script#results")[0].text().collect();
    assert_eq!(serde_json::from_str::<Results>(&json).unwrap(), results);
}

#[test]
fn color_images_are_drawn() {
    let mut pictures = fixture::pictures();
    pictures.shape = [3, 28, 28];
    for picture in &mut pictures.images {
        picture.pixels = picture.pixels.repeat(3);
        picture
            .saliency
            .iter_mut()
            .for_each(|map| map.values = map.values.repeat(3));
        picture
            .perturbed
            .iter_mut()
            .for_each(|perturbed| perturbed.pixels = perturbed.pixels.repeat(3));
    }
    let html = page(&fixture::results("mnist"), &pictures, None);
    let page = Html::parse_document(&html);
    assert_eq!(select(&page, "#figure-6 img").len(), 60);
    assert!(
        select(&page, "#figure-6 figcaption")[0]
            .text()
            .collect::<String>()
            .contains("3 channels are added up")
    );
}

#[test]
fn what_a_smaller_run_lacks_is_named() {
    let html = page(&fixture::results("mnist-mini"), &fixture::pictures(), None);
    let page = Html::parse_document(&html);
    for number in [2, 5, 7, 9, 10, 11] {
        assert_eq!(
            select(&page, &format!("#figure-{number} .missing")).len(),
            1,
            "Figure {number}"
        );
    }
    assert_eq!(
        select(&page, ".missing").len(),
        7,
        "these and the authors' own perturbations"
    );
}

#[test]
fn several_seeds_show_their_spread() {
    let mut results = fixture::full_results("mnist-mini");
    for (seed, accuracy) in results.seeds.iter_mut().zip([0.2, 0.3, 0.7]) {
        for cell in &mut seed.transfer {
            cell.accuracy = accuracy;
        }
    }
    let html = page(&results, &no_pictures(), None);
    let page = Html::parse_document(&html);
    let text = |selector: &str| {
        select(&page, selector)
            .iter()
            .flat_map(|element| element.text())
            .collect::<String>()
            .replace('\u{a0}', " ")
    };
    assert!(text("#figure-1 figcaption").contains("means over 3 seeds"));
    assert!(
        text("#figure-1 tbody td").contains("40.0[20.0, 70.0]"),
        "mean, least and greatest"
    );
    assert!(text("#claims").contains("Over 3 seeds it holds in 2, is undecided in 1."));
    assert!(text("#clean").contains("the least and the greatest of 3"));
}

#[test]
fn notes_on_the_data_stand_at_the_top() {
    let html = whole("mnist");
    let page = Html::parse_document(&html);
    let note: String = select(&page, ".top .note")[0].text().collect();
    assert_eq!(note, "mnist: A made-up run: no image was looked at.");
}

#[test]
fn nothing_moves_before_it_is_asked_to() {
    let html = whole("mnist");
    let page = Html::parse_document(&html);
    assert_eq!(select(&page, "#figure-11 img.still").len(), 5);
    assert_eq!(select(&page, "img[src^='data:image/gif']").len(), 5);
    assert_eq!(
        select(&page, "#figure-11 details:not([open]) img[src^='data:image/gif']").len(),
        5
    );
}

#[test]
fn the_page_stays_small() {
    // Animations of noise are the worst case.
    let mut pictures = fixture::full_pictures();
    let mut state = 1_u32;
    for frame in pictures
        .grids
        .iter_mut()
        .flat_map(|grid| &mut grid.cells)
        .flat_map(|cell| &mut cell.frames)
    {
        for byte in &mut frame.bytes {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (state >> 24) as u8;
        }
    }
    let html = page(&fixture::full_results("mnist"), &pictures, None);
    assert!(html.len() < 6_000_000, "{} bytes", html.len());
    let page = Html::parse_document(&html);
    assert!(!select(&page, "#figure-11 img[src^='data:image/gif']").is_empty());
}

#[test]
fn the_models_that_the_rule_excludes_are_marked() {
    let html = whole("mnist-mini");
    let page = Html::parse_document(&html);
    // Clean, black-box and white-box of the one selected, and of the one excluded, for each of two penalties.
    assert_eq!(select(&page, "#figure-9 .ring").len(), 6);
    assert_eq!(select(&page, "#figure-9 .mark.hollow").len(), 6);
    assert_eq!(select(&page, "#figure-9 path.rule").len(), 2);
}

#[test]
fn all_of_the_papers_data_sets_have_its_numbers_in_their_own_units() {
    for (dataset, bounds, unit) in [
        ("mnist", [0.0, 1.0], "ε (pixel values 0 to 1)"),
        ("notmnist", [-0.5, 0.5], "ε (pixel values −0.5 to 0.5)"),
        ("svhn", [-4.0, 5.0], "ε (standard deviations of an image)"),
    ] {
        let mut results = fixture::full_results(dataset);
        results.data.bounds = bounds;
        results.data.preparation = (dataset == "svhn").then(|| "global contrast normalization".to_owned());
        let html = page(&results, &no_pictures(), Published::for_dataset(dataset).as_ref());
        let page = Html::parse_document(&html);
        for figure in ["figure-1", "figure-3"] {
            // Of each of the 25 pairs of the paper's models.
            let curves = select(&page, &format!("#{figure} .series.paper[data-points]"));
            assert_eq!(curves.len(), 25, "{dataset}, {figure}");
        }
        assert!(!select(&page, "#figure-4 .series.paper").is_empty(), "{dataset}");
        let axis: String = select(&page, "#figure-1 text.axis")[0].text().collect();
        assert_eq!(axis, unit);
    }
}
