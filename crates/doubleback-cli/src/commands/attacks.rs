//! From options to an attack.

use doubleback::attack::{Attack, BoundedAttack, Fgsm, Ifgsm, Itgsm, Jsma, Pgd, Tgsm};

use crate::args::AttackOptions;
use crate::exit::{Failure, Result};

/// The attack that was asked for. Options that it would not look at are refused.
pub fn build(options: &AttackOptions) -> Result<Attack> {
    refuse_others(options)?;
    let target = options.target.unwrap_or_default();
    let bounded: Box<dyn BoundedAttack> = match options.attack {
        "jsma" => return Ok(Attack::Minimal(Box::new(jsma(options)))),
        "pgd" => Box::new(pgd(options)),
        "fgsm" => Box::new(Fgsm {
            loss: options.loss.unwrap_or_default(),
        }),
        "tgsm" => Box::new(Tgsm {
            target,
            ..Tgsm::default()
        }),
        "ifgsm" => {
            let default = Ifgsm::default();
            Box::new(Ifgsm {
                steps: options.steps.unwrap_or(default.steps),
                loss: options.loss.unwrap_or(default.loss),
            })
        }
        "itgsm" => {
            let default = Itgsm::default();
            Box::new(Itgsm {
                steps: options.steps.unwrap_or(default.steps),
                target,
                ..default
            })
        }
        name => return Err(Failure::Ours(format!("the attack `{name}` cannot be built"))),
    };
    if options.eps.is_empty() {
        return Err(Failure::Input(format!(
            "`--eps`: the attack `{}` needs it. Give perturbation sizes such as `--eps 0.1,0.2`",
            options.attack
        )));
    }
    Ok(Attack::Bounded(bounded))
}

fn jsma(options: &AttackOptions) -> Jsma {
    let default = Jsma::default();
    Jsma {
        theta: options.theta.unwrap_or(default.theta),
        gamma: options.gamma.unwrap_or(default.gamma),
        single_pixels: options.single_pixels,
        target: options.target.unwrap_or_default(),
    }
}

fn pgd(options: &AttackOptions) -> Pgd {
    let default = Pgd::default();
    let seed = options.seed.or(default.random_start);
    Pgd {
        loss: options.loss.unwrap_or(default.loss),
        norm: options.norm.unwrap_or(default.norm),
        restarts: options.restarts.unwrap_or(default.restarts),
        steps: options.steps.unwrap_or(default.steps),
        step_size: options.step_size,
        random_start: seed.filter(|_| !options.no_random_start),
    }
}

fn refuse_others(options: &AttackOptions) -> Result<()> {
    let known: [(&str, bool, &[&str]); 12] = [
        (
            "--eps",
            !options.eps.is_empty(),
            &["fgsm", "tgsm", "ifgsm", "itgsm", "pgd"],
        ),
        ("--steps", options.steps.is_some(), &["ifgsm", "itgsm", "pgd"]),
        ("--loss", options.loss.is_some(), &["fgsm", "ifgsm", "pgd"]),
        ("--norm", options.norm.is_some(), &["pgd"]),
        ("--restarts", options.restarts.is_some(), &["pgd"]),
        ("--target", options.target.is_some(), &["tgsm", "itgsm", "jsma"]),
        ("--theta", options.theta.is_some(), &["jsma"]),
        ("--gamma", options.gamma.is_some(), &["jsma"]),
        ("--single-pixels", options.single_pixels, &["jsma"]),
        ("--step-size", options.step_size.is_some(), &["pgd"]),
        ("--seed", options.seed.is_some(), &["pgd"]),
        ("--no-random-start", options.no_random_start, &["pgd"]),
    ];
    let attack = options.attack;
    if let (Some(restarts @ 2..), true) = (options.restarts, options.no_random_start) {
        return Err(Failure::Input(format!(
            "`--restarts`: {restarts} restarts without a random start are all the same. Leave out `--no-random-start`, or the restarts"
        )));
    }
    let refused = known.iter().find(|(_, given, of)| *given && !of.contains(&attack));
    match refused {
        Some((option, _, of)) => Err(Failure::Input(format!(
            "`{option}`: the attack `{attack}` does not have it. Leave it out, or attack with {}",
            alternatives(of)
        ))),
        None => Ok(()),
    }
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
