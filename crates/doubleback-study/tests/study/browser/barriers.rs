//! What keeps people out, as axe-core finds it: Deque's checks of WCAG.

use std::io::Write;
use std::sync::Once;

use doubleback_test_browser::Browser;
use serde_json::json;

/// Path of axe-core's script; `.ci/run` brings it with npm.
const VARIABLE: &str = "DOUBLEBACK_AXE";

/// The serious and critical violations on the page; none, with a message, where axe-core is not at hand.
pub fn serious(browser: &Browser) -> Vec<String> {
    let Some(path) = std::env::var_os(VARIABLE) else {
        static SAID: Once = Once::new();
        let message = format!("skipped: barriers in the study's pages: {VARIABLE} names no axe-core\n");
        SAID.call_once(|| std::io::stderr().write_all(message.as_bytes()).unwrap());
        return Vec::new();
    };
    let axe = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{VARIABLE}: {}: {error}", path.display()));
    // Of style sheets it looks at what the browser has: fetching them again would be a request that the pages' policy forbids.
    let script = format!(
        "{axe};\nconst done = arguments[arguments.length - 1]; window.axe.run(document, {{preload: false}}).then((found) => done(found), (error) => done(String(error)));"
    );
    let found = browser.run_async(&script, json!([]));
    let passes = found["passes"]
        .as_array()
        .unwrap_or_else(|| panic!("axe-core: {found}"));
    assert!(passes.len() > 10, "axe-core has looked: {} rules", passes.len());
    let violations = found["violations"].as_array().unwrap().iter();
    let grave = violations.filter(|violation| violation["impact"] == "serious" || violation["impact"] == "critical");
    grave
        .map(|violation| {
            format!(
                "{}: {} ({})",
                violation["id"], violation["help"], violation["nodes"][0]["html"]
            )
        })
        .collect()
}
