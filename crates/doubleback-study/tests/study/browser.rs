//! The whole study in a real Chromium: on a phone and on a laptop, with and without scripts, and by keyboard alone.

mod barriers;
mod hand;
mod look;

use std::net::SocketAddr;

use doubleback_study::assignment::Assignment;
use doubleback_study::store::export;
use doubleback_test_browser::{Browser, ENTER, Options, Screen};
use tempfile::TempDir;

use crate::person::Person;
use crate::server::Server;
use hand::Hand;
use look::Look;

const PHONE: Screen = Screen {
    size: [390, 844],
    scale: 2.0,
    mobile: true,
};
const LAPTOP: Screen = Screen {
    size: [1280, 800],
    scale: 1.0,
    mobile: false,
};

/// How somebody takes part.
#[derive(Clone, Copy)]
struct Way {
    /// In the names of screenshots.
    name: &'static str,
    screen: Screen,
    javascript: bool,
    hand: Hand,
}

impl Way {
    /// A window on this profile.
    fn open(&self, profile: &TempDir) -> Option<Browser> {
        let options = Options::new("the study in a browser").profile(profile.path());
        let options = if self.javascript {
            options
        } else {
            options.without_javascript()
        };
        let browser = Browser::open([1280, 900], options)?;
        browser.screen(self.screen);
        Some(browser)
    }
}

fn path(browser: &Browser, address: SocketAddr) -> String {
    let url = browser.url();
    url.strip_prefix(&format!("http://{address}"))
        .unwrap_or_else(|| panic!("went to {url}"))
        .to_owned()
}

/// From consent to thanks. At the fourth image back to the third, whose answer is changed; after the sixth the browser is closed and opened.
fn takes_part(way: Way) {
    let server = Server::start();
    let profile = tempfile::tempdir().unwrap();
    let Some(mut browser) = way.open(&profile) else { return };
    // Whose answers they are: all ways' differ.
    let person = Person::new(server.address, way.name.len() as u64, server.manifest().classes.len());
    let look = Look::new(&way, server.address);
    let (hand, start) = (way.hand, format!("http://{}/", server.address));
    browser.visit(&start);
    let (mut went_back, mut resumed) = (false, false);
    let mut steps = 0;
    loop {
        let page = path(&browser, server.address);
        look.at(&browser, &page);
        steps += 1;
        assert!(steps < 60, "does not come to an end: at {page}");
        let (kind, position) = page[1..].split_once('/').unwrap_or((&page[1..], "0"));
        let position: usize = position.parse().unwrap();
        match (kind, position) {
            ("thanks", _) => break,
            ("item", 4) if !went_back => {
                went_back = true;
                hand.back(&browser);
                assert_eq!(path(&browser, server.address), "/item/3");
                let [first, _] = person.fields(3);
                let kept = browser.one(&format!("#first-{first}"));
                assert_eq!(browser.of(&kept, "element.checked"), true, "what was answered is there");
                let others = changed(&first);
                hand.label(&browser, &others);
            }
            ("item", 7) if !resumed => {
                resumed = true;
                drop(browser);
                browser = way.open(&profile).unwrap();
                browser.visit(&start);
                assert_eq!(
                    path(&browser, server.address),
                    "/item/7",
                    "it goes on where it was left"
                );
            }
            ("item" | "practice", _) => hand.label(&browser, &person.fields(position)),
            ("compare", _) => hand.compare(&browser, "Ümläuts & <tags> stay."),
            ("", _) => hand.agree(&browser),
            ("instructions", _) => hand.submit(&browser),
            _ => panic!("nobody knows {page}"),
        }
    }
    assert!(went_back && resumed);
    check(&server, &person);
    if way.javascript {
        look.barriers();
    }
}

/// Another answer than one whose first choice is this.
fn changed(first: &str) -> [String; 2] {
    let first = if first == "5" { "6" } else { "5" };
    [first.to_owned(), "na".to_owned()]
}

