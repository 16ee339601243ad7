//! From options to an attack.

use doubleback::attack::{Attack, AttackOption, AttackSpec, TargetClass};
use serde_json::{Map, Value};

use crate::args::AttackOptions;
use crate::exit::{Failure, Result};

/// The attack that was asked for, on data of these classes.
pub fn build(options: &AttackOptions, classes: &[String]) -> Result<Attack> {
    Ok(AttackSpec::with_options_for(options.attack, &options.given.0, classes)?.attack()?)
}

/// ` towards class 10 (label 2)`, if all images are to be taken for one class.
pub fn towards(target: Option<&TargetClass>) -> String {
    target.map_or_else(String::new, |target| format!(" towards {target}"))
}

/// A perturbation size as it was given, if that was a fraction.
pub fn given(options: &AttackOptions, eps: f64) -> Option<String> {
    options.eps.iter().find(|size| size.value == eps)?.fraction()
}

/// A perturbation size in words: as it was given, or the number.
pub fn size(eps: f64, given: Option<&str>) -> String {
    given.map_or_else(|| eps.to_string(), str::to_owned)
}

/// Refuses options that the attack would not look at, and missing ones, before any data is read.
pub fn check(options: &AttackOptions) -> Result<()> {
    check_given(options.attack, &options.given.0, !options.eps.is_empty())
}

/// The same for an attack by name, with these options, and sizes or none.
pub fn check_given(name: &str, given: &Map<String, Value>, with_eps: bool) -> Result<()> {
    check_starts(given)?;
    let taking_eps = AttackSpec::taking_eps();
    if with_eps && !AttackSpec::answering_for_eps().contains(&name) {
        refuse_unless(name, "eps", &taking_eps)?;
    }
    for option in AttackOption::all() {
        if given.contains_key(&option.name()) {
            refuse_unless(name, option.flag, &AttackSpec::having(option))?;
        }
    }
    if !with_eps && taking_eps.contains(&name) {
        return Err(Failure::Input(format!(
            "`--eps`: the attack `{name}` needs it. Give perturbation sizes such as `--eps 0.1,0.2`"
        )));
    }
    // Which class is aimed at, the names of the classes will tell.
    let mut given = given.clone();
    given.remove("target");
    AttackSpec::with_options(name, &given)?.attack()?;
    Ok(())
}

/// Refuses several starts where all would be the image itself.
pub fn check_starts(given: &Map<String, Value>) -> Result<()> {
    let restarts = given.get("restarts").and_then(|restarts| restarts.as_u64());
    if let (Some(restarts @ 2..), true) = (restarts, given.contains_key("no_random_start")) {
        return Err(Failure::Input(format!(
            "`--restarts`: {restarts} restarts without a random start are all the same. Leave out `--no-random-start`, or the restarts"
        )));
    }
    Ok(())
}

fn refuse_unless(attack: &str, flag: &str, having: &[&str]) -> Result<()> {
    if having.contains(&attack) {
        return Ok(());
    }
    Err(Failure::Input(format!(
        "`--{flag}`: the attack `{attack}` does not have it. Leave it out, or attack with {}",
        alternatives(having)
    )))
}

/// `a`, `b` or `c`, in backticks.
fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// How a sample was drawn, after the name of a data set.
pub fn drawn(seed: Option<u64>) -> String {
    seed.map_or_else(String::new, |seed| format!(" (drawn by seed {seed})"))
}

/// Ends with a status of its own if an accuracy is below `--fail-under`; `what` is said of it.
pub fn check_share(options: &AttackOptions, accuracy: f64, what: impl FnOnce() -> String) -> Result<()> {
    match options.fail_under {
        Some(share) if accuracy < share => Err(Failure::Below(format!(
            "{}, below `--fail-under {share}`. The results are written",
            what()
        ))),
        _ => Ok(()),
    }
}
