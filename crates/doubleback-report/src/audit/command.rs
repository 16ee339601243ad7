//! The command that makes an audit again.

use doubleback::audit::{ARRAYS, Audit, Shard};
use serde_json::Value;

/// As one types it into a shell, with everything that the numbers depend on but where the data lies; none makes one of arrays in memory again.
pub fn command(audit: &Audit) -> Option<String> {
    let words = words(audit);
    let typed = || words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    (audit.setup.dataset != ARRAYS).then(typed)
}

fn words(audit: &Audit) -> Vec<String> {
    let setup = &audit.setup;
    let settings = &setup.settings;
    let mut words: Vec<String> = ["doubleback", "audit", &setup.model].map(str::to_owned).to_vec();
    words.extend(setup.arguments.iter().cloned());
    let mut give = |option: &str, value: String| words.extend([format!("--{option}"), value]);
    give("dataset", setup.dataset.clone());
    give("norm", setup.norm.name().to_owned());
    give("eps", setup.eps_given.clone().unwrap_or_else(|| setup.eps.to_string()));
    give("ensemble", settings.ensemble.clone());
    if settings.ensemble == "custom" {
        let names: Vec<&str> = settings.attacks.iter().map(|attack| attack.name.as_str()).collect();
        give("attacks", names.join(","));
    }
    if let Some(seed) = setup.sample_seed {
        give("count", setup.count.to_string());
        give("sample-seed", seed.to_string());
    }
    give("seed", settings.seed.to_string());
    if setup.shard != Shard::WHOLE {
        give("shard", setup.shard.to_string());
    }
    words.extend(options(audit));
    if settings.surrogate.is_some() {
        words.push("--surrogate".to_owned());
    }
    words
}

/// Options of the attacks. One that several attacks have was given to all of them.
fn options(audit: &Audit) -> Vec<String> {
    let mut words = Vec::new();
    for (option, changed) in audit.setup.settings.attacks.iter().flat_map(|attack| &attack.changed) {
        let flag = format!("--{}", option.replace('_', "-"));
        if words.contains(&flag) {
            continue;
        }
        words.push(flag);
        match &changed.value {
            Value::Bool(_) => {}
            Value::String(name) => words.push(name.clone()),
            other => words.push(other.to_string()),
        }
    }
    words
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_part_them() {
        assert_eq!(quoted("folder:my/images"), "folder:my/images");
        assert_eq!(quoted("mean=0.5;std=0.5"), "'mean=0.5;std=0.5'");
        assert_eq!(quoted("my model.pt"), "'my model.pt'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