/// Checks that what was pressed is what is stored.
fn check(server: &Server, person: &Person) {
    let export = export(server.path()).unwrap();
    assert_eq!(export.participants.len(), 1);
    assert_eq!(export.responses.len(), server.items());
    for response in &export.responses {
        let position = response.position;
        if position == 3 {
            let [first, second] = changed(&person.fields(3)[0]);
            assert_eq!(
                serde_json::to_value(response.answer).unwrap(),
                serde_json::json!({"first": {"label": first.parse::<usize>().unwrap()}, "second": "not-applicable"})
            );
            assert_eq!((response.changes, second.as_str()), (1, "na"));
        } else {
            assert_eq!(
                (response.answer, response.changes),
                (person.answer(position), 0),
                "position {position}"
            );
        }
    }
    let comparison = format!("{:?}", export.comparisons);
    assert!(comparison.contains("Ümläuts & <tags> stay."), "{comparison}");
    let manifest = server.manifest();
    let second = Assignment::matrices(manifest.seed, manifest.confusion.len(), 1)[1];
    assert_eq!(
        export.comparisons[0].comparison.preferred,
        Some(manifest.confusion[second].model)
    );
}

#[test]
fn on_a_phone() {
    takes_part(Way {
        name: "phone",
        screen: PHONE,
        javascript: true,
        hand: Hand::Pointer,
    });
}

#[test]
fn on_a_phone_without_scripts() {
    takes_part(Way {
        name: "phone-without-scripts",
        screen: PHONE,
        javascript: false,
        hand: Hand::Pointer,
    });
}

#[test]
fn on_a_laptop() {
    takes_part(Way {
        name: "laptop",
        screen: LAPTOP,
        javascript: true,
        hand: Hand::Pointer,
    });
}

#[test]
fn on_a_laptop_without_scripts() {
    takes_part(Way {
        name: "laptop-without-scripts",
        screen: LAPTOP,
        javascript: false,
        hand: Hand::Pointer,
    });
}

#[test]
fn by_keyboard_alone() {
    takes_part(Way {
        name: "keyboard",
        screen: LAPTOP,
        javascript: true,
        hand: Hand::Keyboard,
    });
}

#[test]
fn by_keyboard_alone_without_scripts() {
    takes_part(Way {
        name: "keyboard-without-scripts",
        screen: LAPTOP,
        javascript: false,
        hand: Hand::Keyboard,
    });
}

#[test]
fn by_digit_keys() {
    takes_part(Way {
        name: "digit-keys",
        screen: LAPTOP,
        javascript: true,
        hand: Hand::Digits,
    });
}

#[test]
fn the_researchers_pages_fit_and_have_no_barriers() {
    let server = Server::start();
    let options = Options::new("the researcher's pages in a browser");
    let Some(browser) = Browser::open([1280, 900], options) else {
        return;
    };
    let start = format!("http://{}", server.researcher);
    browser.visit(&start);
    assert_eq!(path(&browser, server.researcher), "/login");
    for (page, screen) in ["/login", "/", "/links", "/enrolment", "/retention", "/participants"]
        .into_iter()
        .flat_map(|page| [(page, LAPTOP), (page, PHONE)])
    {
        if page == "/" && path(&browser, server.researcher) == "/login" {
            browser.press(&browser.one("#token"), &server.admin_token);
            browser.press(&browser.one("#token"), ENTER);
            browser.until("the researcher is let in", || path(&browser, server.researcher) == "/");
        }
        browser.visit(&format!("{start}{page}"));
        browser.screen(screen);
        let name = format!("researcher{}-{}", page.replace('/', "-"), screen.size[0]);
        look::fits(&browser, &name, screen);
        look::picture(&browser, &name);
        // Chromium recommends a name of a user beside a password, which a token has not.
        let said = browser.console();
        let said: Vec<_> = said
            .iter()
            .filter(|line| !line.contains("\"recommendation\""))
            .collect();
        assert!(said.is_empty(), "{page}: {said:?}");
        assert_eq!(barriers::serious(&browser), Vec::<String>::new(), "{page}");
    }
}
