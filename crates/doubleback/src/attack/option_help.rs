use serde_json::Value;

/// What an option is, which of some names have it, and their defaults: `Gradients to follow, for ifgsm, itgsm [default: 10] and pgd [default: 40]`. A default is
/// told by `words` where it is no single value.
pub(crate) fn option_help<'a>(
    about: &str,
    defaults: impl Iterator<Item = (&'a str, Option<&'a str>, Value)>,
) -> String {
    // Names with the same default, in the order in which the first of them comes.
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for (name, words, value) in defaults {
        let default = match (words, value) {
            (Some(words), _) => format!(" [default: {words}]"),
            (None, Value::String(name)) => format!(" [default: {name}]"),
            (None, Value::Number(number)) => format!(" [default: {}]", plain(&number)),
            (None, _) => String::new(),
        };
        match groups.iter_mut().find(|(of, _)| *of == default) {
            Some((_, names)) => names.push(name),
            None => groups.push((default, vec![name])),
        }
    }
    let last_joined = groups.len() == 1;
    let groups: Vec<String> = groups
        .into_iter()
        .map(|(default, names)| match names.split_last() {
            Some((last, others)) if last_joined && !others.is_empty() => {
                format!("{} and {last}{default}", others.join(", "))
            }
            _ => names.join(", ") + &default,
        })
        .collect();
    format!("{about} for {}", groups.join(" and "))
}

/// Without `.0` where a number is whole.
fn plain(number: &serde_json::Number) -> String {
    number
        .as_f64()
        .map_or_else(|| number.to_string(), |number| number.to_string())
}
