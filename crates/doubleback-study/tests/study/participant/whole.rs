//! A participation from consent to thanks.

use std::collections::BTreeSet;

use doubleback_study::answer::Choice;
use doubleback_study::store::export;

use super::browser::{Browser, Page};
use crate::server::Server;

/// Agrees, reads and practises: at the first image.
pub fn begun(browser: &mut Browser) -> Page {
    let consent = browser.get("/");
    let mut page = browser.send(&consent, &[("agree", "yes")]);
    assert_eq!(page.path, "/instructions");
    page = browser.send(&page, &[]);
    while page.path.starts_with("/practice/") {
        let image = browser.raw(page.one("img").value().attr("src").unwrap());
        assert_eq!(
            (
                image.status().as_u16(),
                image.headers()["content-type"].to_str().unwrap()
            ),
            (200, "image/png")
        );
        page = browser.send(&page, &[("first", "1"), ("second", "na")]);
    }
    assert_eq!((page.path.as_str(), page.status), ("/item/1", 200));
    page
}

/// Labels all images from this page on: at the page after the last.
pub fn labelled(browser: &mut Browser, mut page: Page) -> Page {
    while page.path.starts_with("/item/") {
        page = browser.send(&page, &[("first", "2"), ("second", "7")]);
    }
    page
}

#[test]
fn from_consent_to_thanks() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let mut page = begun(&mut browser);
    let mut lengths = BTreeSet::new();
    let mut headers = BTreeSet::new();
    let mut position = 0;
    while page.path.starts_with("/item/") {
        position += 1;
        assert_eq!(page.path, format!("/item/{position}"));
        assert!(page.text().contains(&format!("Image {position} of {}", server.items())));
        assert_eq!(
            page.one("progress").value().attr("value"),
            Some((position - 1).to_string().as_str())
        );
        let image = page.one("img").value();
        assert_eq!(
            (image.attr("src"), image.attr("alt")),
            (Some(format!("/image/{position}").as_str()), Some("The image to label"))
        );
        let mut response = browser.raw(image.attr("src").unwrap());
        let names = response.headers().iter().filter(|(name, _)| *name != "date");
        headers.insert(
            names
                .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
                .collect::<Vec<_>>(),
        );
        lengths.insert(response.body_mut().read_to_vec().unwrap().len());
        let first = (position % 10).to_string();
        page = browser.send(&page, &[("first", &first), ("second", "na")]);
    }
    assert_eq!(position, server.items());
    assert_eq!(
        (lengths.len(), headers.len()),
        (1, 1),
        "images differ in {lengths:?} or {headers:?}"
    );

    assert_eq!(page.path, "/compare");
    assert_eq!(page.all("table").len(), 3);
    let comment = "Matrix B – <b>odd</b>\nsecond line";
    page = browser.send(&page, &[("comment", comment), ("preferred", "1")]);
    assert_eq!(page.path, "/thanks");
    // Whatever they open now, they are done.
    for path in ["/", "/item/3", "/practice/1", "/compare", "/instructions"] {
        assert_eq!(browser.get(path).path, "/thanks");
    }

    let path = server.path().to_owned();
    let gathered = export(&path).unwrap();
    assert_eq!(gathered.responses.len(), server.items());
    for response in &gathered.responses {
        assert_eq!(response.answer.first(), Choice::Label(response.position % 10));
        assert_eq!((response.answer.second(), response.changes), (Choice::NotApplicable, 0));
    }
    let candidates = gathered
        .responses
        .iter()
        .map(|response| &server.manifest().candidates[response.candidate]);
    let cells: BTreeSet<_> = candidates
        .map(|candidate| (candidate.model, candidate.original))
        .collect();
    assert_eq!(cells.len(), server.items());
    let comparison = &gathered.comparisons[0].comparison;
    assert_eq!(comparison.comment, comment);
    assert!(comparison.preferred.is_some_and(|model| model < 3));
}

#[test]
fn two_who_take_part_have_orders_of_their_own_and_do_not_see_each_other() {
    let server = Server::start();
    let (mut one, mut other) = (Browser::new(server.address), Browser::new(server.address));
    begun(&mut one);
    let page = begun(&mut other);
    let page = other.send(&page, &[("first", "4"), ("second", "5")]);
    assert_eq!(page.path, "/item/2");
    // The other's second image is not there for the one who is at the first.
    assert_eq!(one.raw("/image/2").status(), 404);
    assert_eq!(one.get("/item/2").path, "/item/1");
    assert_eq!(one.get("/item/1").chosen(), []);
    assert_eq!(export(server.path()).unwrap().responses.len(), 1);
}

#[test]
fn who_withdraws_leaves_nothing() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = begun(&mut browser);
    browser.send(&page, &[("first", "4"), ("second", "5")]);
    let old = browser.cookies.clone();
    let page = browser.get("/withdraw");
    assert_eq!(
        export(server.path()).unwrap().responses.len(),
        1,
        "asking deletes nothing"
    );
    let page = browser.send(&page, &[]);
    assert_eq!((page.path.as_str(), page.status), ("/withdrawn", 200));
    assert!(!browser.cookies.contains_key("study_session"));
    let gathered = export(server.path()).unwrap();
    assert_eq!((gathered.responses.len(), gathered.participants.len()), (0, 0));
    browser.cookies = old;
    assert_eq!(browser.get("/item/1").path, "/");
}

#[test]
fn a_shared_device_is_left_to_the_next() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = begun(&mut browser);
    let page = labelled(&mut browser, page);
    let page = browser.send(&page, &[]);
    assert_eq!(page.path, "/thanks");
    let page = browser.send(&page, &[]);
    assert!(page.text().contains("You have left the study"));
    begun(&mut browser);
    assert_eq!(export(server.path()).unwrap().participants.len(), 2);
}
