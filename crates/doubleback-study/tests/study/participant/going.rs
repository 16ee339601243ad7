//! Forward, back, away and back again, twice, and wrongly.

use doubleback_study::answer::Choice;
use doubleback_study::store::{Store, export};

use super::browser::Browser;
use super::whole::{begun, labelled};
use crate::server::{Server, Study};

#[test]
fn a_closed_browser_goes_on_where_it_was() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = begun(&mut browser);
    let page = browser.send(&page, &[("first", "1"), ("second", "2")]);
    browser.send(&page, &[("first", "3"), ("second", "4")]);
    let mut opened = Browser::new(server.address);
    opened.cookies = browser.cookies.clone();
    let page = opened.get("/");
    assert_eq!(page.path, "/item/3");
    // What is not there yet leads to the same place.
    for path in ["/item/4", "/compare", "/thanks", "/practice/1"] {
        assert_eq!(opened.get(path).path, "/item/3");
    }
    assert_eq!(opened.get("/item/31").status, 404);
    let page = labelled(&mut opened, page);
    assert_eq!(page.path, "/compare");
    assert_eq!(export(server.path()).unwrap().responses.len(), server.items());
}

#[test]
fn going_back_changes_an_answer_until_the_images_are_done() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = begun(&mut browser);
    let page = browser.send(&page, &[("first", "1"), ("second", "2")]);
    assert_eq!(page.one("#back").value().attr("href"), Some("/item/1"));
    let page = browser.send(&page, &[("first", "na"), ("second", "na")]);
    assert_eq!(page.path, "/item/3");
    let page = browser.get("/item/1");
    assert_eq!(
        page.chosen(),
        [
            ("first".to_owned(), "1".to_owned()),
            ("second".to_owned(), "2".to_owned())
        ]
    );
    assert_eq!(page.one("#onward").value().attr("href"), Some("/item/3"));
    let page = browser.send(&page, &[("first", "5"), ("second", "6")]);
    assert_eq!(page.path, "/item/2");
    let page = browser.get("/item/3");
    let page = labelled(&mut browser, page);
    assert_eq!(page.path, "/compare");
    assert_eq!(browser.get("/item/1").path, "/compare");
    let gathered = export(server.path()).unwrap();
    assert_eq!(gathered.responses[0].answer.first(), Choice::Label(5));
    assert_eq!((gathered.responses[0].changes, gathered.responses[1].changes), (1, 0));
    assert_eq!(gathered.responses.len(), server.items());
}

#[test]
fn a_form_sent_twice_counts_once() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let consent = browser.get("/");
    let (action, agreed) = consent.filled(&[("agree", "yes")]);
    let visit = browser.cookies.clone();
    assert_eq!(browser.post(&action, &agreed).path, "/instructions");
    browser.cookies = visit;
    assert_eq!(browser.post(&action, &agreed).path, "/instructions");
    assert_eq!(export(server.path()).unwrap().participants.len(), 1);

    let page = browser.get("/");
    let mut page = browser.send(&page, &[]);
    while page.path != "/item/1" {
        page = browser.send(&page, &[("first", "1"), ("second", "na")]);
    }
    let (action, first) = page.filled(&[("first", "1"), ("second", "2")]);
    assert_eq!(browser.post(&action, &first).path, "/item/2");
    assert_eq!(browser.post(&action, &first).path, "/item/2");
    // The same form with something else is no change: that takes going back.
    let (_, other) = page.filled(&[("first", "3"), ("second", "2")]);
    assert_eq!(browser.post(&action, &other).status, 409);
    // A form is good for its image only.
    assert_eq!(browser.post("/item/2", &first).status, 403);
    let gathered = export(server.path()).unwrap();
    assert_eq!(gathered.responses.len(), 1);
    assert_eq!(gathered.responses[0].answer.first(), Choice::Label(1));
    assert_eq!(gathered.responses[0].changes, 0);
}

#[test]
fn what_is_no_answer_is_said_beside_its_question_and_what_was_chosen_stays() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = begun(&mut browser);
    /// Fields, the question that they are wrong for, and what is said.
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
    let cases: [Case; 4] = [
        (&[], "first", "Choose the most plausible label"),
        (&[("first", "4")], "second", "Choose the second most plausible label"),
        (
            &[("first", "4"), ("second", "4")],
            "second",
            "the same label as the first",
        ),
        (&[("first", "na"), ("second", "4")], "second", "no label is plausible"),
    ];
    for (filled, group, message) in cases {
        let page = browser.send(&page, filled);
        assert_eq!((page.status, page.path.as_str()), (422, "/item/1"));
        let alert = page.one("[role=alert]");
        assert!(alert.text().collect::<String>().contains(message), "{}", page.text());
        let described = page.one(&format!("#{group}-group")).value().attr("aria-describedby");
        assert_eq!(described, alert.value().attr("id"));
        let filled = filled.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(page.chosen(), filled.collect::<Vec<_>>());
        assert!(page.one("title").text().collect::<String>().starts_with("Error: "));
    }
    assert_eq!(export(server.path()).unwrap().responses.len(), 0);
    // That no label is plausible says enough.
    let page = browser.send(&page, &[("first", "na")]);
    assert_eq!(page.path, "/item/2");
    assert_eq!(
        export(server.path()).unwrap().responses[0].answer.second(),
        Choice::NotApplicable
    );
}

#[test]
fn nobody_takes_part_without_agreeing() {
    let server = Server::start();
    let mut browser = Browser::new(server.address);
    let page = browser.get("/");
    let page = browser.send(&page, &[]);
    assert_eq!(page.status, 422);
    assert!(
        page.one("[role=alert]")
            .text()
            .collect::<String>()
            .contains("tick that you agree")
    );
    for path in [
        "/instructions",
        "/practice/1",
        "/item/1",
        "/compare",
        "/thanks",
        "/withdraw",
        "/consent",
    ] {
        assert_eq!(browser.get(path).path, "/");
    }
    assert_eq!(browser.raw("/image/1").status(), 303);
    assert_eq!(export(server.path()).unwrap().participants.len(), 0);
}

#[test]
fn a_personal_link_goes_on_on_another_device_and_ends_the_first() {
    let study = Study::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let codes = runtime.block_on(async {
        let store = Store::open(study.path()).unwrap();
        let links = store.create_links(1).await.unwrap();
        store.close().await.unwrap();
        links
    });
    let join = format!("/join/{}", codes[0].1.text());
    let server = Server::of(study, |options| options.open_enrolment = None);
    let mut phone = Browser::new(server.address);
    assert!(
        phone.get("/").text().contains("personal link"),
        "nobody takes part without one"
    );
    let page = phone.get(&join);
    let page = phone.send(&page, &[("agree", "yes")]);
    assert_eq!(page.path, "/instructions");
    phone.send(&page, &[]);

    let mut laptop = Browser::new(server.address);
    let page = laptop.get(&join);
    assert!(page.text().contains("You have begun before"));
    assert_eq!(phone.get("/").path, "/practice/1", "opening the link changes nothing");
    assert_eq!(laptop.send(&page, &[]).path, "/practice/1");
    assert!(
        phone.get("/practice/1").text().contains("personal link"),
        "the first device's session has ended"
    );
    assert_eq!(export(server.path()).unwrap().participants.len(), 1);
    assert_eq!(laptop.get("/join/another").status, 404);
    assert_eq!(laptop.get(&format!("/join/{}", "x".repeat(1000))).status, 404);
}
