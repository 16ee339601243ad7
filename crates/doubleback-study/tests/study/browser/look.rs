//! What each page looks like: it fits, it asks for nothing from elsewhere, the browser has nothing to complain of; a picture of it is kept.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use doubleback_test_browser::{Browser, Screen};
use serde_json::json;

use super::barriers;

/// A window of 1280 by 800 at a zoom of 200 %, and of 400 % (WCAG 2.2, 1.4.10: no scrolling in two dimensions at a width of 320).
const ZOOMS: [Screen; 2] = [
    Screen {
        size: [640, 400],
        scale: 2.0,
        mobile: false,
    },
    Screen {
        size: [320, 256],
        scale: 4.0,
        mobile: false,
    },
];

pub struct Look {
    way: &'static str,
    address: SocketAddr,
    screen: Screen,
    javascript: bool,
    seen: RefCell<BTreeSet<String>>,
    /// By kind of page, what keeps people out.
    barriers: RefCell<BTreeMap<String, Vec<String>>>,
}

impl Look {
    pub fn new(way: &super::Way, address: SocketAddr) -> Self {
        let super::Way {
            name,
            screen,
            javascript,
            ..
        } = *way;
        Self {
            way: name,
            address,
            screen,
            javascript,
            seen: RefCell::default(),
            barriers: RefCell::default(),
        }
    }

    /// Looks at a page; closely if it is the first of its kind.
    pub fn at(&self, browser: &Browser, page: &str) {
        assert_eq!(browser.console(), Vec::<String>::new(), "{page}: the console");
        let own = format!("http://{}/", self.address);
        let asked = browser.requests();
        assert!(asked.iter().any(|url| url.starts_with(&own)), "{page}: {asked:?}");
        let others: Vec<_> = asked.iter().filter(|url| !url.starts_with(&own)).collect();
        assert!(others.is_empty(), "{page} asks for {others:?}");
        fits(browser, page, self.screen);
        let kind = page[1..].split('/').next().unwrap().to_owned();
        if !self.seen.borrow_mut().insert(kind.clone()) {
            return;
        }
        let kind = if kind.is_empty() { "consent".to_owned() } else { kind };
        picture(browser, &format!("{}-{kind}", self.way));
        if page.contains('/') && !browser.all("img").is_empty() {
            shows_the_image(browser, page);
        }
        for zoom in ZOOMS {
            browser.screen(zoom);
            fits(browser, page, zoom);
            picture(browser, &format!("{}-{kind}-{}", self.way, zoom.size[0]));
        }
        browser.screen(self.screen);
        // It waits for the page's own events, which do not come where scripts are off.
        if self.javascript {
            self.barriers.borrow_mut().insert(kind, barriers::serious(browser));
        }
    }

    /// That no page had barriers.
    pub fn barriers(&self) {
        let barriers = self.barriers.borrow();
        assert!(barriers.values().all(Vec::is_empty), "{barriers:#?}");
        let kinds: Vec<&str> = barriers.keys().map(String::as_str).collect();
        assert_eq!(
            kinds,
            ["compare", "consent", "instructions", "item", "practice", "thanks"]
        );
    }
}

/// Checks that nothing scrolls sideways but tables within their own frames.
pub fn fits(browser: &Browser, page: &str, screen: Screen) {
    // On a phone, too wide a page widens the window that it is laid out for.
    let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]", json!([]));
    let width = screen.size[0];
    assert!(
        widths[0].as_u64() <= Some(width.into()) && widths[1] == width,
        "{page} scrolls sideways at {width}: {widths}"
    );
}

/// Keeps a picture of the page.
pub fn picture(browser: &Browser, name: &str) {
    let folder = screenshots();
    std::fs::create_dir_all(&folder).unwrap();
    browser.screenshot(&folder.join(format!("{name}.png")));
}

/// Where pictures of the pages are kept, for people to look at.
fn screenshots() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("study-screenshots")
}

/// Checks that the image is there, is large enough, keeps its pixels apart, and says nothing of itself.
fn shows_the_image(browser: &Browser, page: &str) {
    let image = browser.one("main img");
    let facts = "[element.complete && element.naturalWidth, element.getBoundingClientRect().width, getComputedStyle(element).imageRendering, element.alt]";
    let facts = browser.of(&image, facts);
    assert_eq!(facts[0], 28, "{page}");
    assert!(facts[1].as_f64().unwrap() >= 200.0, "{page}: {facts}");
    assert_eq!(facts[2], "pixelated", "{page}");
    assert_eq!(facts[3], "The image to label", "{page}");
    // Large enough for fingers (WCAG 2.2, 2.5.8: 24 pixels).
    let small = "return [...document.querySelectorAll('label, button, #next, #back')].map((target) => [target.innerText, target.getBoundingClientRect()])\
        .filter(([_, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([text]) => text)";
    assert_eq!(browser.run(small, json!([])), json!([]), "{page}: too small to press");
}
