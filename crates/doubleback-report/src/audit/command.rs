//! The command that makes an audit again.

use doubleback::audit::{ARRAYS, Audit, Shard};
use serde_json::Value;

use super::view::View;
use crate::shell::typed;

/// As one types it into a shell, with everything that numbers and maps depend on but where the data lies; none makes one of arrays in memory again.
pub fn command(view: &View) -> Option<String> {
    (view.audit.setup.dataset != ARRAYS).then(|| typed(&words(view)))
}

fn words(view: &View) -> Vec<String> {
    let audit = view.audit;
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
    let methods: Vec<&str> = view.examples.maps.iter().map(|maps| maps.method.name()).collect();
    if !methods.is_empty() {
        words.extend(["--explain".to_owned(), methods.join(",")]);
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
