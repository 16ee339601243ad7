//! A run's files that someone has changed, or another version has written: the report is drawn or an error names the file, and nothing panics.
//! `DOUBLEBACK_MUTATIONS=5000` tries more of them than the tests do by themselves.

use crate::fixture;

use std::fs;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use doubleback_experiments::audit::EXAMPLES;
use doubleback_experiments::reproduce::Pictures;
use doubleback_report::redraw;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};

/// Mutated files a kind of run.
fn mutations() -> u64 {
    let asked = std::env::var("DOUBLEBACK_MUTATIONS").ok();
    asked.map_or(60, |count| count.parse().unwrap())
}

/// Numbers that look random, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count.max(1) as u64) as usize
    }
}

/// Changes one value somewhere inside: deeper more often than higher up.
fn mutate(value: &mut Value, dice: &mut Dice) {
    let children = match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    };
    if children > 0 && dice.below(8) > 0 {
        let child = dice.below(children);
        match value {
            Value::Array(items) => return mutate(&mut items[child], dice),
            Value::Object(fields) => return mutate(fields.values_mut().nth(child).unwrap(), dice),
            _ => {}
        }
    }
    match value {
        Value::Array(items) if dice.below(3) > 0 => match dice.below(4) {
            0 => items.clear(),
            1 if children > 0 => drop(items.remove(dice.below(children))),
            2 if children > 0 => items.push(items[dice.below(children)].clone()),
            _ => items.reverse(),
        },
        Value::Object(fields) if dice.below(3) > 0 => match dice.below(3) {
            0 => fields.clear(),
            1 if children > 0 => {
                let name = fields.keys().nth(dice.below(children)).unwrap().clone();
                fields.remove(&name);
            }
            _ => drop(fields.insert("another".to_owned(), json!(1))),
        },
        Value::Number(_) => *value = number(dice),
        Value::String(text) => match dice.below(4) {
            0 => text.clear(),
            1 => text.push_str("</script><b>&\"'\u{0}\u{fffd}"),
            2 => *text = "normal".to_owned(),
            _ => *text = text.repeat(100),
        },
        _ => {
            *value = match dice.below(6) {
                0 => Value::Null,
                1 => Value::Bool(true),
                2 => Value::Array(Vec::new()),
                3 => Value::Object(Map::new()),
                4 => json!("text"),
                _ => number(dice),
            }
        }
    }
}

fn number(dice: &mut Dice) -> Value {
    let numbers = [
        json!(0),
        json!(-1),
        json!(1),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e308),
        json!(5e-324),
        json!(0.5),
        json!(1e19),
        json!(4_294_967_296_u64),
        Value::Null,
    ];
    numbers[dice.below(numbers.len())].clone()
}

/// Draws a run again and again with something changed in it.
fn draw_mutated(kind: &str, write: impl Fn(&Path, &mut Dice)) {
    let folder = tempfile::tempdir().unwrap();
    for seed in 1..=mutations() {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        write(folder.path(), &mut dice);
        let drawn = catch_unwind(AssertUnwindSafe(|| redraw(folder.path())));
        let Ok(drawn) = drawn else {
            let kept = folder.keep();
            panic!(
                "a damaged run of {kind} (mutation {seed}) panicked; it is {}",
                kept.display()
            );
        };
        if let Err(error) = drawn {
            let message = error.to_string();
            assert!(message.contains(&folder.path().display().to_string()), "{message}");
        }
    }
}

fn mutated(whole: &Value, dice: &mut Dice) -> Vec<u8> {
    let mut value = whole.clone();
    for _ in 0..=dice.below(3) {
        mutate(&mut value, dice);
    }
    serde_json::to_vec(&value).unwrap()
}

#[test]
fn a_damaged_reproduction_is_drawn_or_refused() {
    let results = serde_json::to_value(fixture::full_results("mnist")).unwrap();
    let whole = tempfile::tempdir().unwrap();
    fixture::full_pictures().write(whole.path()).unwrap();
    let packed = fs::read(whole.path().join(Pictures::FILE)).unwrap();
    let mut pictures = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut pictures).unwrap();
    let pictures: Value = serde_json::from_slice(&pictures).unwrap();
    draw_mutated("reproduce", |folder, dice| {
        let in_results = dice.below(2) == 0;
        let (json, packed) = if in_results {
            (mutated(&results, dice), packed.clone())
        } else {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&mutated(&pictures, dice)).unwrap();
            (serde_json::to_vec(&results).unwrap(), encoder.finish().unwrap())
        };
        fs::write(folder.join("results.json"), json).unwrap();
        fs::write(folder.join(Pictures::FILE), packed).unwrap();
    });
}

#[test]
fn a_damaged_diagnosis_is_drawn_or_refused() {
    let results = serde_json::to_value(fixture::diagnosis::diagnosis("mnist")).unwrap();
    draw_mutated("diagnose", |folder, dice| {
        fs::write(folder.join("results.json"), mutated(&results, dice)).unwrap();
    });
}

#[test]
fn a_damaged_pooling_study_is_drawn_or_refused() {
    let results = serde_json::to_value(fixture::pooling::pooling("mnist")).unwrap();
    draw_mutated("pooling", |folder, dice| {
        fs::write(folder.join("results.json"), mutated(&results, dice)).unwrap();
    });
}

#[test]
fn a_damaged_audit_is_drawn_or_refused() {
    let results = [fixture::audit::audit(), fixture::audit::custom()].map(|audit| serde_json::to_value(audit).unwrap());
    let examples = serde_json::to_value(fixture::audit::examples()).unwrap();
    draw_mutated("audit", |folder, dice| {
        let results = &results[dice.below(2)];
        let (json, pictures) = match dice.below(3) {
            0 => (serde_json::to_vec(results).unwrap(), mutated(&examples, dice)),
            _ => (mutated(results, dice), serde_json::to_vec(&examples).unwrap()),
        };
        fs::write(folder.join("results.json"), json).unwrap();
        fs::write(folder.join(EXAMPLES), pictures).unwrap();
    });
}
