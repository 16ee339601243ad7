//! What people do: point, press keys.

use doubleback_test_browser::{ARROW_DOWN, BACKSPACE, Browser, ENTER, Element, SPACE, TAB};

#[derive(Clone, Copy, PartialEq)]
pub enum Hand {
    /// A mouse or a finger.
    Pointer,
    /// Tab, arrows, Space and Enter.
    Keyboard,
    /// Keys that choose labels, which need scripts; besides them, as [`Hand::Keyboard`].
    Digits,
}

impl Hand {
    /// Agrees to take part.
    pub fn agree(self, browser: &Browser) {
        self.choose(browser, "agree", "yes");
        self.submit(browser);
    }

    /// Answers with a first and a second choice.
    pub fn label(self, browser: &Browser, choices: &[String; 2]) {
        match self {
            Self::Digits => {
                let [first, second] = choices
                    .each_ref()
                    .map(|choice| if choice == "na" { "n" } else { choice.as_str() });
                browser.keys(&[first, second]);
                leave(browser, || browser.keys(&[ENTER]));
            }
            _ => {
                let [first, second] = choices;
                self.choose(browser, "first", first);
                self.choose(browser, "second", second);
                self.submit(browser);
            }
        }
    }

    /// Comments on the matrices, and prefers the second.
    pub fn compare(self, browser: &Browser, comment: &str) {
        let field = browser.one("textarea[name=comment]");
        match self {
            Self::Pointer => browser.click(&field),
            Self::Keyboard | Self::Digits => tab_to(browser, "textarea[name=comment]"),
        }
        browser.press(&field, comment);
        self.choose(browser, "preferred", "1");
        self.submit(browser);
    }

    /// Sends the form.
    pub fn submit(self, browser: &Browser) {
        leave(browser, || match self {
            Self::Pointer => browser.click(&browser.one("#next")),
            Self::Keyboard | Self::Digits => {
                tab_to(browser, "#next");
                browser.keys(&[ENTER]);
            }
        });
    }

    /// Goes back to the page before.
    pub fn back(self, browser: &Browser) {
        leave(browser, || match self {
            Self::Pointer => browser.click(&browser.one("#back")),
            Self::Keyboard => {
                tab_to(browser, "#back");
                browser.keys(&[ENTER]);
            }
            Self::Digits => browser.keys(&[BACKSPACE]),
        });
    }

    /// Chooses a value of a group of radio buttons, or ticks a box.
    fn choose(self, browser: &Browser, name: &str, value: &str) {
        let wanted = format!("input[name={name}][value='{value}']");
        let input = browser.one(&wanted);
        if self == Self::Pointer {
            browser.click(&label(browser, &input));
        } else if browser.of(&input, "element.type") == "checkbox" {
            tab_to(browser, &wanted);
            browser.keys(&[SPACE]);
        } else {
            tab_to(browser, &format!("input[name={name}]"));
            browser.keys(&[SPACE]);
            // Arrows go round, past what cannot be chosen.
            for _ in 0..browser.all(&format!("input[name={name}]")).len() {
                if browser.of(&input, "element.checked") == true {
                    break;
                }
                browser.keys(&[ARROW_DOWN]);
            }
        }
        assert_eq!(browser.of(&input, "element.checked"), true, "{name} {value} is chosen");
    }
}

/// The label of an input, which is what people press.
fn label(browser: &Browser, input: &Element) -> Element {
    let id = browser.of(input, "element.id");
    let labels = browser.all(&format!("label[for='{}']", id.as_str().unwrap()));
    labels.into_iter().next().unwrap_or_else(|| panic!("{id} has no label"))
}

/// Tabs until what a selector finds has the focus.
fn tab_to(browser: &Browser, selector: &str) {
    for _ in 0..60 {
        let focused = browser.focused();
        if browser.of(&focused, &format!("element.matches(\"{selector}\")")) == true {
            has_visible_focus(browser, &focused);
            return;
        }
        browser.keys(&[TAB]);
    }
    panic!("no tab leads to {selector} at {}", browser.url());
}

/// Checks that people see what has the focus: by an outline of it, of its label or of what is around both.
fn has_visible_focus(browser: &Browser, element: &Element) {
    let outlined = "[element, ...(element.labels ?? []), element.parentElement].some((shown) => { const style = getComputedStyle(shown); \
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2; })";
    assert_eq!(
        browser.of(element, outlined),
        true,
        "no visible focus: {}",
        browser.of(element, "element.outerHTML")
    );
    let inside =
        "(() => { const box = element.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; })()";
    assert_eq!(browser.of(element, inside), true, "the focus is out of sight");
}

/// Does what leads to another page, and waits until it is there.
fn leave(browser: &Browser, go: impl FnOnce()) {
    let before = browser.url();
    go();
    browser.until(&format!("another page comes than {before}"), || {
        browser.url() != before && browser.run("return document.readyState", serde_json::json!([])) == "complete"
    });
}
