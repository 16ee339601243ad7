//! What the tests have in common that write a module of Python with a class for each entry of a table.

use std::path::Path;

use serde_json::Value;

/// A value as Python writes it.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        // One that ends with a comma is written a value a line.
        Value::Array(values) => match values.as_slice() {
            [one] => format!("({},)", literal(one)),
            _ => format!("({})", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        },
        other => other.to_string(),
    }
}

/// The same text from a capital letter on.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One of these names.
pub fn one_of(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.as_ref())).collect();
    format!("Literal[{}]", quoted.join(", "))
}

/// `__all__`, sorted as Python's tools do: constants, classes.
pub fn all(mut names: Vec<String>) -> String {
    names.sort_by_key(|name| (name.chars().any(char::is_lowercase), name.clone()));
    let lines: Vec<String> = names.iter().map(|name| format!("    \"{name}\",\n")).collect();
    format!("__all__ = [\n{}]\n", lines.concat())
}

/// Refuses a module of the package that is not what the table says; `test` writes it anew if it is asked to.
pub fn check(module: &str, wanted: &str, test: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("py_src/doubleback")
        .join(module);
    if std::env::var_os("DOUBLEBACK_UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not what the table says: DOUBLEBACK_UPDATE=1 cargo test --workspace --test {test}",
        path.display()
    );
}
