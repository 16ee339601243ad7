//! From options to an attack.

use doubleback::attack::{Attack, AttackOption, AttackSpec};

use crate::args::AttackOptions;
use crate::exit::{Failure, Result};

/// The attack that was asked for. Options that it would not look at are refused.
pub fn build(options: &AttackOptions) -> Result<Attack> {
    let given = &options.given.0;
    let restarts = given.get("restarts").and_then(|restarts| restarts.as_u64());
    if let (Some(restarts @ 2..), true) = (restarts, given.contains_key("no_random_start")) {
        return Err(Failure::Input(format!(
            "`--restarts`: {restarts} restarts without a random start are all the same. Leave out `--no-random-start`, or the restarts"
        )));
    }
    let name = options.attack;
    let taking_eps = AttackSpec::taking_eps();
    if !options.eps.is_empty() {
        refuse_unless(name, "eps", &taking_eps)?;
    }
    for option in AttackOption::all() {
        if given.contains_key(&option.name()) {
            refuse_unless(name, option.flag, &AttackSpec::having(option))?;
        }
    }
    if options.eps.is_empty() && taking_eps.contains(&name) {
        return Err(Failure::Input(format!(
            "`--eps`: the attack `{name}` needs it. Give perturbation sizes such as `--eps 0.1,0.2`"
        )));
    }
    Ok(AttackSpec::with_options(name, given)?.attack()?)
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
