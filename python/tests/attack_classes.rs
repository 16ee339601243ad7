//! `py_src/doubleback/attacks.py` has a class for each attack of the library's table, with its options and their defaults. It is written here:
//! `DOUBLEBACK_UPDATE=1 cargo test --workspace --test attack_classes` writes it anew.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod classes;

use std::fmt::Write;

use classes::{all, capitalized, check, literal, one_of};
use doubleback::attack::{AttackOption, AttackSpec, OptionKind};
use serde_json::{Map, Value};

const HEAD: &str = r#""""Attacks: a class for each of the library's table, with its options and their defaults. ``docs/attacks.md`` says what they do.

Written by ``tests/attack_classes.rs``, not by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ._attack_base import Attack, AutoAttack, BoundedAttack, NearestAttack

"#;

/// `MIFGSM` of `mi-fgsm`; attacks that are no abbreviations are written as words.
fn class(name: &str) -> String {
    match name {
        "square" => "Square".to_owned(),
        "deepfool" => "DeepFool".to_owned(),
        name => name.replace('-', "").to_uppercase(),
    }
}

fn kind(attack: &str, option: &AttackOption, default: &Value) -> String {
    // Some attacks have not all of the names.
    let has = |name: &&str| {
        let given = Map::from_iter([(option.name(), Value::from(*name))]);
        AttackSpec::with_options(attack, &given).is_ok()
    };
    let kind = match option.kind {
        OptionKind::Flag => "bool".to_owned(),
        OptionKind::Count | OptionKind::Seed => "int".to_owned(),
        OptionKind::Positive | OptionKind::NotNegative | OptionKind::NotZero | OptionKind::Share => "float".to_owned(),
        OptionKind::Target => "int | str".to_owned(),
        OptionKind::Loss | OptionKind::Norm => one_of(&option.kind.names().into_iter().filter(has).collect::<Vec<_>>()),
    };
    match default {
        Value::Null => format!("{kind} | None"),
        _ => kind,
    }
}

fn class_of(spec: &AttackSpec) -> String {
    let (name, attack, options) = (spec.name(), spec.attack().unwrap(), spec.options().unwrap());
    let (base, eps) = match (attack.takes_eps(), attack.nearest_in()) {
        (true, _) => (
            "BoundedAttack",
            Some(("float", "What the attack is held to, in the units of the data.")),
        ),
        (false, Some(_)) => (
            "NearestAttack",
            Some((
                "float | None = None",
                "Within what the nearest example must be, in the units of the data; None: wherever it is.",
            )),
        ),
        (false, None) => ("Attack", None),
    };
    let mut text = format!(
        "\n\n@dataclass(frozen=True, kw_only=True)\nclass {}({base}):\n    \"\"\"`{name}`. With these defaults: {}.\"\"\"\n\n",
        class(name),
        spec.in_words()
    );
    if let Some((kind, about)) = eps {
        write!(text, "    eps: {kind}\n    \"\"\"{about}\"\"\"\n").unwrap();
    }
    for option in AttackOption::all() {
        let Some(default) = options.get(&option.name()) else {
            continue;
        };
        let words = option.default_in_words(name).map(|words| format!("; None: {words}"));
        writeln!(
            text,
            "    {}: {} = {}\n    \"\"\"{}{}.\"\"\"",
            option.name(),
            kind(name, option, default),
            literal(default),
            capitalized(option.about()),
            words.unwrap_or_default()
        )
        .unwrap();
    }
    writeln!(text, "    name = \"{name}\"").unwrap();
    text
}

fn written() -> String {
    let specs = AttackSpec::all();
    let mut names: Vec<String> = specs.iter().map(|spec| class(spec.name())).collect();
    names.extend(["Attack", "AutoAttack", "BoundedAttack", "NearestAttack"].map(str::to_owned));
    let mut text = format!("{HEAD}{}", all(names));
    for spec in &specs {
        text += &class_of(spec);
    }
    text
}

#[test]
fn each_attack_is_a_class() {
    check("attacks.py", &written(), "attack_classes");
}
