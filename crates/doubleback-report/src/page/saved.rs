//! The results inside the page.

use maud::{Markup, PreEscaped, html};
use serde::Serialize;

/// Results larger than this are not repeated inside the report.
const EMBEDDED_BYTES: usize = 2 << 20;

/// All numbers of the report, `results.json` beside it, for those who want to go on with them.
pub fn saved(results: &impl Serialize) -> Markup {
    saved_as("results.json", results)
}

/// The same of numbers that are in a file of another name.
pub fn saved_as(file: &str, results: &impl Serialize) -> Markup {
    let json = serde_json::to_string(results).unwrap_or_default();
    html! {
        h3 { "All numbers" }
        @if json.is_empty() || json.len() > EMBEDDED_BYTES {
            p { "All numbers of this report are in " code { (file) } " beside it." }
        } @else {
            p {
                "All numbers of this report are in " code { (file) } " beside it, and inside this page. "
                button.script-only.action type="button" data-download=(file) { "Save " (file) }
            }
            // In a script element only `<` can end or hide the text, and JSON may write it as an escape.
            script type="application/json" id="results" { (PreEscaped(json.replace('<', "\\u003c"))) }
        }
    }
}
