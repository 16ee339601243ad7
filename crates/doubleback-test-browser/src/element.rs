use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;

/// The protocol's name of the field that holds an element's id.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element of the page.
#[derive(Clone, Debug)]
pub struct Element(String);

impl Browser {
    /// The elements that a selector finds, in the order of the page.
    pub fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.post("elements", json!({"using": "css selector", "value": selector}));
        let ids = found.as_array().unwrap().iter();
        ids.map(|element| Element(element[ELEMENT].as_str().unwrap().to_owned()))
            .collect()
    }

    /// The first element that a selector finds.
    pub fn one(&self, selector: &str) -> Element {
        let first = self.all(selector).into_iter().next();
        first.unwrap_or_else(|| panic!("the page has no {selector}: {}", self.url()))
    }

    /// Presses an element with the pointer; an error if something lies over it.
    pub fn click(&self, element: &Element) {
        self.bring_in(element);
        self.post(&format!("element/{}/click", element.0), json!({}));
    }

    /// Scrolls until an element stands still in the middle of the window, clear of what sticks to its top: what comes into view may change its
    /// height and move the rest.
    pub fn bring_in(&self, element: &Element) {
        let place = || {
            self.of(
                element,
                "(element.scrollIntoView({block: 'center', behavior: 'instant'}), JSON.stringify(element.getBoundingClientRect()))",
            )
        };
        self.until("an element stands still", || {
            let before = place();
            std::thread::sleep(Duration::from_millis(50));
            place() == before
        });
    }

    /// Types into an element.
    pub fn press(&self, element: &Element, keys: &str) {
        self.post(&format!("element/{}/value", element.0), json!({"text": keys}));
    }

    /// Presses keys one after the other, wherever the page has its focus.
    pub fn keys(&self, keys: &[&str]) {
        let presses = keys.iter().flat_map(|key| {
            [
                json!({"type": "keyDown", "value": key}),
                json!({"type": "keyUp", "value": key}),
            ]
        });
        self.act("key", "keyboard", presses.collect());
    }

    /// Moves the pointer to the middle of an element.
    pub fn point_at(&self, element: &Element) {
        self.bring_in(element);
        let origin = json!({ ELEMENT: element.0 });
        let moves = json!({"type": "pointerMove", "duration": 0, "origin": origin, "x": 0, "y": 0});
        self.act("pointer", "mouse", vec![moves]);
    }

    fn act(&self, device: &str, id: &str, actions: Vec<Value>) {
        let device = json!({"type": device, "id": id, "actions": actions});
        self.post("actions", json!({ "actions": [device] }));
    }

    /// The element that has the focus: the page's body if no other has.
    pub fn focused(&self) -> Element {
        let found = self.get("element/active");
        Element(found[ELEMENT].as_str().unwrap().to_owned())
    }

    /// The value of an expression in `element`.
    pub fn of(&self, element: &Element, expression: &str) -> Value {
        let script = format!("const element = arguments[0]; return {expression};");
        self.run(&script, json!([{ ELEMENT: element.0 }]))
    }

    /// Its text as it is shown.
    pub fn text(&self, element: &Element) -> String {
        self.of(element, "element.innerText").as_str().unwrap().to_owned()
    }
}
